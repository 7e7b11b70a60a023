/** Streams that somebody here watches and this process does not write: one reader of the store each, whose tail they follow. */
import { emptyMessage, StreamError } from "../../protocol/index.ts";
import { batchOf } from "./batch.ts";
import type { StreamLog, StreamRecord } from "./stream-log.ts";
import { StreamTail } from "./tail.ts";

/** Entries read from the store at a time. */
const PAGE_ENTRIES = 1_000;
/** A hint may be lost: the store is asked this often all the same. */
const LOOK_MS = 1_000;
/** The writer is told at least this often that somebody watches here, and whenever they have moved on by so many entries. */
const ATTEND_MS = 5_000;
const ATTEND_ENTRIES = 1_000;
/** A tail nobody watches is kept for those who are just connecting again. */
const UNWATCHED_MS = 30_000;

export class Followers {
  readonly #log: StreamLog;
  /** By stream: the one whose tail new readers get. */
  readonly #followed = new Map<string, Followed>();
  readonly #all = new Set<Followed>();

  constructor(log: StreamLog) {
    this.#log = log;
  }

  get size(): number {
    return this.#all.size;
  }

  /**
   * The live end of a stream that is not written here, at least as far as the store is now.
   * @throws {StreamError} `not_found`, `incarnation_changed`, `cursor_expired` when it is not what it was, or what the store throws.
   */
  async follow(record: StreamRecord): Promise<StreamTail> {
    const followed = this.#followed.get(record.id) ?? this.#begin(new StreamTail(record, emptyMessage(record.inc)));
    await followed.read();
    if (followed.lost !== null) throw followed.lost;
    return followed.tail;
  }

  /** This process wrote the stream and does not any more; those who watch it go on, with whoever writes it next. */
  adopt(tail: StreamTail): void {
    if (!tail.ended) this.#begin(tail);
  }

  /**
   * Follows no more: this process is about to write the stream. Its tail, as far as `record` goes; null when nobody watched.
   * @throws {StreamError} when the store fails: then it is followed as before.
   */
  async take(record: StreamRecord): Promise<StreamTail | null> {
    const followed = this.#followed.get(record.id);
    if (followed === undefined) return null;
    await followed.read();
    if (followed.lost !== null) return null;
    followed.stop();
    followed.tail.record = record;
    return followed.tail;
  }

  close(): void {
    for (const followed of this.#all) followed.stop();
  }

  #begin(tail: StreamTail): Followed {
    const { id } = tail.record;
    const followed = new Followed(this.#log, tail, () => {
      this.#all.delete(followed);
      if (this.#followed.get(id) === followed) this.#followed.delete(id);
    });
    this.#all.add(followed);
    this.#followed.set(id, followed);
    return followed;
  }
}

class Followed {
  readonly tail: StreamTail;
  /** Why nothing more can be read; null as long as it can. */
  lost: StreamError | null = null;
  readonly #log: StreamLog;
  readonly #onStop: () => void;
  readonly #unwatch: () => void;
  readonly #timer: NodeJS.Timeout;
  #reading: Promise<void> | null = null;
  #isBehind = false;
  #attended = { at: -Infinity, seq: 0 };

  constructor(log: StreamLog, tail: StreamTail, onStop: () => void) {
    this.#log = log;
    this.tail = tail;
    this.#onStop = onStop;
    const look = () => void this.read().catch(() => {});
    this.#unwatch = log.watch(tail.record.id, look, (note) => tail.note(note));
    this.#timer = setInterval(() => {
      if (tail.unwatchedMs > UNWATCHED_MS) return this.stop();
      look();
      this.#attend();
    }, LOOK_MS);
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

  /** Best effort: it is said again soon. */
  #attend(): void {
    const seq = this.tail.furthest;
    if (!this.#log.isShared || seq === null) return;
    const at = performance.now();
    if (at - this.#attended.at < ATTEND_MS && Math.abs(seq - this.#attended.seq) < ATTEND_ENTRIES) return;
    this.#attended = { at, seq };
    this.#log.attend(this.tail.record.id, seq).catch(() => {});
  }

  async #readAll(): Promise<void> {
    const { tail } = this;
    while (this.#isBehind && !tail.ended && this.lost === null) {
      this.#isBehind = false;
      const { id } = tail.record;
      const entries = await this.#log.read(id, tail.seq, PAGE_ENTRIES);
      // Asked after them: entries of another incarnation are never taken for what follows.
      this.lost = lossOf(tail, await this.#log.findStream(id), entries[0]?.seq);
      if (entries.length === 0 || this.lost !== null) continue;
      this.#isBehind = true;
      tail.publish(batchOf(entries));
    }
    if (this.lost !== null) tail.lose(this.lost);
    if (this.lost !== null || tail.ended) this.stop();
  }
}

/** Why what the store has now does not follow what was read before; null when it does. */
function lossOf({ record, seq }: StreamTail, found: StreamRecord | null, next = seq + 1): StreamError | null {
  const { id, inc } = record;
  if (found === null) return new StreamError("not_found", `Stream "${id}" was deleted`);
  if (found.inc !== inc) return new StreamError("incarnation_changed", `Stream "${id}" has lost entries; read from 0`);
  if (next === seq + 1) return null;
  return new StreamError("cursor_expired", `Entries of stream "${id}" before ${next} are gone; take the message`);
}
