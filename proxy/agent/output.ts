/** Where an answer is written: what the loop and its parts know of the pump. */
import type { Message, StatusNote, StreamEvent } from "../../protocol/index.ts";
import type { Kept } from "../stream-log/stream-log.ts";

/**
 * Takes events for the log, and what is kept beside them in the same commit; a returned promise is waited for before
 * more are pulled from the provider.
 */
export type Write = (events: readonly StreamEvent[], record?: Kept) => Promise<void> | undefined;

export interface AnswerOutput {
  readonly write: Write;
  /** Resolves when everything written so far is committed, or the stream cannot be written any more. */
  readonly flush: () => Promise<void>;
  /** The fold of everything committed. */
  readonly message: () => Message;
  /** Tells viewers what is not in the log: that it waits, and for how long. */
  readonly note: (note: StatusNote) => void;
  /** The seq of the last event written, committed or not. */
  readonly seq: () => number;
  /** False once nobody has watched for a while: then no money is spent on another attempt. */
  readonly isWanted: () => boolean;
  /** Waits without the stream's own time running. */
  readonly waitFor: <Result>(waiting: Promise<Result>) => Promise<Result>;
}
