/**
 * What a store does so that many replicas can serve one stream: leases, and what one replica leaves for another. Part of
 * every store; `test/contracts/replicas.contract.ts` holds for all. Times are the store's own clock: replicas' clocks differ.
 */
import type { StatusNote, ToolOutcome } from "../../protocol/index.ts";
import type { StreamRecord } from "./stream-log.ts";

/** The right to write a stream for a while. Each new holder raises the stream's term, so that a late writer is refused. */
export interface Lease {
  /** The holder: an id that no other process, and no earlier one, has. */
  readonly replica: string;
  /** Milliseconds until another may take the stream, unless it is renewed. */
  readonly ttlMs: number;
}

/** That another process says somebody watches there counts so long, in milliseconds. */
export const ATTENDED_MS = 15_000;

/** Those who watch a stream through other processes. */
export interface FarViewers {
  /** The one who has most has everything up to it; somewhat more by now. */
  readonly seq: number;
  /** Milliseconds since the latest of those processes said so, less than ATTENDED_MS. */
  readonly agoMs: number;
}

/** What others have left for the writer of a stream. */
export interface Requests {
  readonly cancel: boolean;
  /** By call id: the first outcome that came. */
  readonly outcomes: ReadonlyMap<string, ToolOutcome>;
  /** Null when nobody has watched anywhere else lately. */
  readonly viewers: FarViewers | null;
}

export interface Replicas {
  /** Other processes may use the store at the same time. False for an embedded one: then nobody else leaves anything. */
  readonly isShared: boolean;

  /** Prolongs the leases of streams that `replica` holds. Returns those it does not hold any more. */
  renew(lease: Lease, streams: readonly string[]): Promise<readonly string[]>;

  /** The lease is over now: whoever looks next takes the stream. Nothing when `term` is not the stream's. */
  release(stream: string, term: number): Promise<void>;

  /** Calls `wake` soon after another process released a stream. Only a hint, as `watch`. Returns how to stop. */
  watchReleases(wake: () => void): () => void;

  /** Running streams whose lease has run out, the oldest first. */
  abandoned(limit: number): Promise<readonly string[]>;

  /**
   * Takes a running stream whose lease has run out, or that `lease.replica` holds itself, and raises its term. Null when
   * it has ended, is gone, or is somebody else's. Of many that try at once, one gets it.
   */
  takeOver(stream: string, lease: Lease): Promise<StreamRecord | null>;

  /** What the stream was started with, as `NewStream.request` had it; null once it has ended. */
  findRequest(stream: string): Promise<unknown>;

  /** Asks the writer of a stream to stop. Durable until the stream has ended; repeating it changes nothing. */
  requestCancel(stream: string): Promise<void>;

  /** Leaves the outcome of a call for the writer of the stream. Returns the one that counts: the first that came. */
  leaveOutcome(stream: string, callId: string, outcome: ToolOutcome): Promise<ToolOutcome>;

  /**
   * Tells the writer of a stream that somebody watches it here, who has everything up to `seq`. It is to be repeated well
   * within ATTENDED_MS. A store that only one process uses has nobody to tell.
   */
  attend(stream: string, seq: number): Promise<void>;

  requests(stream: string): Promise<Requests>;

  /**
   * Calls `wake` soon after another process appended to the stream, ended it, or left something for its writer. Only a
   * hint: it may come late, twice, for nothing, or not at all, so whoever listens looks from time to time as well.
   * Returns how to stop.
   * @param heard is told what the writer says besides the log, as far as it gets through
   */
  watch(stream: string, wake: () => void, heard?: (note: StatusNote) => void): () => void;

  /** Tells those who watch a stream through other processes what is not in its log. Best effort. */
  tell(stream: string, note: StatusNote): Promise<void>;

  /** Tells the other replicas something small for a while: that a circuit is open. A time in the past withdraws it. Best effort. */
  publishHint(name: string, untilMs: number): Promise<void>;
  /** Hints of all replicas that still hold: until when, in milliseconds since the epoch, by name. */
  hints(): Promise<ReadonlyMap<string, number>>;
}
