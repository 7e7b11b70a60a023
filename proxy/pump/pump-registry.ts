/** The streams this process is writing: their tails, and how to stop them. */
import { StreamError } from "../../protocol/index.ts";
import type { Answer } from "../agent/loop.ts";
import type { StreamRecord } from "../stream-log/stream-log.ts";
import type { StreamTail } from "../stream-log/tail.ts";
import { pump } from "./pump.ts";
import type { PumpOptions } from "./pump.ts";

interface Running {
  readonly tail: StreamTail;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

export class PumpRegistry {
  readonly #options: Omit<PumpOptions, "tail">;
  readonly #onFailure: (stream: string, error: unknown) => void;
  readonly #onStart: (tail: StreamTail) => void;
  readonly #running = new Map<string, Running>();

  /**
   * `onFailure` hears of a pump that could not close its stream; the stream stays open in the store. `onStart` gets each
   * tail before its pump writes.
   */
  constructor(
    options: Omit<PumpOptions, "tail">,
    onFailure: (stream: string, error: unknown) => void,
    onStart: (tail: StreamTail) => void = () => {},
  ) {
    this.#options = options;
    this.#onFailure = onFailure;
    this.#onStart = onStart;
  }

  get size(): number {
    return this.#running.size;
  }

  /** Starts pumping a stream whose `stream.start` is committed. */
  start(tail: StreamTail, answer: () => Promise<Answer>): void {
    const stop = new AbortController();
    const { id } = tail.record;
    this.#onStart(tail);
    const done = pump(answer, { ...this.#options, tail }, stop.signal)
      .catch((error: unknown) => this.#onFailure(id, error))
      .finally(() => this.#running.delete(id));
    this.#running.set(id, { tail, stop, done });
  }

  /** The live end of a stream, while this process writes it. */
  tail(record: Pick<StreamRecord, "id">): StreamTail | null {
    return this.#running.get(record.id)?.tail ?? null;
  }

  /** Aborts the provider's call; resolves when `stream.end` is committed. False when the stream is not running here. */
  async cancel(id: string): Promise<boolean> {
    const running = this.#running.get(id);
    if (running === undefined) return false;
    running.stop.abort(new StreamError("cancelled", "The answer was stopped"));
    await running.done;
    return true;
  }

  /** Resolves when the stream is not running here any more; whoever waits is watching. */
  async done(id: string): Promise<void> {
    const running = this.#running.get(id);
    const leave = running?.tail.watch();
    await running?.done;
    leave?.();
  }

  /** Resolves when no stream is running any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  /** Ends what still runs as interrupted: the process is about to go. */
  async stopAll(reason: StreamError): Promise<void> {
    for (const { stop } of this.#running.values()) stop.abort(reason);
    await this.idle();
  }
}
