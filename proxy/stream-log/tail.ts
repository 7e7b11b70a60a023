/** The live end of a running stream: how far it is committed, what it folds to, and who waits for more. */
import { emptyMessage, fold, isContent } from "../../protocol/index.ts";
import type { LogEntry, Message, StatusNote, StreamError } from "../../protocol/index.ts";
import type { Batch } from "./batch.ts";
import { ATTENDED_MS } from "./replicas.ts";
import type { FarViewers } from "./replicas.ts";
import type { StreamRecord } from "./stream-log.ts";

/** Entries that wait to be folded: the message is rarely looked at while it grows, and folding many at once is cheaper. */
const UNFOLDED_ENTRIES = 64;

export interface TailListener {
  /** A batch was committed. */
  committed(batch: Batch): void;
  /** Something that is not in the log. */
  noted(note: StatusNote): void;
  /** What follows is not what was read here any more, or is gone: whoever reads must ask anew. @default nobody is told */
  lost?(error: StreamError): void;
}

/** One who watches. */
export interface Standpoint {
  /** The last entry they need nothing before; `Infinity` when they need nothing that is there. */
  position(): number;
}

/** One per running stream and process: N viewers follow one tail. */
export class StreamTail {
  /** Changes when the stream is taken over. */
  record: StreamRecord;
  seq: number;
  ended = false;
  /** When the first text was committed; null until then, and for a tail that was opened later. */
  firstContentAt: number | null = null;
  /** What was last said besides the log, until content follows it: a viewer who comes later is told too. */
  lastNote: StatusNote | null = null;
  /** Where each who watches it now stands. */
  readonly #viewers = new Set<Standpoint>();
  /** Milliseconds since the epoch: when it was begun, or somebody last looked. */
  #seenAt = Date.now();
  /** Who watches through other processes, and until when that holds. */
  #far = { seq: 0, until: 0 };
  readonly #listeners = new Set<TailListener>();
  #message: Message;
  #unfolded: LogEntry[] = [];

  constructor(record: StreamRecord, message: Message = emptyMessage(record.inc)) {
    this.record = record;
    this.#message = message;
    this.seq = Number(message.cursor.slice(record.inc.length + 1));
  }

  /** The fold of everything committed; hidden parts included. */
  get message(): Message {
    if (this.#unfolded.length > 0) {
      this.#message = fold(this.#message, this.#unfolded);
      this.#unfolded = [];
    }
    return this.#message;
  }

  /** Milliseconds since anybody watched, here or elsewhere; 0 while somebody does. */
  get unwatchedMs(): number {
    return this.#viewers.size > 0 ? 0 : Math.max(0, Date.now() - Math.max(this.#seenAt, this.#far.until));
  }

  /** Where the viewer stands who has most of it, here or elsewhere, at most the tail; null while nobody watches. */
  get furthest(): number | null {
    const isFar = Date.now() < this.#far.until;
    if (this.#viewers.size === 0 && !isFar) return null;
    let furthest = isFar ? Math.min(this.#far.seq, this.seq) : 0;
    for (const viewer of this.#viewers) {
      furthest = Math.max(furthest, viewer.position());
      if (furthest >= this.seq) return this.seq;
    }
    return furthest;
  }

  /** Somebody watches, until the returned function is called. @param viewer absent for one who never lags behind */
  watch(viewer: Standpoint = { position: () => Infinity }): () => void {
    this.#viewers.add(viewer);
    return () => {
      this.#viewers.delete(viewer);
      this.#seenAt = Date.now();
    };
  }

  /** Somebody watches it through another process. */
  attended({ seq, agoMs }: FarViewers): void {
    this.#far = { seq, until: Date.now() - agoMs + ATTENDED_MS };
  }

  /** Called after the commit, in order. */
  publish(batch: Batch): void {
    const { entries } = batch;
    this.#unfolded.push(...entries);
    if (this.#unfolded.length >= UNFOLDED_ENTRIES) void this.message;
    this.seq = batch.last;
    this.ended = entries.at(-1)!.type === "stream.end";
    this.firstContentAt ??= entries.find((entry) => entry.type === "delta")?.ts ?? null;
    if (this.lastNote !== null && this.lastNote.phase !== "step" && entries.some(isContent)) this.lastNote = null;
    for (const listener of this.#listeners) listener.committed(batch);
  }

  note(note: StatusNote): void {
    this.lastNote = note;
    for (const listener of this.#listeners) listener.noted(note);
  }

  /** Called at most once, and nothing after it. */
  lose(error: StreamError): void {
    for (const listener of [...this.#listeners]) listener.lost?.(error);
  }

  /** Returns how to stop listening. */
  listen(listener: TailListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
