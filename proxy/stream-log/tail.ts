/** The live end of a running stream: what was committed last, and who waits for more. */
import { emptyMessage, fold } from "../../protocol/index.ts";
import type { Message, StatusNote } from "../../protocol/index.ts";
import type { Batch } from "./batch.ts";
import type { StreamRecord } from "./stream-log.ts";

/** Committed characters kept for viewers close behind; those further behind read the store. */
const RECENT_CHARS = 16_384;

export interface TailListener {
  /** A batch was committed. */
  committed(batch: Batch): void;
  /** Something that is not in the log. */
  noted(note: StatusNote): void;
}

/** One per running stream and process: N viewers follow one tail. */
export class StreamTail {
  readonly record: StreamRecord;
  /** The fold of everything committed; hidden parts included. */
  message: Message;
  seq: number;
  ended = false;
  /** When the first text was committed; null until then, and for a tail that was opened later. */
  firstContentAt: number | null = null;
  readonly #listeners = new Set<TailListener>();
  #recent: Batch[] = [];
  #recentChars = 0;

  constructor(record: StreamRecord, message: Message = emptyMessage(record.inc)) {
    this.record = record;
    this.message = message;
    this.seq = Number(message.cursor.slice(record.inc.length + 1));
  }

  /** Called after the commit, in order. */
  publish(batch: Batch): void {
    this.message = fold(this.message, batch.entries);
    this.seq = batch.last;
    this.firstContentAt ??= batch.entries.find((entry) => entry.type === "delta")?.ts ?? null;
    this.ended = batch.entries.at(-1)!.type === "stream.end";
    this.#keep(batch);
    for (const listener of this.#listeners) listener.committed(batch);
  }

  note(note: StatusNote): void {
    for (const listener of this.#listeners) listener.noted(note);
  }

  /** The committed batches after `seq`, or null when the first of them is no longer in memory. */
  after(seq: number): readonly Batch[] | null {
    if (seq >= this.seq) return [];
    const index = this.#recent.findIndex((batch) => batch.last > seq);
    return index < 0 || this.#recent[index]!.first > seq + 1 ? null : this.#recent.slice(index);
  }

  /** Returns how to stop listening. */
  listen(listener: TailListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #keep(batch: Batch): void {
    this.#recent.push(batch);
    this.#recentChars += batch.chars;
    while (this.#recentChars > RECENT_CHARS && this.#recent.length > 1) {
      this.#recentChars -= this.#recent.shift()!.chars;
    }
  }
}
