/**
 * Entries between the connection and their reader: in order, each once, without a gap, and bounded.
 * The connection pushes as they arrive, the reader takes all there is when it is ready for more.
 */
import { emptyMessage, place, WINDOW_BYTES } from "../../protocol/index.ts";
import type { Message, Position, WireEntry } from "../../protocol/index.ts";

/** Beyond the window the sender breaks the agreement; beyond this we stop listening to it. */
const MAX_BYTES = 4 * WINDOW_BYTES;

export interface Batch {
  readonly inc: string;
  /** May be empty when only the digest is new. */
  readonly entries: readonly WireEntry[];
  /** Present when this batch does not follow from the one before: fold it into this message instead. */
  readonly base?: Message;
  /** What the CRC-32 of the visible text must be after this batch. */
  readonly digest?: number;
  /** As received on the wire. */
  readonly bytes: number;
}

export class TokenBuffer {
  #inc: string | null;
  /** The last seq received, and the last one taken. */
  #seq: number;
  #taken: number;
  #entries: WireEntry[] = [];
  #base: Message | undefined;
  #bytes = 0;
  #mark: { readonly seq: number; readonly digest: number } | null = null;
  #isEnded = false;

  constructor({ inc, seq }: Position) {
    this.#inc = inc;
    this.#seq = seq;
    this.#taken = seq;
  }

  /** The last entry received, which is where any attempt resumes. */
  get position(): Position {
    return { inc: this.#inc, seq: this.#seq };
  }

  /** True once `stream.end` was received. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  get isFull(): boolean {
    return this.#bytes >= WINDOW_BYTES;
  }

  /** False when entries are missing, belong to another incarnation, or are more than may wait here. */
  push(inc: string, entries: readonly WireEntry[], bytes: number): boolean {
    if ((this.#inc !== null && this.#inc !== inc) || this.#bytes + bytes > MAX_BYTES) return false;
    this.#inc = inc;
    this.#bytes += bytes;
    for (const entry of entries) {
      const where = place(entry, this.#seq);
      if (where === "gap") return false;
      if (where === "duplicate") continue;
      if (this.#seq === 0) this.#base = emptyMessage(inc);
      this.#seq = entry.seq;
      this.#entries.push(entry);
      if (entry.type !== "stream.end") continue;
      this.#isEnded = true;
      this.#mark = { seq: entry.seq, digest: entry.digest };
    }
    return true;
  }

  /** The text at `seq` must have this digest; one that was already taken past cannot be checked any more. */
  mark(seq: number, digest: number): void {
    if (seq >= this.#taken && seq <= this.#seq) this.#mark = { seq, digest };
  }

  /** Everything received since the last time, up to a mark; null when there is nothing. */
  take(): Batch | null {
    const mark = this.#mark;
    if (this.#entries.length === 0 && mark === null && this.#base === undefined) return null;
    const cut = mark === null ? -1 : this.#entries.findIndex((entry) => entry.seq > mark.seq);
    const entries = cut < 0 ? this.#entries : this.#entries.slice(0, cut);
    const reached = entries.at(-1)?.seq ?? this.#taken;
    const batch = {
      inc: this.#inc!,
      entries,
      bytes: this.#bytes,
      ...(this.#base === undefined ? {} : { base: this.#base }),
      ...(mark?.seq === reached ? { digest: mark.digest } : {}),
    };
    this.#entries = cut < 0 ? [] : this.#entries.slice(cut);
    this.#taken = reached;
    this.#base = undefined;
    this.#bytes = 0;
    this.#mark = null;
    return batch;
  }

  /** Forgets everything: whatever comes next is read from the start, of whichever incarnation. */
  restart(): void {
    this.#drop(null, 0);
  }

  /** Goes on from a snapshot. */
  rebase(message: Message, { inc, seq }: Position): void {
    this.#drop(inc, seq);
    this.#base = message;
  }

  #drop(inc: string | null, seq: number): void {
    this.#inc = inc;
    this.#seq = seq;
    this.#taken = seq;
    this.#entries = [];
    this.#base = undefined;
    this.#bytes = 0;
    this.#mark = null;
    this.#isEnded = false;
  }
}
