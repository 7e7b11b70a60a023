/** Why a target is passed over, and what is told when all of them are. */
import { StreamError } from "../../protocol/index.ts";
import type { ErrorCode } from "../../protocol/index.ts";
import type { Need } from "./route.ts";
import type { Target } from "./target.ts";

export interface Refusal {
  readonly code: ErrorCode;
  /** In words, for the operator's record: `circuit open for 12 s`. */
  readonly why: string;
  /** Milliseconds until it may be different; null when it stays so for this request. */
  readonly waitMs: number | null;
  /** The same for whoever asked, where they may not know what the operator knows. @default `why` */
  readonly told?: string;
}

/** A model must have room for the answer that is wanted, or for one of a quarter of its context. */
const ANSWER_PART = 4;

/** Null when, as far as is known, the target can take what is needed. */
export function unfit({ capabilities = {} }: Target, need: Need): Refusal | null {
  const { contextTokens = Number.POSITIVE_INFINITY, images, tools } = capabilities;
  // An output limit is often far above what is said.
  const wanted = need.inputTokens + Math.min(need.outputTokens ?? 0, Math.floor(contextTokens / ANSWER_PART));
  if (contextTokens < wanted) {
    return { code: "context_overflow", why: `context ${contextTokens} < ${wanted} tokens`, waitMs: null };
  }
  if (need.images && images === false) return unable("takes no images");
  if (need.tools && tools === false) return unable("takes no tools");
  return null;
}

/** Whoever acts would do twice what may have been done. */
export const actedBefore = ({ provider }: Target): Refusal | null =>
  provider.acts === true ? unable("acts, as the one that failed may have done") : null;

const unable = (why: string): Refusal => ({ code: "provider_invalid_request", why, waitMs: null });

/** @param costUsd null when the price is unknown: then nothing is known against the target */
export const tooDear = (costUsd: number | null, maxCostUsd: number | undefined): Refusal | null =>
  costUsd === null || maxCostUsd === undefined || costUsd <= maxCostUsd
    ? null
    : {
        code: "budget_exhausted",
        why: `about ${dollars(costUsd)} > ${dollars(maxCostUsd)}`,
        waitMs: null,
        told: "it would cost more than it may",
      };

export const seconds = (ms: number): string => `${ms < 10_000 ? Math.ceil(ms / 100) / 10 : Math.ceil(ms / 1_000)} s`;

export const dollars = (usd: number): string => `${Number(usd.toPrecision(2))} USD`;

/** What stays is told in this order: money can be raised, an input shortened. */
const LASTING: readonly ErrorCode[] = ["budget_exhausted", "context_overflow", "provider_invalid_request"];

/**
 * What passes is told before what stays, the soonest first. The targets are not named: who may know them is the
 * agent's to say.
 * @param refusals of every target, at least one
 */
export function refusedError(refusals: readonly Refusal[]): StreamError {
  const passing = refusals.filter(({ waitMs }) => waitMs !== null);
  const soonest = passing.toSorted((one, other) => one.waitMs! - other.waitMs!)[0];
  const lasting = refusals.toSorted((one, other) => rank(one) - rank(other))[0];
  const told = soonest ?? lasting;
  if (told === undefined) return new StreamError("capacity", "No other model can be asked");
  const whys = [...new Set((soonest === undefined ? refusals : passing).map(({ why, told: said = why }) => said))].join(
    "; ",
  );
  return new StreamError(told.code, `No model can be asked: ${whys}`, {
    ...(told.waitMs === null ? {} : { retryAfterMs: Math.max(1, Math.ceil(told.waitMs)) }),
  });
}

const rank = ({ code }: Refusal): number => (LASTING.includes(code) ? LASTING.indexOf(code) : LASTING.length);
