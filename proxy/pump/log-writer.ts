/** Groups one stream's events into commits: at most one append is under way, what arrives meanwhile joins the next. */
import { fold, MERGED_DELTA_CHARS, statusOf, StreamError } from "../../protocol/index.ts";
import type { StreamEnd, StreamEvent } from "../../protocol/index.ts";
import { makeBatch } from "../stream-log/batch.ts";
import type { Batch } from "../stream-log/batch.ts";
import type { Kept, Ending, StreamLog } from "../stream-log/stream-log.ts";
import type { StreamTail } from "../stream-log/tail.ts";
import type { SharedFlush } from "./shared-flush.ts";

/** Text that waits under load is committed at this length at the latest: what a reader sees comes in lines, not in pages. */
const FLUSH_CHARS = 4_096;

/** Events waiting for their commit: above `high × capacityEvents` the source pauses until below `low × capacityEvents`. */
export interface Watermarks {
  readonly capacityEvents: number;
  readonly high: number;
  readonly low: number;
}

/** What all writers of a process share. */
export interface SharedCommits {
  readonly clock?: CommitClock | undefined;
  /** Lets commits wait for each other under load. @default each begins at once */
  readonly flush?: SharedFlush | undefined;
}

/** Times commits, for whoever watches the store. */
export interface CommitClock {
  /** Called before an append; what it returns is given to `end`. */
  begin(): number;
  /** Called once the append is committed, or has failed. */
  end(began: number): void;
}

/** What a stream has cost, and the receipt for it. */
export type Settlement = Pick<Ending, "spent" | "receipt">;

/** Persist before deliver: events reach the tail, and so any viewer, only after their commit. */
export class LogWriter {
  readonly #log: StreamLog;
  readonly #tail: StreamTail;
  readonly #marks: Watermarks;
  readonly #onFailure: (error: StreamError) => void;
  readonly #commits: CommitClock | undefined;
  readonly #flush: SharedFlush | undefined;
  #queue: StreamEvent[] = [];
  /** Kept beside the queue's events, in their commit. */
  #records: Kept[] = [];
  /** The seq of the last event handed to the log. */
  #assigned: number;
  /** Events in the queue as the provider counted them, before neighbouring deltas were joined. */
  #waiting = 0;
  /** On its way into the store: how many events it was as the provider counted them, and what the commit clock said. */
  #appending: { readonly batch: Batch; readonly count: number; readonly began: number | undefined } | null = null;
  /** For who waits until that is over. */
  #appended: PromiseWithResolvers<void> | null = null;
  /** Others are waited for: the shared flush begins the next commit, unless something that cannot wait comes before. */
  #isJoined = false;
  #isClosed = false;
  #room: PromiseWithResolvers<void> | null = null;

  /** `onFailure` is called once, when the store refused an append: nothing can be written any more. */
  constructor(
    log: StreamLog,
    tail: StreamTail,
    marks: Watermarks,
    onFailure: (error: StreamError) => void,
    { clock, flush }: SharedCommits = {},
  ) {
    this.#log = log;
    this.#tail = tail;
    this.#assigned = tail.seq;
    this.#marks = marks;
    this.#onFailure = onFailure;
    this.#commits = clock;
    this.#flush = flush;
  }

  /** The seq the last written event has or will have. */
  get seq(): number {
    return this.#assigned + this.#queue.length;
  }

