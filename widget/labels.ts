/** Every word the element says itself; `labels/en.ts` has them in English, its siblings in other languages. */
import type { EndReason, ToolState } from "../protocol/index.ts";
import type { Phase } from "./connection/connection-state.ts";
import type { DeskWords } from "./view/desk-words.ts";

/** Words of the desk are English where a language does not have them: theirs are loaded with it. */
export interface Labels extends Partial<DeskWords> {
  /** The language of these words, as a tag: times are told in it. */
  readonly locale: string;
  readonly conversation: string;
  readonly you: string;
  readonly answer: string;
  readonly message: string;
  readonly placeholder: string;
  /** For an agent without a greeting of its own. */
  readonly greeting: string;
  readonly send: string;
  readonly stop: string;
  readonly copy: string;
  readonly copied: string;
  readonly image: string;
  readonly table: string;
  readonly retry: string;
  readonly regenerate: string;
  /** The button below an answer that was cut. */
  readonly goOn: string;
  /** What that button sends in the reader's name, for all to see. */
  readonly continueInput: string;
  /** When asking again may help; `{when}` stands for "in 12 seconds". */
  readonly comeBack: string;
  /** Said of a text that no model wrote. */
  readonly canned: string;
  readonly jump: string;
  /** On the launcher of a bubble, and what is added once something came that nobody has seen. */
  readonly openChat: string;
  readonly unread: string;
  readonly close: string;
  /** Said to who listens, never shown. */
  readonly answering: string;
  readonly answered: string;
  readonly code: string;
  readonly waiting: string;
  readonly thinking: string;
  readonly thought: string;
  readonly sources: string;
  readonly queued: string;
  readonly notSent: string;
  readonly voided: string;
  readonly connecting: string;
  readonly reconnecting: string;
  readonly offline: string;
  readonly disconnected: string;
  readonly reconnect: string;
  /** Said of a tool call that waits for a yes. */
  readonly approve: string;
  readonly deny: string;
  readonly args: string;
  /** How an answer ended, where that is not simply its end. */
  readonly ends: Readonly<Partial<Record<EndReason, string>>>;
  /** What the proxy is doing while nothing comes. */
  readonly phases: Readonly<Record<Exclude<Phase, "live">, string>>;
  /** `unrun` and `unknown` are said of a call that the answer ended without. */
  readonly tools: Readonly<Record<ToolState | "unrun" | "unknown", string>>;
}
