/** Chance that is the same for the same seed, on every machine. */

export interface Chance {
  /** In [0, 1). */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number;
  /** True in so many cases of 1. */
  is(probability: number): boolean;
  pick<Value>(values: readonly Value[]): Value;
}

/** mulberry32: 32 bits of state, far more than a schedule draws. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return { next, int, is: (probability) => next() < probability, pick: (values) => values[int(0, values.length - 1)]! };
}
