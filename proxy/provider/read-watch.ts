/** The clocks of one response: how long it may stay silent, and how long without content. One timer serves all. */
import { StreamError } from "../../protocol/index.ts";
import type { ProviderTimers } from "./provider.ts";

/** After the answer is complete only its usage can follow, and that comes at once or not at all. */
const TAIL_MS = 5_000;

/**
 * Content feeds the content clocks, any byte feeds the liveness clock. All clocks stand still while the consumer
 * holds the reader: a slow consumer is not a silent provider.
 */
export class ReadWatch {
  readonly #timers: ProviderTimers;
  readonly #onLate: (error: StreamError) => void;
  readonly #now: () => number;
  #startedAt: number;
  #byteAt: number;
  /** Null until the first content. */
  #contentAt: number | null = null;
  /** When the answer became complete; from then on only the tail is waited for. */
  #completeAt: number | null = null;
  #heldAt: number | null = null;
  #timer: NodeJS.Timeout | undefined;

  /** @param startedAt when the request was sent, on the clock `now` */
  constructor(
    timers: ProviderTimers,
    startedAt: number,
    onLate: (error: StreamError) => void,
    now: () => number = performanceNow,
  ) {
    this.#timers = timers;
    this.#onLate = onLate;
    this.#now = now;
    this.#startedAt = startedAt;
    this.#byteAt = now();
    this.#arm();
  }

  /** Bytes came. */
  read(content: boolean, complete: boolean): void {
    const now = this.#now();
    this.#byteAt = now;
    if (content) this.#contentAt = now;
    if (complete && this.#completeAt === null) {
      this.#completeAt = now;
      this.#arm();
    }
  }

  /** The consumer has what came last. */
  hold(): void {
    this.#heldAt = this.#byteAt;
  }

  goOn(): void {
    if (this.#heldAt === null) return;
    const held = this.#now() - this.#heldAt;
    this.#heldAt = null;
    this.#startedAt += held;
    this.#byteAt += held;
    if (this.#contentAt !== null) this.#contentAt += held;
    if (this.#completeAt !== null) this.#completeAt += held;
    if (this.#timer === undefined) this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** The timer is not reset by reads: it fires, looks at the noted times, and sleeps again. */
  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#heldAt !== null) return;
    const { at, error } = this.#nearest();
    const leftMs = at - this.#now();
    if (leftMs <= 0) return this.#onLate(error());
    // Never past the shortest clock: content may set it while the timer sleeps.
    const { livenessMs, betweenContentMs } = this.#timers;
    const sleepMs = Math.min(leftMs, livenessMs || Infinity, betweenContentMs || Infinity);
    if (sleepMs < Infinity) this.#timer = setTimeout(() => this.#arm(), Math.ceil(sleepMs));
  }

  #nearest(): { at: number; error: () => StreamError } {
    if (this.#completeAt !== null) return { at: this.#completeAt + TAIL_MS, error: () => silent(TAIL_MS) };
    const { firstContentMs, livenessMs, betweenContentMs } = this.#timers;
    const alive = livenessMs > 0 ? this.#byteAt + livenessMs : Infinity;
    const content =
      this.#contentAt === null
        ? firstContentMs > 0
          ? this.#startedAt + firstContentMs
          : Infinity
        : betweenContentMs > 0
          ? this.#contentAt + betweenContentMs
          : Infinity;
    if (alive <= content) return { at: alive, error: () => silent(livenessMs) };
    return {
      at: content,
      error: () => (this.#contentAt === null ? noContent(firstContentMs) : stuck(betweenContentMs)),
    };
  }
}

const performanceNow = (): number => performance.now();

const silent = (ms: number): StreamError => new StreamError("idle_timeout", `The provider sent nothing for ${ms} ms`);
const stuck = (ms: number): StreamError => new StreamError("idle_timeout", `The provider sent no content for ${ms} ms`);
const noContent = (ms: number): StreamError =>
  new StreamError("first_token_timeout", `The provider sent no content within ${ms} ms`);
