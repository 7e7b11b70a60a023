/** What the loop asks of routing: where the next attempt goes, and whether a failed one is followed by another. */
import type { RouteNote, StreamError } from "../../protocol/index.ts";
import type { ProviderKey } from "../provider/key-ring.ts";
import type { Target } from "./target.ts";

/** What a request asks of whoever answers it. */
export interface Need {
  /** Estimated input tokens. */
  readonly inputTokens: number;
  /** At most so many tokens are wanted back; undefined where nobody said. */
  readonly outputTokens: number | undefined;
  readonly images: boolean;
  readonly tools: boolean;
}

export interface Failure {
  readonly error: StreamError;
  /** The step had shown content. */
  readonly content: boolean;
  /** It may have changed something in the world: nobody who acts is asked in this step any more. @default false */
  readonly acted?: boolean;
}

/** How an attempt ended. `error` is null for a complete answer; `cancelled` tells nothing about the target. */
export interface Outcome {
  readonly error: StreamError | null;
  /** Output tokens, reported or estimated. */
  readonly outputTokens: number;
  /** The answer reached the length it was given: it tells nothing of how long answers are. @default false */
  readonly isCut?: boolean;
}

/** One attempt's leave to ask a target with a key. It is ended exactly once. */
export interface Passage {
  readonly target: Target;
  /** Null where the provider needs none. */
  readonly key: ProviderKey | null;
  /** Why it goes there, and why not to others. */
  readonly note: RouteNote;
  /** The first content came. Further calls change nothing. */
  firstContent(): void;
  end(outcome: Outcome): void;
  /**
   * The same way once more, to take up an answer that broke off: nobody else is asked, no circuit either. To be ended
   * like any other.
   */
  again(): Passage;
}

/** The way of one stream's attempts, over all its steps. */
export interface Route {
  /**
   * Where to ask now, without waiting: a target that can take `need`, is not known to be unable, whose circuit admits a call and
   * which has a key that does not rest. The target that answered the stream's last step comes first. `beside` is an
   * attempt under way, for a hedge: another target than its own.
   * An error when nobody can be asked now; its `retryAfterMs` says when somebody may be.
   */
  take(need: Need, beside?: Passage): Passage | StreamError;
  /**
   * Notes that the latest passage failed, once it has been ended, or that `take` gave an error. Milliseconds to wait
   * before the next `take`, or null when the failure stands: not retryable, the stream's budget is spent, or nobody is
   * left. After an error of `take` only the time is limited, by less for a stream that has not begun: nobody was asked.
   */
  retry(failure: Failure): number | null;
}
