/** When a failed attempt is followed by another, where it goes and how long it waits. Pure: the loop acts on it. */
import type { StreamError } from "../../protocol/index.ts";

export interface RetryBudget {
  /** Attempts in all. */
  readonly attempts: number;
  /** Of these, how many may follow one that had already shown content. */
  readonly afterContent: number;
}

export interface Failure {
  readonly error: StreamError;
  /** How many attempts were made, and how many of them followed shown content. */
  readonly attempts: number;
  readonly afterContent: number;
  /** The failed attempt had shown content. */
  readonly content: boolean;
  /** Index of the target that failed, and those found unable to answer at all. */
  readonly target: number;
  readonly unable: ReadonlySet<number>;
  readonly targets: number;
}

export interface Retry {
  readonly target: number;
  readonly delayMs: number;
}

/** Full jitter between 0 and this, doubled with each attempt; the first retry is nearly at once. */
const BASE_MS = 250;
const CAP_MS = 8_000;
/** A hint above this is no use to somebody who is waiting for an answer. */
const LONGEST_HINT_MS = 20_000;

/** The target cannot answer, now or later; another may. */
export const isTargetUnable = ({ code }: StreamError): boolean =>
  code === "provider_auth" || code === "provider_quota" || code === "provider_not_found" || code === "context_overflow";

/** The next attempt after a failure, or null when the failure stands. `random` is in [0, 1). */
export function nextAttempt(failure: Failure, budget: RetryBudget, random: number): Retry | null {
  const { error, attempts, content } = failure;
  if (attempts >= budget.attempts) return null;
  if (content && failure.afterContent >= budget.afterContent) return null;
  if (!error.retryable && !isTargetUnable(error)) return null;
  const target = nextTarget(failure);
  if (target === null) return null;
  // Another target has not failed yet, so there is nothing to wait for.
  if (target !== failure.target) return { target, delayMs: 0 };
  if (error.retryAfterMs === undefined) {
    return { target, delayMs: Math.round(random * Math.min(CAP_MS, BASE_MS * 2 ** attempts)) };
  }
  return error.retryAfterMs > LONGEST_HINT_MS ? null : { target, delayMs: error.retryAfterMs };
}

/** The next able target in order, coming back to the failed one last. */
function nextTarget({ target, targets, unable }: Failure): number | null {
  for (let step = 1; step <= targets; step++) {
    const candidate = (target + step) % targets;
    if (!unable.has(candidate)) return candidate;
  }
  return null;
}
