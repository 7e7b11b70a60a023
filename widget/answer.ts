/** One answer being read: its states as they come, and the message it ends as. */
import { formatCursor, parseCursor, StreamError } from "../protocol/index.ts";
import type { Message, Started, WireEntry } from "../protocol/index.ts";
import type { Client } from "./client.ts";
import type { PageTools } from "./page-tools.ts";
import { readMessage } from "./read-message.ts";
import { toolLedger } from "./tool-ledger.ts";
import { ToolRunner } from "./tool-runner.ts";

export interface AnswerOptions {
  /** Called with each piece of visible text as it arrives. A promise is waited for, and so paces the reading. */
  readonly onToken?: ((text: string) => unknown) | undefined;
  /** Declared with the start; calls of them are run here, once each, while the answer is read. */
  readonly tools?: PageTools | undefined;
  /** Called with each state of the message; a promise is waited for. */
  readonly onMessage?: ((message: Message) => unknown) | undefined;
  /**
   * For what cannot take anything back, as a pipe: text comes once it can be voided no more, so what was given is never
   * begun again. @default false
   */
  readonly hold?: boolean | undefined;
  /** Aborting stops reading, not the answer: that is `client.cancel(id)`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads by itself from the moment it is made. Iterating gives the latest state each time one is asked for, so a slow
 * consumer skips some; the last one given is the final message.
 */
export class Answer implements AsyncIterable<Message> {
  /** Resolves once the proxy took the request. */
  readonly started: Promise<Started>;
  /** The final message, whatever its status; rejects when reading failed or was aborted. */
  readonly done: Promise<Message>;
  #latest: Message | null = null;
  #news = Promise.withResolvers<void>();

  constructor(client: Client, start: () => Promise<Started>, options: AnswerOptions) {
    this.started = start();
    this.done = this.#read(client, options).finally(() => this.#news.resolve());
    // Who only iterates learns of a failure there.
    this.done.catch(() => {});
    this.started.catch(() => {});
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message, Message> {
    let given: Message | null = null;
    const over = this.done.then(
      () => true,
      () => true,
    );
    for (let isOver = false; !isOver;) {
      isOver = (await Promise.race([over, this.#news.promise])) === true;
      if (this.#latest !== null && this.#latest !== given) yield (given = this.#latest);
    }
    return this.done;
  }

  async #read(client: Client, options: AnswerOptions): Promise<Message> {
    const { tools } = options;
    if (tools === undefined) return this.#follow(client, options);
    let fail: (error: StreamError) => void = () => {};
    const failed = new Promise<never>((_resolve, reject) => (fail = reject));
    const runner = new ToolRunner({ client, tools: () => tools, onFailure: (error) => fail(error) });
    try {
      toolLedger.add((await this.started).id);
      return await Promise.race([this.#follow(client, options, runner), failed]);
    } finally {
      runner.close();
    }
  }

  async #follow(client: Client, options: AnswerOptions, runner?: ToolRunner): Promise<Message> {
    const { onToken, onMessage, hold, signal } = options;
    const { id, cursor } = await this.started;
    const { inc } = parseCursor(cursor);
    const feed = client.follow(id, { after: inc === null ? "0" : formatCursor(inc, 0), hold, signal });
    for await (const { message, entries } of readMessage(feed)) {
      this.#latest = message;
      if (onToken !== undefined) for (const entry of entries) if (isVisible(entry)) await onToken(entry.text);
      runner?.follow(message);
      await onMessage?.(message);
      this.#news.resolve();
      this.#news = Promise.withResolvers();
    }
    signal?.throwIfAborted();
    if (this.#latest?.end === undefined) throw new StreamError("internal", `Stream "${id}" is over without its end`);
    return this.#latest;
  }
}

const isVisible = (entry: WireEntry): entry is WireEntry & { type: "delta" } =>
  entry.type === "delta" && entry.kind === "text";
