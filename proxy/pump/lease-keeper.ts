/** Holds the leases of the streams this process writes, hears what others ask of them, and takes over those nobody writes. */
import { StreamError } from "../../protocol/index.ts";
import type { ToolOutcome } from "../../protocol/index.ts";
import type { Lease, Requests } from "../stream-log/replicas.ts";
import type { StreamLog, StreamRecord } from "../stream-log/stream-log.ts";
import type { PumpRegistry } from "./pump-registry.ts";
import { Rounds } from "./rounds.ts";

export interface LeaseKeeperOptions {
  readonly log: StreamLog;
  readonly pumps: PumpRegistry;
  readonly lease: Lease;
  /** Goes on with a stream that is this process's now. */
  readonly onTaken: (record: StreamRecord) => Promise<void>;
  /** Another process left the outcome of a call. */
  readonly onOutcome: (stream: string, callId: string, outcome: ToolOutcome) => void;
  readonly onFailure: (what: string, error: unknown) => void;
}

/** A lease is renewed three times before it runs out. */
const ROUNDS = 3;
/** Streams taken over in one look: what comes back after a crash must not be the next overload. */
const TAKEN_AT_ONCE = 100;
/** Until the next look when there was more to take: that many streams begin in less. */
const MORE_MS = 250;

export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  /** Of each stream written here, how to stop hearing what others ask of it. */
  readonly #watched = new Map<string, () => void>();
  /** Apart: taking many streams over takes its time, and nothing that is held may be lost over it. */
  #renewals: Rounds | undefined;
  #looks: Rounds | undefined;
  #unwatch: (() => void) | undefined;
  /** On `performance.now()`: until then the leases hold whatever happens to the store. */
  #heldUntil = 0;
  #closed = false;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  get lease(): Lease {
    return this.#options.lease;
  }

  /** Takes over what is abandoned, then looks again every third of a lease, and at once while there is more. */
  async start(): Promise<void> {
    const everyMs = this.lease.ttlMs / ROUNDS;
    this.#heldUntil = performance.now() + this.lease.ttlMs;
    this.#renewals = new Rounds(() => this.#renew().then(() => everyMs), everyMs);
    const look = async () => ((await this.#look()) ? MORE_MS : everyMs);
    this.#looks = new Rounds(look, await look());
    this.#unwatch = this.#options.log.watchReleases(() => this.#looks?.ask());
  }

  /** A stream is written here from now on. */
  hold(stream: string): void {
    const { log } = this.#options;
    if (!log.isShared || this.#watched.has(stream)) return;
    this.#watched.set(
      stream,
      log.watch(stream, () => void this.#hear(stream)),
    );
  }

  /** The stream is not written here any more. */
  drop(stream: string): void {
    this.#watched.get(stream)?.();
    this.#watched.delete(stream);
  }

  /** Takes nothing over any more; what is written here is still held. */
  drain(): void {
    this.#closed = true;
  }

  /** Leaves every stream to whoever comes next. */
  async handOver(): Promise<void> {
    const { pumps, log } = this.#options;
    const why = new StreamError("draining", "The proxy was shut down");
    const leave = async (id: string) => {
      const tail = await pumps.fence(id, why);
      if (tail !== null && !tail.ended) await log.release(id, tail.record.term);
    };
    await Promise.all(
      pumps.ids.map((id) => leave(id).catch((error: unknown) => this.#options.onFailure("release", error))),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#unwatch?.();
    await Promise.all([this.#renewals?.stop(), this.#looks?.stop()]);
    for (const unwatch of this.#watched.values()) unwatch();
    this.#watched.clear();
  }

  /** Whatever cannot be renewed is fenced: by us when the store says so, or when we cannot ask it any more. */
  async #renew(): Promise<void> {
    const { log, pumps, lease, onFailure } = this.#options;
    const held = pumps.ids;
    const asked = performance.now();
    try {
      const lost = await log.renew(lease, held);
      this.#heldUntil = asked + lease.ttlMs;
      await Promise.all(lost.map((id) => this.#lose(id)));
      if (log.isShared) await Promise.all(pumps.ids.map((id) => this.#hear(id)));
    } catch (error) {
      onFailure("renew", error);
      const isOver = performance.now() + lease.ttlMs / ROUNDS > this.#heldUntil;
      if (isOver) await Promise.all(held.map((id) => this.#lose(id)));
    }
  }

  async #lose(id: string): Promise<void> {
    this.drop(id);
    await this.#options.pumps.fence(id, new StreamError("conflict", "Another process writes this stream"));
  }

  /** True when there may be more to take over. */
  async #look(): Promise<boolean> {
    const { log, onFailure } = this.#options;
    if (this.#closed) return false;
    try {
      const abandoned = await log.abandoned(TAKEN_AT_ONCE);
      for (const id of abandoned) await this.#take(id);
      return abandoned.length === TAKEN_AT_ONCE;
    } catch (error) {
      onFailure("take over", error);
      return false;
    }
  }

  async #take(id: string): Promise<void> {
    const { log, lease, onTaken, onFailure } = this.#options;
    const record = this.#closed ? null : await log.takeOver(id, lease);
    if (record === null) return;
    try {
      await onTaken(record);
    } catch (error) {
      return onFailure("go on with a stream", error);
    }
    // What was left while nobody wrote it.
    await this.#hear(id);
  }

  async #hear(id: string): Promise<void> {
    const { log, pumps, onOutcome, onFailure } = this.#options;
    try {
      const { cancel, outcomes, viewers }: Requests = await log.requests(id);
      if (viewers !== null) pumps.tail({ id })?.attended(viewers);
      if (cancel) void pumps.cancel(id);
      for (const [callId, outcome] of outcomes) onOutcome(id, callId, outcome);
    } catch (error) {
      onFailure("hear", error);
    }
  }
}
