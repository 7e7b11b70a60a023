/** Whether a failed attempt is followed by another, and after how long. Pure: the route acts on it. */
import type { ErrorCode, StreamError } from "../../protocol/index.ts";

export interface RetryBudget {
  /** Attempts of a stream: a first one, and so many less one that follow a failure. */
  readonly attempts: number;
  /** Of these, how many may follow one that had already shown content. */
  readonly afterContent: number;
}

/** Attempts that followed a failure so far, and how long they had waited for it. */
export interface RetrySpent {
  readonly attempts: number;
  readonly afterContent: number;
  readonly waitedMs: number;
}

/** Where another attempt would go. */
export interface NextPlace {
  /** Milliseconds until it can be asked: its key rests, its provider said so, its circuit is open. */
  readonly waitMs: number;
  /** How often it failed in this step. */
  readonly failures: number;
}

/** Full jitter between 0 and this, doubled with each attempt; the first retry is nearly at once. */
const BASE_MS = 250;
const CAP_MS = 8_000;
/** A wait above this is no use to somebody who is waiting for an answer. */
const LONGEST_WAIT_MS = 20_000;
/** After a wait that was told to many: they shall not all come back at the same moment. */
const SPREAD_MS = 250;
/** All waits of a stream together. */
const LONGEST_WAITED_MS = 60_000;

/** Who has not begun is told soon; a probe, or the end of a short outage, is worth that. */
const LONGEST_WAIT_AT_START_MS = 5_000;
/** Nobody was asked, so a wait costs nothing but time; still it is no spinning. */
const SHORTEST_WAIT_MS = 250;

/** The same place may do better the next time. */
const MAY_PASS: ReadonlySet<ErrorCode> = new Set([
  "provider_rate_limited",
  "provider_overloaded",
  "provider_error",
  "connect_timeout",
  "first_token_timeout",
  "idle_timeout",
  "upstream_truncated",
  "upstream_protocol",
  "orphaned",
]);

/** The place cannot answer, now or later; another may. */
export const isTargetUnable = ({ code }: StreamError): boolean =>
  code === "provider_auth" || code === "provider_quota" || code === "provider_not_found" || code === "context_overflow";

/**
 * Milliseconds to wait before the next attempt, or null when the failure stands.
 * @param next null when nobody is left @param random in [0, 1)
 */
export function retryDelay(
  { error, content }: { readonly error: StreamError; readonly content: boolean },
  budget: RetryBudget,
  spent: RetrySpent,
  next: NextPlace | null,
  random: number,
): number | null {
  if (spent.attempts >= budget.attempts - 1) return null;
  if (content && spent.afterContent >= budget.afterContent) return null;
  if (!MAY_PASS.has(error.code) && !isTargetUnable(error)) return null;
  if (next === null || next.waitMs > LONGEST_WAIT_MS) return null;
  const delayMs = Math.round(delayFor(next, spent.attempts, random));
  return spent.waitedMs + delayMs > LONGEST_WAITED_MS ? null : delayMs;
}

/**
 * Milliseconds until somebody may be asked after all, or null when the refusal stands. It is no attempt: only the time
 * is limited.
 * @param begun somebody was asked before; else new work is refused when there is too much of it, and a limit is soon over
 */
export function waitDelay(
  { code, retryAfterMs }: Pick<StreamError, "code" | "retryAfterMs">,
  begun: boolean,
  waitedMs: number,
  random: number,
): number | null {
  const isLimit = code === "provider_rate_limited";
  const isRefused = !begun && !isLimit && code !== "circuit_open";
  if (retryAfterMs === undefined || isRefused) return null;
  const longestMs = begun || isLimit ? LONGEST_WAIT_MS : LONGEST_WAIT_AT_START_MS;
  if (retryAfterMs > longestMs) return null;
  const delayMs = Math.round(Math.max(SHORTEST_WAIT_MS, retryAfterMs) + random * SPREAD_MS);
  return waitedMs + delayMs > (begun ? LONGEST_WAITED_MS : longestMs + SPREAD_MS) ? null : delayMs;
}

function delayFor({ waitMs, failures }: NextPlace, attempts: number, random: number): number {
  if (waitMs > 0) return waitMs + random * SPREAD_MS;
  // A place that has not failed yet: there is nothing to wait for.
  return failures === 0 ? 0 : random * Math.min(CAP_MS, BASE_MS * 2 ** (attempts + 1));
}
