/** How much each part of the benchmark streams. */

export interface Sizes {
  readonly rounds: number;
  /** At a time, one viewer each. */
  readonly streams: number;
  readonly tokens: { readonly unpaced: number; readonly lockstep: number; readonly paced: number };
  /** For the memory of an open stream. */
  readonly openStreams: number;
  /** Of one stream. */
  readonly viewers: number;
  readonly fanOutTokens: number;
  /** Read of each body in each round. */
  readonly decodeEvents: number;
  /** Of one token, watched by the metrics, in each round. */
  readonly commits: number;
}

const SIZES: Readonly<Record<"full" | "quick", Sizes>> = {
  // Paced: 8 s at 50 tokens a second.
  full: {
    rounds: 5,
    streams: 50,
    tokens: { unpaced: 2_000, lockstep: 500, paced: 400 },
    openStreams: 2_000,
    viewers: 1_000,
    fanOutTokens: 200,
    decodeEvents: 20_000,
    commits: 400_000,
  },
  // Proves that everything runs and every token arrives; its times mean nothing.
  quick: {
    rounds: 1,
    streams: 4,
    tokens: { unpaced: 60, lockstep: 20, paced: 10 },
    openStreams: 20,
    viewers: 10,
    fanOutTokens: 10,
    decodeEvents: 100,
    commits: 1_000,
  },
};

/** @throws {RangeError} when `rounds` is no whole number from 1. */
export function sizesOf(name: "full" | "quick", rounds: string | undefined): Sizes {
  if (rounds === undefined) return SIZES[name];
  if (!/^[1-9]\d*$/.test(rounds)) throw new RangeError(`--rounds: found "${rounds}", expected a whole number from 1`);
  return { ...SIZES[name], rounds: Number(rounds) };
}
