/** Template types of `<ai-stream>` for Svelte 5: `onai-stream-message={…}`. */
import type { HTMLAttributes } from "svelte/elements";
import type { AiStream } from "../ai-stream.ts";
import type { AiStreamListeners, AiStreamProps } from "./props.ts";

declare module "svelte/elements" {
  interface SvelteHTMLElements {
    "ai-stream": HTMLAttributes<AiStream> & AiStreamProps & AiStreamListeners<"on">;
  }
}
