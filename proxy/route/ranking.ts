/** In which order targets are asked while nothing speaks against any of them. */
import type { RouteNote } from "../../protocol/index.ts";
import type { Health } from "./health.ts";
import { dollars, seconds } from "./refusal.ts";

export type Strategy = "order" | "fastest" | "cheapest";

/** What is expected of a target for the request at hand. */
export interface Prospect {
  /** Its place in the configuration, from 0. */
  readonly index: number;
  readonly health: Health;
  /** Output tokens. */
  readonly tokens: number;
  /** Null when the price is unknown. */
  readonly costUsd: number | null;
}

export interface Ranked {
  readonly index: number;
  readonly by: RouteNote["by"];
  readonly why: string;
}

/** Where nobody measured it yet: an ordinary speed, so that the first token decides. */
const USUAL_TOKENS_PER_SECOND = 50;

/** Best first. What is not known comes last, and what is equal stays in the order of the configuration. */
export function ranked(strategy: Strategy, prospects: readonly Prospect[]): readonly Ranked[] {
  const score = SCORES[strategy];
  return prospects
    .map((prospect) => ({ prospect, score: score(prospect) }))
    .toSorted((one, other) => compare(one.score, other.score) || one.prospect.index - other.prospect.index)
    .map(({ prospect }) => ({
      index: prospect.index,
      by: strategy,
      why: WORDS[strategy](prospect, prospects.length),
    }));
}

/** A copy with one of them first, for a reason of its own. */
export function withFirst(all: readonly Ranked[], index: number, by: RouteNote["by"], why: string): readonly Ranked[] {
  return [{ index, by, why }, ...all.filter((one) => one.index !== index)];
}

/** Draws an index in proportion to the weights; null when they are nothing. @param random in [0, 1) */
export function drawn(weights: readonly number[], random: number): number | null {
  let left = random * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, weight] of weights.entries()) {
    if (left < weight) return index;
    left -= weight;
  }
  return null;
}

/** Milliseconds to the end of the answer, null before anything is known. */
function expectedMs({ health, tokens }: Prospect): number | null {
  const firstTokenMs = health.firstTokenMs.value;
  if (firstTokenMs === null) return null;
  return firstTokenMs + (tokens / (health.tokensPerSecond.value ?? USUAL_TOKENS_PER_SECOND)) * 1_000;
}

const compare = (one: number | null, other: number | null): number =>
  one === other ? 0 : (one ?? Number.POSITIVE_INFINITY) - (other ?? Number.POSITIVE_INFINITY);

const SCORES: Readonly<Record<Strategy, (prospect: Prospect) => number | null>> = {
  order: ({ index }) => index,
  fastest: expectedMs,
  cheapest: ({ costUsd }) => costUsd,
};

const WORDS: Readonly<Record<Strategy, (prospect: Prospect, of: number) => string>> = {
  order: ({ index }, of) => (of === 1 ? "the only one" : `${ordinal(index + 1)} of ${of}`),
  fastest: ({ health }) => {
    const firstTokenMs = health.firstTokenMs.value;
    if (firstTokenMs === null) return "nothing is known of it yet";
    const speed = health.tokensPerSecond.value;
    const pace = speed === null ? "" : `, ${Math.round(speed)} tokens/s`;
    return `${seconds(firstTokenMs)} to the first token${pace}`;
  },
  cheapest: ({ costUsd }) => (costUsd === null ? "its price is unknown" : `about ${dollars(costUsd)}`),
};

const ordinal = (n: number): string => ["first", "second", "third"][n - 1] ?? `${n}th`;
