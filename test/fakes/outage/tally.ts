/** What came of a crowd's questions, in figures. */
import type { Told } from "./run-crowd.ts";
import type { TroubledProvider } from "./troubled-provider.ts";
import { wholeText } from "./troubled-provider.ts";

export interface Tally {
  readonly answers: number;
  /** Per cent. */
  readonly complete: number;
  readonly attemptsPerAnswer: number;
  /** Questions per second. */
  readonly startsPerSecond: number;
  /** Milliseconds, of the complete answers. */
  readonly firstTokenP50: number;
  readonly firstTokenP95: number;
  readonly hedges: number;
}

export const attempts = ({ entries }: Told): number => entries.filter(({ type }) => type === "attempt.start").length;

export const isComplete = ({ end }: Told): boolean => end.reason === "stop";

/** Exactly what one of them says to it, from its first character to its last. */
export const isWhole = ({ question, text }: Told, providers: readonly TroubledProvider[]): boolean =>
  providers.some(({ name }) => text === wholeText(name, question));

/** Attempts that followed one which broke off after it had shown some of its text. */
export function afterContent({ entries }: Told): number {
  let broken = 0;
  let hasSpoken = false;
  for (const entry of entries) {
    if (entry.type === "attempt.start") hasSpoken = false;
    if (entry.type === "delta") hasSpoken = true;
    if (entry.type === "attempt.end" && entry.outcome === "error" && hasSpoken) broken++;
  }
  const last = entries.findLast(({ type }) => type === "attempt.end");
  const isLast = last?.type === "attempt.end" && last.outcome === "error" && hasSpoken;
  return isLast ? broken - 1 : broken;
}

export function tally(told: readonly Told[], seconds: number): Tally {
  const sum = told.reduce((all, one) => all + attempts(one), 0);
  const complete = told.filter(isComplete);
  const waits = complete.map(firstTokenMs).toSorted((one, other) => one - other);
  return {
    answers: told.length,
    complete: (100 * complete.length) / told.length,
    attemptsPerAnswer: sum / told.length,
    startsPerSecond: told.length / seconds,
    firstTokenP50: waits[Math.floor(waits.length * 0.5)] ?? 0,
    firstTokenP95: waits[Math.floor(waits.length * 0.95)] ?? 0,
    hedges: told
      .flatMap(({ entries }) => entries)
      .filter((entry) => entry.type === "attempt.start" && entry.cause === "hedge").length,
  };
}

/** Requests to a provider while its script says that it is out, and for how many seconds. */
export function askedWhileOut({ script, asked }: TroubledProvider): {
  readonly requests: number;
  readonly seconds: number;
} {
  const spells = script.filter(({ trouble }) => trouble.kind === "out");
  return {
    requests: spells.reduce((all, { from, to }) => all + asked.filter((at) => from <= at && at < to).length, 0),
    seconds: spells.reduce((all, { from, to }) => all + to - from, 0),
  };
}

const firstTokenMs = ({ entries }: Told): number => entries.find(({ type }) => type === "delta")!.ts - entries[0]!.ts;
