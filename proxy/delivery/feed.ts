/** A stream as one audience sees it: shown batches shared by all viewers at the tail, pages for those behind. */
import { cover, crc32, merge, reveal, visibleText } from "../../protocol/index.ts";
import type { LogEntry, MessageStatus, StatusNote, StreamError } from "../../protocol/index.ts";
import type { Batch } from "../stream-log/batch.ts";
import type { StreamLog, StreamRecord } from "../stream-log/stream-log.ts";
import type { Standpoint, StreamTail } from "../stream-log/tail.ts";
import { showEntry } from "./audience.ts";
import type { Audience } from "./audience.ts";
import { entriesAfter } from "./entries-after.ts";
import { Parcel } from "./parcel.ts";
import { Standing } from "./standing.ts";
import type { ViewedFeed } from "./viewer.ts";

/** Entries of one page from the store: bounds what a reader far behind costs at once. */
const PAGE_ENTRIES = 256;

/** Characters of text in one parcel: small beside a viewer's window, so that no frame overruns it by much. */
const PARCEL_CHARS = 32_768;

/** What waits to be woken: a viewer. */
export interface FeedListener extends Standpoint {
  wake(): void;
  noted(note: StatusNote): void;
  /** What was sent cannot be gone on from. */
  lost(error: StreamError): void;
}

export interface Head {
  readonly seq: number;
  readonly digest: number;
}

export class Feed implements ViewedFeed {
  readonly record: StreamRecord;
  readonly #log: StreamLog;
  readonly #audience: Audience;
  readonly #seesAll: boolean;
  readonly #tail: StreamTail | null;
  readonly #listeners = new Set<FeedListener>();
  #unlisten: (() => void) | null = null;
  /** What was committed last and is shown, made ready once for every viewer who has all before it. */
  #latest: Parcel | null = null;
  /** Where viewers stand who have all that is shown: what is hidden since is covered by the next parcel. */
  #shown: number;
  readonly #keepsPartials: boolean;
  /** Of the last beat: viewers at the tail are beaten one after the other, and have the same. */
  #head: Head | null = null;
  /** Known once somebody asked for it, and kept up from then on. */
  #standing: Standing | null = null;

  /** `keepsPartials`: an attempt that has said something is never begun again. */
  constructor(
    record: StreamRecord,
    log: StreamLog,
    audience: Audience,
    tail: StreamTail | null,
    keepsPartials = false,
  ) {
    this.record = record;
    this.#log = log;
    this.#audience = audience;
    this.#seesAll = Object.values(audience).every(Boolean);
    this.#tail = tail;
    this.#shown = this.tail;
    this.#keepsPartials = keepsPartials;
  }

  get tail(): number {
    return this.#tail?.seq ?? this.record.tail;
  }

  get ended(): boolean {
    return this.#tail === null ? this.record.status !== "running" : this.#tail.ended;
  }

  get status(): MessageStatus {
    return this.#tail?.message.status ?? this.record.status;
  }

  /** What was last said besides the log and still holds. */
  get note(): StatusNote | null {
    return this.#tail === null || this.#tail.ended ? null : this.#tail.lastNote;
  }

