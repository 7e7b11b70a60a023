/** One stream as batches of entries: the connection fills its buffer, the consumer pulls at its own pace. */
import { parseCursor } from "../protocol/index.ts";
import type { Cursor, Message, Position, StatusNote, StreamError, WireEntry } from "../protocol/index.ts";
import { TokenBuffer } from "./buffer/token-buffer.ts";
import type { Batch } from "./buffer/token-buffer.ts";
import type { Connection } from "./connection/connection.ts";
import type { StreamReader } from "./connection/transport.ts";
import { decodeMessage } from "./answers.ts";

export interface FeedOptions {
  /** The cursor to go on from. @default "0", the start */
  readonly after?: Cursor | undefined;
  /** For what cannot take anything back, as a pipe: text comes once it can be voided no more. @default false */
  readonly hold?: boolean | undefined;
  /** Aborting ends the iteration without an error; the answer itself goes on at the proxy. */
  readonly signal?: AbortSignal | undefined;
  /** What the proxy is doing that is not in the log. */
  readonly onStatus?: ((note: StatusNote) => void) | undefined;
}

/**
 * Iterate it once. It ends when `stream.end` was taken, or when the signal aborts; the iteration throws a StreamError
 * when the proxy refuses for good. Asking for the next batch says that the one before it was applied.
 */
export class Feed implements AsyncIterable<Batch>, StreamReader {
  readonly id: string;
  readonly #connection: Connection;
  readonly #options: FeedOptions;
  readonly #buffer: TokenBuffer;
  /** The proxy said that nothing will come after what is buffered. */
  #over = false;
  #aborted = false;
  #error: StreamError | null = null;
  /** Called when something new is there, or room for more. */
  #onNews: () => void = () => {};
  #onRoom: () => void = () => {};

  /** @throws {StreamError} `invalid_request` for a cursor that is none. */
  constructor(connection: Connection, id: string, options: FeedOptions = {}) {
    this.id = id;
    this.#connection = connection;
    this.#options = options;
    this.#buffer = new TokenBuffer(parseCursor(options.after ?? "0"));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void> {
    const { signal } = this.#options;
    const abort = (): void => {
      this.#aborted = true;
      this.#onNews();
    };
    if (signal?.aborted === true) return;
    signal?.addEventListener("abort", abort);
    this.#connection.attach(this);
    try {
      for (;;) {
        if (this.#aborted) return;
        const batch = this.#buffer.take();
        if (batch !== null) {
          this.#onRoom();
          yield batch;
          this.#connection.applied(this, batch.entries.at(-1)?.seq ?? 0, batch.bytes);
          continue;
        }
        if (this.#error !== null) throw this.#error;
        if (this.#over || this.#buffer.isEnded) return;
        await new Promise<void>((resolve) => (this.#onNews = resolve));
      }
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#connection.detach(this);
      this.#onRoom();
    }
  }

  /** Drops everything and reads from the start, for a reader whose copy is wrong. */
  refetch(): void {
    this.#connection.detach(this);
    this.#over = false;
    this.restart();
    this.#connection.attach(this);
  }

  get hold(): boolean {
    return this.#options.hold === true;
  }

  get position(): Position {
    return this.#buffer.position;
  }

  accept(inc: string, entries: readonly WireEntry[], bytes: number): boolean {
    const isWhole = this.#buffer.push(inc, entries, bytes);
    this.#onNews();
    return isWhole;
  }

  room(): Promise<void> | undefined {
    return this.#buffer.isFull ? new Promise((resolve) => (this.#onRoom = resolve)) : undefined;
  }

  digestAt(seq: number, digest: number): void {
    this.#buffer.mark(seq, digest);
    this.#onNews();
  }

  status(note: StatusNote): void {
    this.#options.onStatus?.(note);
  }

  ended(): void {
    this.#over = true;
    this.#onNews();
  }

  restart(): void {
    this.#buffer.restart();
  }

  rebase(snapshot: unknown): void {
    const message: Message = decodeMessage(snapshot);
    this.#buffer.rebase(message, parseCursor(message.cursor));
    if (message.status !== "running") this.#over = true;
    this.#onNews();
  }

  fail(error: StreamError): void {
    this.#error = error;
    this.#onNews();
  }
}
