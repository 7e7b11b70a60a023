/** JSX types of `<ai-stream>` for Solid: `prop:tools={…}` for objects, `on:ai-stream-message={…}`. */
import type * as Solid from "solid-js";
import type { AiStream } from "../ai-stream.ts";
import type { AiStreamListeners, AiStreamProps } from "./props.ts";

declare module "solid-js/jsx-runtime" {
  namespace JSX {
    interface IntrinsicElements {
      "ai-stream": Solid.JSX.HTMLAttributes<AiStream> &
        AiStreamProps & { [P in keyof AiStreamProps as `prop:${P}`]?: AiStreamProps[P] } & AiStreamListeners<"on:">;
    }
  }
}
