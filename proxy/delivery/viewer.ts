/** One reader of a stream: a cursor that moves along the feed as fast as its transport takes it. Knows no transport. */
import { StreamError } from "../../protocol/index.ts";
import type { StatusNote } from "../../protocol/index.ts";
import type { FeedListener, Head } from "./feed.ts";
import type { Parcel } from "./parcel.ts";

/** What a viewer follows: a stream as one audience sees it, or only what of it can be taken back no more. */
export interface ViewedFeed {
  readonly ended: boolean;
  /** What was last said besides the log and still holds. */
  readonly note: StatusNote | null;
  /** True when there is nothing to send to a viewer at `cursor`. */
  isCurrent(cursor: number): boolean;
  /** What follows `cursor`, when a viewer there is not current. Rejects when that is not there any more. */
  next(cursor: number, late: boolean): Parcel | Promise<Parcel>;
  /** Null when a viewer that is current need not be where the digest is of. */
  head(): Head | null;
  /** What is hidden from a current viewer, up to the head. */
  skip(cursor: number): Parcel;
  listen(listener: FeedListener): () => void;
}

export interface ViewerTransport {
  /** False while the transport can take no more; it calls `viewer.wake()` when it can again. */
  ready(): boolean;
  send(parcel: Parcel): void;
  note(note: StatusNote): void;
  /** Everything up to `stream.end` was sent. */
  end(seq: number): void;
  /** The log could not be read any further. */
  fail(error: StreamError): void;
}

export class Viewer implements FeedListener {
  readonly feed: ViewedFeed;
  cursor: number;
  readonly #transport: ViewerTransport;
  #unlisten: (() => void) | null;
  #reading = false;
  /** The transport made it wait: until it has caught up, what it is sent is merged. */
  #late = false;

  constructor(feed: ViewedFeed, cursor: number, transport: ViewerTransport) {
    this.feed = feed;
    this.cursor = cursor;
    this.#transport = transport;
    this.#unlisten = feed.listen(this);
  }

  get stopped(): boolean {
    return this.#unlisten === null;
  }

  /** Tells what holds now, then sends what there is. */
  begin(): void {
    const { note } = this.feed;
    if (note !== null) this.#transport.note(note);
    this.wake();
  }

  /** Sends all that can be sent now. */
  wake(): void {
    while (!this.#reading && this.#unlisten !== null) {
      if (this.feed.isCurrent(this.cursor)) {
        this.#late = false;
        if (this.feed.ended) this.#finish();
        return;
      }
      if (!this.#transport.ready()) {
        this.#late = true;
        return;
      }
      const next = this.feed.next(this.cursor, this.#late);
      if (next instanceof Promise) this.#read(next);
      else this.#send(next);
    }
  }

  noted(note: StatusNote): void {
    this.#transport.note(note);
  }

  lost(error: StreamError): void {
    this.#fail(error);
  }

  /** Who is shown nothing of what follows does not lag behind it. */
  position(): number {
    return this.feed.isCurrent(this.cursor) ? Infinity : this.cursor;
  }

  /** Where the viewer stands, for a heartbeat; what is hidden up to there is covered first. Null while it is behind. */
  head(): Head | null {
    if (this.#reading || this.#unlisten === null || !this.feed.isCurrent(this.cursor)) return null;
    const head = this.feed.head();
    if (head !== null && head.seq > this.cursor && this.#transport.ready()) this.#send(this.feed.skip(this.cursor));
    return head?.seq === this.cursor ? head : null;
  }

  stop(): void {
    this.#unlisten?.();
    this.#unlisten = null;
  }

  #send(parcel: Parcel): void {
    this.cursor = parcel.last;
    this.#transport.send(parcel);
  }

  #read(page: Promise<Parcel>): void {
    this.#reading = true;
    page.then(
      (parcel) => {
        this.#reading = false;
        if (this.#unlisten === null) return;
        this.#send(parcel);
        this.wake();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #fail(error: unknown): void {
    this.stop();
    this.#transport.fail(StreamError.from(error));
  }

  #finish(): void {
    this.stop();
    this.#transport.end(this.cursor);
  }
}