  /**
   * Takes events for the next commit, and what is kept beside them. Returns a promise to wait for when there are too
   * many, else undefined.
   */
  write(events: readonly StreamEvent[], record?: Kept): Promise<void> | undefined {
    if (this.#isClosed) return undefined;
    if (record !== undefined) this.#records.push(record);
    for (const event of events) this.#enqueue(event);
    this.#waiting += events.length;
    // Never with nothing to append: a run that ends before it is noted would look as if it never ended.
    if (this.#queue.length > 0 && this.#appending === null) this.#begin();
    if (this.#waiting <= this.#marks.high * this.#marks.capacityEvents) return undefined;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** Nothing more is written here: what is not committed is dropped, and nothing is taken any more. */
  close(): void {
    this.#isClosed = true;
    this.#queue = [];
    this.#records = [];
    this.#waiting = 0;
    this.#release();
  }

  /** Resolves when everything written so far is committed. */
  async flush(): Promise<void> {
    while (this.#appending !== null || this.#queue.length > 0) {
      const { promise } = (this.#appended ??= Promise.withResolvers());
      if (this.#appending === null) this.#append();
      await promise;
    }
  }

  /** Commits the last event, together with the finished message and the bill. @throws {StreamError} as `StreamLog.append` */
  async end(event: StreamEnd, settlement: Settlement): Promise<void> {
    await this.flush();
    const { record, seq, message } = this.#tail;
    const batch = makeBatch([event], seq + 1, Date.now());
    const ending = { ...settlement, status: statusOf(event.reason), message: fold(message, batch.entries) };
    await this.#log.append(record.id, record.term, batch, ending);
    this.#tail.publish(batch);
  }

  /** Neighbouring deltas of a block that wait for the same commit become one: fewer rows, frames and wake-ups. */
  #enqueue(event: StreamEvent): void {
    const last = this.#queue.at(-1);
    if (
      event.type === "delta" &&
      last?.type === "delta" &&
      last.block === event.block &&
      last.text.length + event.text.length <= MERGED_DELTA_CHARS
    ) {
      this.#queue[this.#queue.length - 1] = { ...last, text: last.text + event.text };
    } else {
      this.#queue.push(event);
    }
  }

  #begin(): void {
    if (!this.#mayWait()) {
      this.#append();
    } else if (!this.#isJoined) {
      this.#isJoined = true;
      this.#flush!.join(() => {
        this.#isJoined = false;
        if (this.#queue.length > 0 && this.#appending === null) this.#append();
      });
    }
  }

  /** The first content waits for nobody, and what is more than text tells what the reader must know now. */
  #mayWait(): boolean {
    if (this.#flush?.waits !== true || this.#tail.firstContentAt === null) return false;
    let chars = 0;
    for (const event of this.#queue) {
      if (event.type !== "delta") return false;
      chars += event.text.length;
    }
    return chars < FLUSH_CHARS;
  }

  #append(): void {
    const { id, term } = this.#tail.record;
    try {
      const batch = makeBatch(this.#queue, this.#tail.seq + 1, Date.now());
      const records = this.#records;
      this.#appending = { batch, count: this.#waiting, began: this.#commits?.begin() };
      this.#assigned = batch.last;
      this.#queue = [];
      this.#records = [];
      this.#log.append(id, term, batch, undefined, records).then(this.#onCommitted, this.#onRefused);
    } catch (thrown) {
      this.#onRefused(thrown);
    }
  }

  readonly #onCommitted = (): void => {
    const { batch, count, began } = this.#appending!;
    try {
      if (began !== undefined) this.#commits!.end(began);
      this.#waiting -= count;
      this.#tail.publish(batch);
      this.#release();
    } catch (thrown) {
      return this.#fail(thrown);
    }
    this.#settle();
  };

  readonly #onRefused = (thrown: unknown): void => {
    const began = this.#appending?.began;
    if (began !== undefined) this.#commits!.end(began);
    this.#fail(thrown);
  };

  /** Nothing may follow what is missing now: whoever takes the stream over goes on from what is there. */
  #fail(thrown: unknown): void {
    this.close();
    this.#onFailure(StreamError.from(thrown));
    this.#settle();
  }

  /** An append is over. */
  #settle(): void {
    this.#appending = null;
    if (this.#queue.length > 0) this.#begin();
    this.#appended?.resolve();
    this.#appended = null;
  }

  #release(): void {
    if (this.#room === null || this.#waiting > this.#marks.low * this.#marks.capacityEvents) return;
    this.#room.resolve();
    this.#room = null;
  }
}
