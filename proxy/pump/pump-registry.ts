/** The streams this process is writing: their tails, and how to stop them. */
import { StreamError } from "../../protocol/index.ts";
import type { Answer } from "../agent/loop.ts";
import type { StreamRecord } from "../stream-log/stream-log.ts";
import type { StreamTail } from "../stream-log/tail.ts";
import { Fence } from "./fence.ts";
import { pump } from "./pump.ts";
import type { PumpOptions, PumpResumption } from "./pump.ts";

interface Running {
  readonly tail: StreamTail;
  readonly stop: AbortController;
  readonly fence: Fence;
  readonly done: Promise<void>;
}

/** What others want to know of pumps. */
export interface PumpWatch {
  /** A pump could not close its stream, which stays open in the store. */
  readonly onFailure: (tail: StreamTail, error: unknown) => void;
  /** Before the pump writes; what it returns is called when nothing is written here any more. @default nobody is told */
  readonly onStart?: (tail: StreamTail) => () => void;
}

export class PumpRegistry {
  readonly #options: Omit<PumpOptions, "tail">;
  readonly #watch: PumpWatch;
  readonly #running = new Map<string, Running>();

  constructor(options: Omit<PumpOptions, "tail">, watch: PumpWatch) {
    this.#options = options;
    this.#watch = watch;
  }

  get size(): number {
    return this.#running.size;
  }

  /** The streams this process writes. */
  get ids(): readonly string[] {
    return [...this.#running.keys()];
  }

  /** Starts pumping a stream whose `stream.start` is committed, or goes on with one that another process began. */
  start(tail: StreamTail, answer: () => Promise<Answer>, from: PumpResumption | null = null): void {
    const stop = new AbortController();
    const fence = new Fence();
    const { id } = tail.record;
    const { onFailure, onStart } = this.#watch;
    const leave = onStart?.(tail);
    const done = pump(answer, { ...this.#options, tail }, { stop, fence }, from)
      .catch((error: unknown) => {
        if (!fence.isRaised) onFailure(tail, error);
      })
      .finally(() => {
        this.#running.delete(id);
        leave?.();
      });
    this.#running.set(id, { tail, stop, fence, done });
  }

  /** Stops writing a stream and leaves it as it is, for another to go on with. Resolves when nothing is written any more. */
  async fence(id: string, why: StreamError): Promise<StreamTail | null> {
    const running = this.#running.get(id);
    if (running === undefined) return null;
    running.fence.raise(why);
    await running.done;
    return running.tail;
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

  /** Resolves when no stream is running any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ done }) => done));
  }
}
