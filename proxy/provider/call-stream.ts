/** The batches of one call, pulled one after another: a generator by hand, since every read of every stream comes through here. */
import type { StreamError } from "../../protocol/index.ts";
import type { BodyReader } from "./body-reader.ts";
import type { ProviderEvent } from "./provider.ts";
import type { RawBody } from "./raw-body.ts";
import type { ReadWatch } from "./read-watch.ts";

type Batch = readonly ProviderEvent[];
type Result = IteratorResult<Batch, void>;

/** A body that is an answer. */
export interface OpenedCall {
  readonly body: RawBody;
  readonly reader: Pick<BodyReader<never>, "over" | "failure" | "read">;
  readonly watch: ReadWatch;
}

export interface CallSteps {
  /** Sends the request. */
  open(): Promise<OpenedCall>;
  /** What a failure is reported as. `reading`: the answer had begun. */
  failed(thrown: unknown, reading: boolean): StreamError;
  /** Called once, when it is over: why it failed, or null when it ended or its reader left. */
  over(failure: StreamError | null): void;
}

const DONE: IteratorReturnResult<void> = { done: true, value: undefined };

/**
 * As an async generator, for one consumer with one `next()` at a time. It hands a read on in two turns of the microtask
 * queue and one promise; a generator takes four of each.
 */
export class CallStream implements AsyncGenerator<Batch, void> {
  readonly #begin: () => CallSteps;
  #steps: CallSteps | null = null;
  #opened: OpenedCall | null = null;
  #isOver = false;
  /** Who waits for the next batch. What is handed over is not kept here: it may be most of what an idle stream holds. */
  #asked: PromiseWithResolvers<Result> | null = null;

  /** @param begin called by the first `next()`; when it throws, nothing has begun */
  constructor(begin: () => CallSteps) {
    this.#begin = begin;
  }

  next(): Promise<Result> {
    if (this.#isOver) return Promise.resolve(DONE);
    const asked = (this.#asked = Promise.withResolvers<Result>());
    if (this.#opened === null) void this.#open();
    else if (this.#opened.reader.over) this.#finish();
    else this.#goOn(this.#opened);
    return asked.promise;
  }

  /** Closes the provider's socket, once a `next()` under way has had its answer. */
  async return(): Promise<IteratorReturnResult<void>> {
    await this.#asked?.promise.catch(() => {});
    this.#end(null);
    return DONE;
  }

  async throw(thrown: unknown): Promise<Result> {
    await this.return();
    throw thrown;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #open(): Promise<void> {
    try {
      this.#steps = this.#begin();
      this.#opened = await this.#steps.open();
      this.#opened.body.whenReady(this.#read);
    } catch (thrown) {
      this.#answer().reject(this.#fail(thrown));
    }
  }

  #goOn({ body, watch }: OpenedCall): void {
    watch.goOn();
    body.whenReady(this.#read);
  }

  readonly #read = (): void => {
    const { body, reader, watch } = this.#opened!;
    const value = reader.read();
    if (value.length > 0) {
      watch.hold();
      this.#answer().resolve({ done: false, value });
    } else if (reader.over) {
      this.#finish();
    } else {
      body.whenReady(this.#read);
    }
  };

  #finish(): void {
    const { body, reader, watch } = this.#opened!;
    if (reader.failure !== null) return this.#answer().reject(this.#fail(reader.failure));
    watch.stop();
    body.release();
    this.#opened = null;
    this.#end(null);
    this.#answer().resolve(DONE);
  }

  #answer(): PromiseWithResolvers<Result> {
    const asked = this.#asked!;
    this.#asked = null;
    return asked;
  }

  #fail(thrown: unknown): unknown {
    if (this.#steps === null) {
      this.#isOver = true;
      return thrown;
    }
    const failure = this.#steps.failed(thrown, this.#opened !== null);
    this.#end(failure);
    return failure;
  }

  #end(failure: StreamError | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#opened?.watch.stop();
    this.#opened?.body.destroy(new Error("The reader left"));
    this.#steps?.over(failure);
  }
}
