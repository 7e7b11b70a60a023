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
  /** Streams at once, and tokens of each; `most` streams are offered, a step every `stepMs`, before the bench gives up. */
  readonly load: {
    readonly streams: number;
    readonly tokens: number;
    readonly perSecond: number;
    readonly most: number;
    readonly stepMs: number;
  };
  /** Viewers of one stream, and its tokens of 4,000 characters. */
  readonly stalled: { readonly viewers: number; readonly tokens: number };
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
    // 10,000 tokens a second for 60 s.
    load: { streams: 2_000, tokens: 300, perSecond: 5, most: 6_000, stepMs: 500 },
    // 4 MiB to each viewer: more than the kernel's buffers take for one that stalls.
    stalled: { viewers: 1_000, tokens: 1_000 },
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
    load: { streams: 20, tokens: 5, perSecond: 5, most: 22, stepMs: 1 },
    stalled: { viewers: 10, tokens: 50 },
  },
};

/** @throws {RangeError} when `rounds` is no whole number from 1. */
export function sizesOf(name: "full" | "quick", rounds: string | undefined): Sizes {
  if (rounds === undefined) return SIZES[name];
  if (!/^[1-9]\d*$/.test(rounds)) throw new RangeError(`--rounds: found "${rounds}", expected a whole number from 1`);
  return { ...SIZES[name], rounds: Number(rounds) };
}
