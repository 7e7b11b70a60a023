/** What routing tells of one way to a model: the circuit, the key's rest and the recent speed. */

export type CircuitState = "closed" | "half_open" | "open";

/** One lane: a model of a provider, in a region, with a key. Times are milliseconds since the epoch. */
export interface LaneState {
  readonly provider: string;
  readonly model: string;
  /** Null or absent where the provider has no regions. */
  readonly region?: string | null;
  /** The key's id (`#1`), never the key; null or absent where the provider needs none. */
  readonly key?: string | null;
  readonly circuit: CircuitState;
  /** Absent unless the circuit is open. */
  readonly openUntil?: number | undefined;
  /** Absent, or in the past, when the key does not rest. */
  readonly restsUntil?: number | undefined;
  /** Recent milliseconds to the first content; absent while nothing is known. */
  readonly firstTokenMs?: number | undefined;
  readonly tokensPerSecond?: number | undefined;
}

/** Every lane that was tried so far. */
export type Lanes = () => readonly LaneState[];
