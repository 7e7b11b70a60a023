/** `ai-stream-element/react`: `<ai-stream>` as a React component, for React 18 and newer; defines the tag too. */
import { createComponent } from "@lit/react";
import type { EventName } from "@lit/react";
import * as React from "react";
import { AiStream as AiStreamElement } from "./ai-stream.ts";
import "./define.ts";
import type { AiStreamEventMap } from "./dom-events.ts";

export type { AiStreamElement };
export type * from "./dom-events.ts";

type Named<N extends keyof AiStreamEventMap> = EventName<AiStreamEventMap[N]>;

/**
 * Takes the element's properties as props, and a listener for each of its events; a `ref` is the element itself.
 *
 * ```tsx
 * <AiStream endpoint="https://proxy.example" onMessage={(event) => console.log(event.message)} />
 * ```
 */
export const AiStream = createComponent({
  react: React,
  tagName: "ai-stream",
  elementClass: AiStreamElement,
  displayName: "AiStream",
  events: {
    onStart: "ai-stream-start" as Named<"ai-stream-start">,
    onToken: "ai-stream-token" as Named<"ai-stream-token">,
    onBlock: "ai-stream-block" as Named<"ai-stream-block">,
    onTool: "ai-stream-tool" as Named<"ai-stream-tool">,
    onMessage: "ai-stream-message" as Named<"ai-stream-message">,
    onStatus: "ai-stream-status" as Named<"ai-stream-status">,
    onConnection: "ai-stream-connection" as Named<"ai-stream-connection">,
    onFailure: "ai-stream-error" as Named<"ai-stream-error">,
    onFeedback: "ai-stream-feedback" as Named<"ai-stream-feedback">,
  },
});
