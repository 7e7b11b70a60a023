/** What is streamed: how the upstream writes, how many tokens. Travels as the name of the model. */

/**
 * `unpaced`: as fast as the reader takes it, many events per read.
 * `lockstep`: the next event only when the reader has the one before: each token its own packet.
 * `wide`: as lockstep, with tokens of 4,000 characters, so that a stream soon is megabytes.
 * `paced`: 50 tokens a second, or as many as are asked for.
 * `held`: half of the tokens, then the stream stays open until the upstream is told to release it.
 */
export type Pace = "unpaced" | "lockstep" | "wide" | "paced" | "held";

export interface Workload {
  readonly pace: Pace;
  /** Per stream. */
  readonly tokens: number;
  /** Of a paced stream. @default TOKENS_PER_SECOND */
  readonly perSecond?: number;
}

/** What a fast model writes. */
export const TOKENS_PER_SECOND = 50;
/** A stream is told apart by one byte on the gate connection. */
export const MAX_GATED_STREAMS = 256;

const MODEL = /^(unpaced|lockstep|wide|paced|held)-(\d+)(?:-(\d+))?$/;
const STREAM = /stream (\d+)/;

export const modelOf = ({ pace, tokens, perSecond }: Workload): string =>
  `${pace}-${tokens}${perSecond === undefined ? "" : `-${perSecond}`}`;

/** @throws {TypeError} for a name `modelOf` did not make. */
export function workloadOf(model: string): Workload {
  const [, pace, tokens, perSecond] = MODEL.exec(model) ?? [];
  if (pace === undefined) throw new TypeError(`Cannot stream model "${model}": expected PACE-TOKENS`);
  return {
    pace: pace as Pace,
    tokens: Number(tokens),
    ...(perSecond === undefined ? {} : { perSecond: Number(perSecond) }),
  };
}

/** The question that names a stream; it reaches the upstream as the last message, whoever is in between. */
export const inputOf = (stream: number): string => `stream ${stream}`;

/** @throws {TypeError} when the text names no stream. */
export function streamOf(input: unknown): number {
  const [, stream] = STREAM.exec(JSON.stringify(input) ?? "") ?? [];
  if (stream === undefined) throw new TypeError(`Cannot tell the stream: found ${JSON.stringify(input)}`);
  return Number(stream);
}

/** Microseconds on the clock that all processes of a machine share. */
export const nowUs = (): number => Number(process.hrtime.bigint()) / 1_000;