  /** Null for a stream that is not running here: its digest is in its `stream.end`. */
  head(): Head | null {
    if (this.#tail === null) return null;
    const { seq, message } = this.#tail;
    if (this.#head?.seq !== seq) this.#head = { seq, digest: crc32(visibleText(message)) };
    return this.#head;
  }

  /** True when nothing that this audience may see follows `cursor` yet. */
  isCurrent(cursor: number): boolean {
    return cursor >= this.tail || (cursor === this.#shown && this.#unlisten !== null);
  }

  /**
   * What follows `cursor`: at once when it is what was committed last, else from the store. `late` viewers get neighbouring deltas
   * merged.
   */
  next(cursor: number, late: boolean): Parcel | Promise<Parcel> {
    return this.latest(cursor) ?? this.page(cursor, late);
  }

  /** What was committed last, for who has all before it; else null. */
  latest(cursor: number): Parcel | null {
    return this.#latest?.base === cursor ? this.#latest : null;
  }

  /** What follows `cursor` in the store; only what stands, when that is given. @throws {StreamError} as `entriesAfter` */
  async page(cursor: number, late: boolean, standing: Standing | null = null): Promise<Parcel> {
    const entries = await entriesAfter(this.#log, this.record.id, cursor, PAGE_ENTRIES);
    if (standing === null) return this.#parcel(entries, cursor, late, (entry) => showEntry(entry, this.#audience));
    // What was held back comes all at once, so it comes merged.
    return this.#parcel(upTo(standing.upTo, entries), cursor, true, (entry) =>
      standing.isVoid(entry) ? null : showEntry(entry, this.#audience),
    );
  }

  /**
   * What of the stream can be voided no more: read from the log the first time, kept up with every commit after that.
   * @throws {StreamError} as `entriesAfter`
   */
  async standing(): Promise<Standing> {
    const standing = (this.#standing ??= new Standing(this.record.first - 1, this.#keepsPartials));
    this.#follow();
    while (standing.seq < this.tail)
      standing.apply(await entriesAfter(this.#log, this.record.id, standing.seq, PAGE_ENTRIES));
    return standing;
  }

  /** What is hidden between `cursor` and the tail, as a parcel. */
  skip(cursor: number): Parcel {
    return new Parcel(cursor, this.record.inc, [{ type: "skip", seq: this.tail, n: this.tail - cursor }], null);
  }

  /** Wakes the listener after each commit until the returned function is called. */
  listen(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    const leave = this.#tail?.watch(listener);
    this.#follow();
    return () => {
      if (!this.#listeners.delete(listener)) return;
      leave?.();
      if (this.#listeners.size > 0 || this.#standing !== null) return;
      this.#unlisten?.();
      this.#unlisten = null;
      this.#latest = null;
    };
  }

  #follow(): void {
    if (this.#unlisten !== null || this.#tail === null) return;
    this.#shown = this.#tail.seq;
    this.#unlisten = this.#tail.listen({
      committed: (batch) => this.#committed(batch),
      noted: (note) => this.#listeners.forEach((each) => each.noted(note)),
      lost: (error) => this.#listeners.forEach((each) => each.lost(error)),
    });
  }

  #committed(batch: Batch): void {
    this.#standing?.apply(batch.entries);
    const base = this.#shown;
    const shown = this.#seesAll ? batch.entries : this.#show(batch.entries);
    // What is wholly hidden wakes nobody, unless what was held back may stand now.
    if (shown.length === 0) {
      if (this.#standing !== null) this.#wake();
      return;
    }
    const asStored = shown.length === batch.entries.length && base === batch.first - 1 && isSame(shown, batch.entries);
    this.#latest = asStored
      ? new Parcel(base, this.record.inc, shown, batch.lines)
      : new Parcel(base, this.record.inc, cover(shown, base), null);
    this.#shown = this.#latest.last;
    this.#wake();
    this.#letGo();
  }

  /** What the one viewer there is has taken is of no use to anybody: its bytes would wait in memory for the next commit. */
  #letGo(): void {
    if (this.#listeners.size !== 1) return;
    for (const listener of this.#listeners) if (listener.position() >= this.#shown) this.#latest = null;
  }

  #wake(): void {
    for (const listener of this.#listeners) listener.wake();
  }

  #parcel(entries: readonly LogEntry[], cursor: number, late: boolean, show: Show): Parcel {
    const shown = reveal(atMost(PARCEL_CHARS, entries), show, cursor);
    return new Parcel(cursor, this.record.inc, late ? merge(shown) : shown, null);
  }

  #show(entries: readonly LogEntry[]): LogEntry[] {
    const visible: LogEntry[] = [];
    for (const entry of entries) {
      const shown = showEntry(entry, this.#audience);
      if (shown !== null) visible.push(shown);
    }
    return visible;
  }
}

/** What an entry is to a reader: itself, a reduced copy, or null. */
type Show = (entry: LogEntry) => LogEntry | null;

/** The entries that are not after `seq`. */
function upTo(seq: number, entries: readonly LogEntry[]): readonly LogEntry[] {
  const end = entries.findIndex((entry) => entry.seq > seq);
  return end < 0 ? entries : entries.slice(0, end);
}

/** The entries from the first on whose text is no longer than `chars`; always at least one. */
function atMost(chars: number, entries: readonly LogEntry[]): readonly LogEntry[] {
  let total = 0;
  const end = entries.findIndex((entry) => entry.type === "delta" && (total += entry.text.length) > chars);
  return end < 0 ? entries : entries.slice(0, Math.max(1, end));
}

const isSame = (shown: readonly LogEntry[], stored: readonly LogEntry[]): boolean =>
  shown === stored || shown.every((entry, index) => entry === stored[index]);
