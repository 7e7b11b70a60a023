/** What is wrong with a provider, and when: the script of an outage. */

/** Milliseconds, or parts of all calls from 0 to 1. */
export type Trouble =
  /** Calls are refused at once; in a crash those under way break, too. */
  | { readonly kind: "out"; readonly crash?: true }
  /** So many calls fail before their first token; the others are slow to begin. */
  | { readonly kind: "brown-out"; readonly fails: number }
  /** The first token comes later and later, then answers stall half-way, at last they are cut. */
  | { readonly kind: "slow death" }
  /** It takes so many calls a second and tells the others when to come back. */
  | { readonly kind: "limited"; readonly perSecond: number; readonly retryAfterMs: number };

/** In seconds from the beginning. */
export interface Spell {
  readonly from: number;
  readonly to: number;
  readonly trouble: Trouble;
}

export type Script = readonly Spell[];

/** Null while the provider is healthy. */
export const spellAt = (script: Script, seconds: number): Spell | null =>
  script.find(({ from, to }) => from <= seconds && seconds < to) ?? null;

/** How far a spell has come, from 0 to 1. */
export const progress = ({ from, to }: Spell, seconds: number): number => (seconds - from) / (to - from);

/** The seconds at which nobody is healthy. */
export function darkSeconds(scripts: readonly Script[], seconds: number): readonly number[] {
  const all = Array.from({ length: seconds }, (_, second) => second);
  return all.filter((second) => scripts.every((script) => spellAt(script, second) !== null));
}
