/** Template types of `<ai-stream>` for Vue: `:tools.prop="…"`, `@ai-stream-message="…"`. */
import type { HTMLAttributes } from "vue";
import type { AiStreamEventMap } from "../dom-events.ts";
import type { AiStreamProps } from "./props.ts";

/** `ai-stream-message` as Vue writes it in camel case. */
type Camel<T extends string> = T extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : T;
type Listeners = {
  [N in keyof AiStreamEventMap as `on${Capitalize<Camel<N>>}`]?: (event: AiStreamEventMap[N]) => void;
};

declare module "vue" {
  interface GlobalComponents {
    "ai-stream": new () => { $props: HTMLAttributes & AiStreamProps & Listeners };
  }
}
