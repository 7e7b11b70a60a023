/** Chance that is the same in every run. */

/** @returns numbers in [0, 1), by Marsaglia's xorshift */
export function seeded(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
