/** JSX types of `<ai-stream>` for React 19, which sets properties and listens itself: `onai-stream-message={…}`. */
import type * as React from "react";
import type { AiStream } from "../ai-stream.ts";
import type { AiStreamListeners, AiStreamProps } from "./props.ts";

type Base = React.DetailedHTMLProps<React.HTMLAttributes<AiStream>, AiStream>;
export type AiStreamElementProps = Base & AiStreamProps & AiStreamListeners<"on">;

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "ai-stream": AiStreamElementProps;
    }
  }
}
