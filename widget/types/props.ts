/** What templates of the frameworks may set on `<ai-stream>`, read off the element itself. */
import type { LitElement } from "lit";
import type { AiStream } from "../ai-stream.ts";
import type { AiStreamEventMap } from "../dom-events.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Settable<T> = {
  [K in keyof T]-?: Same<{ [P in K]: T[K] }, { -readonly [P in K]: T[K] }> extends true
    ? T[K] extends (...args: never[]) => unknown
      ? never
      : K
    : never;
}[keyof T];

/** Every property that can be set; attributes where their name is another. */
export type AiStreamProps = Partial<Pick<AiStream, Exclude<Settable<AiStream>, keyof LitElement | "draft">>> & {
  "access-token"?: string;
};

/** A listener for each event, its name with `Prefix` in front. */
export type AiStreamListeners<Prefix extends string> = {
  [N in keyof AiStreamEventMap as `${Prefix}${N}`]?: (event: AiStreamEventMap[N]) => void;
};
