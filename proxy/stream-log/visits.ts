/** How often somebody begins streams, and how many of theirs run: counted in the store, so that all replicas agree. */

/** What one visitor or address may do. */
export interface VisitLimit {
  /** `visitor:ID` or `address:HASH`. */
  readonly key: string;
  /** Streams begun within a minute; null counts and does not limit. */
  readonly perMinute: number | null;
  /** Streams that run at the same time; null does not limit. */
  readonly concurrent: number | null;
}

/** Why a stream may not begin. */
export interface VisitRefusal {
  readonly key: string;
  readonly limit: "perMinute" | "concurrent";
  /** Milliseconds until there is room again; null where nobody knows, because a stream has to end first. */
  readonly waitMs: number | null;
}

/** Part of every store; `test/contracts/visits.contract.ts` holds for all. Times are milliseconds since the epoch. */
export interface Visits {
  /**
   * Notes that a stream is about to begin, under every key or, when one has no room, under none. A stream counts as
   * running until it has ended, whoever writes it; one that is not there `START_MS` later never began. Entering again changes nothing.
   */
  enter(stream: string, limits: readonly VisitLimit[], nowMs: number): Promise<VisitRefusal | null>;

  /** It has not begun after all. */
  withdraw(stream: string, limits: readonly Pick<VisitLimit, "key">[]): Promise<void>;
}

export const MINUTE_MS = 60_000;
/** A start is written at once; this is for a store that was away in between. */
export const START_MS = 10_000;
/** What began longer ago holds no place any more, should its end have been missed. */
export const FORGET_MS = 86_400_000;
