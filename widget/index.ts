/** `ai-stream-element`: defines `<ai-stream>` and exports its class, events and values. */
import "./define.ts";

export { AiStream } from "./ai-stream.ts";
export type * from "./chat.ts";
export * from "./dom-events.ts";
export type { Labels } from "./labels.ts";
export type { PageTool, PageTools } from "./page-tools.ts";
export type { Message, MessageBlock, WireError } from "../protocol/index.ts";
