/** Streams that other processes write and somebody here watches: one reader of the store each, whose tail they follow. */
import { emptyMessage } from "../../protocol/index.ts";
import { batchOf } from "./batch.ts";
import type { StreamLog, StreamRecord } from "./stream-log.ts";
import { StreamTail } from "./tail.ts";

/** Entries read from the store at a time. */
const PAGE_ENTRIES = 1_000;
/** A hint may be lost: the store is asked this often all the same. */
const LOOK_MS = 1_000;
/** A tail nobody watches is kept for those who are just connecting again. */
const UNWATCHED_MS = 30_000;

export class Followers {
  readonly #log: StreamLog;
  readonly #followed = new Map<string, Followed>();

  constructor(log: StreamLog) {
    this.#log = log;
  }

  get size(): number {
    return this.#followed.size;
  }

  /** The live end of a stream that another process writes, at least as far as the store is now. */
  async follow(record: StreamRecord): Promise<StreamTail> {
    const followed = this.#followed.get(record.id) ?? this.#begin(new StreamTail(record, emptyMessage(record.inc)));
    await followed.read();
    return followed.tail;
  }

  /** This process wrote the stream and does not any more; those who watch it go on. */
  adopt(tail: StreamTail): void {
    if (!tail.ended) this.#begin(tail);
  }

  /** Follows no more: this process is about to write the stream. Its tail, as far as `record` goes; null when nobody watched. */
  async take(record: StreamRecord): Promise<StreamTail | null> {
    const followed = this.#followed.get(record.id);
    if (followed === undefined) return null;
    followed.stop();
    await followed.read();
    followed.tail.record = record;
    return followed.tail;
  }

  close(): void {
    for (const followed of this.#followed.values()) followed.stop();
  }

  #begin(tail: StreamTail): Followed {
    const { id } = tail.record;
    const followed = new Followed(this.#log, tail, () => this.#followed.delete(id));
    this.#followed.set(id, followed);
    return followed;
  }
}

class Followed {
  readonly tail: StreamTail;
  readonly #log: StreamLog;
  readonly #onStop: () => void;
  readonly #unwatch: () => void;
  readonly #timer: NodeJS.Timeout;
  #reading: Promise<void> | null = null;
  #isBehind = false;

  constructor(log: StreamLog, tail: StreamTail, onStop: () => void) {
    this.#log = log;
    this.tail = tail;
    this.#onStop = onStop;
    const look = () => void this.read().catch(() => {});
    this.#unwatch = log.watch(tail.record.id, look);
    this.#timer = setInterval(() => (tail.unwatchedMs > UNWATCHED_MS ? this.stop() : look()), LOOK_MS);
    this.#timer.unref();
  }

  /** Publishes what the store has more. @throws {StreamError} when the store fails; the next look tries again. */
  async read(): Promise<void> {
    // One that comes while another reads is served by its next page.
    this.#isBehind = true;
    this.#reading ??= this.#readAll().finally(() => (this.#reading = null));
    await this.#reading;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#unwatch();
    this.#onStop();
  }

  async #readAll(): Promise<void> {
    const { tail } = this;
    while (this.#isBehind && !tail.ended) {
      this.#isBehind = false;
      const entries = await this.#log.read(tail.record.id, tail.seq, PAGE_ENTRIES);
      if (entries.length === 0) continue;
      this.#isBehind = true;
      tail.publish(batchOf(entries));
    }
    if (tail.ended) this.stop();
  }
}
