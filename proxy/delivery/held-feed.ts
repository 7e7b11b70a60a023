/** A stream for readers who cannot take anything back: they get what stands, and nothing that was voided (protocol.md §3.5). */
import type { StatusNote } from "../../protocol/index.ts";
import type { Feed, FeedListener, Head } from "./feed.ts";
import type { Parcel } from "./parcel.ts";
import type { Standing } from "./standing.ts";
import type { ViewedFeed } from "./viewer.ts";

/** Costs what a feed costs: a viewer of it is a cursor too, and what was held back is read from the log when it stands. */
export class HeldFeed implements ViewedFeed {
  readonly #feed: Feed;
  readonly #standing: Standing;

  private constructor(feed: Feed, standing: Standing) {
    this.#feed = feed;
    this.#standing = standing;
  }

  /** Resolves once it is known what of the stream stands. @throws {StreamError} when its log cannot be read. */
  static async of(feed: Feed): Promise<HeldFeed> {
    return new HeldFeed(feed, await feed.standing());
  }

  get ended(): boolean {
    return this.#feed.ended;
  }

  get note(): StatusNote | null {
    return this.#feed.note;
  }

  isCurrent(cursor: number): boolean {
    return cursor >= this.#standing.upTo || (this.#isLive(cursor) && this.#feed.isCurrent(cursor));
  }

  next(cursor: number, late: boolean): Parcel | Promise<Parcel> {
    const latest = this.#isLive(cursor) ? this.#feed.latest(cursor) : null;
    return latest ?? this.#feed.page(cursor, late, this.#standing);
  }

  /** Null while something is held back: its digest would be of text that nobody here was given. */
  head(): Head | null {
    return this.#standing.upTo >= this.#feed.tail ? this.#feed.head() : null;
  }

  skip(cursor: number): Parcel {
    return this.#feed.skip(cursor);
  }

  listen(listener: FeedListener): () => void {
    return this.#feed.listen(listener);
  }

  /** True where what follows is what everybody else is sent, too. */
  #isLive(cursor: number): boolean {
    return this.#standing.upTo >= this.#feed.tail && this.#standing.isWholeAfter(cursor);
  }
}
