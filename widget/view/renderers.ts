/** What a page draws itself, by what it is for: `tool:NAME` draws the calls of that tool. */
import type { ToolBlock } from "../../protocol/index.ts";

/**
 * Called with each state of the call; gives a Lit template, a node or a text, or nothing for the usual card. What it
 * throws is told on the console, and the usual card is shown.
 */
export type ToolRenderer = (call: ToolBlock) => unknown;

export type Renderers = Readonly<Record<string, unknown>>;
