/** JSX types of `<ai-stream>` for Preact: `onai-stream-message={…}`. */
import type { HTMLAttributes } from "preact";
import type { AiStream } from "../ai-stream.ts";
import type { AiStreamListeners, AiStreamProps } from "./props.ts";

declare module "preact" {
  namespace JSX {
    interface IntrinsicElements {
      "ai-stream": HTMLAttributes<AiStream> & AiStreamProps & AiStreamListeners<"on">;
    }
  }
}
