/** How long a stream may take. The clock stands still while a person or a page is waited for: that has its own bound. */

export class StreamClock {
  readonly #onDue: () => void;
  #leftMs: number;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #waits = 0;

  /** Runs at once. `onDue` is called once `ms` have passed, unless it was stopped before. */
  constructor(ms: number, onDue: () => void) {
    this.#leftMs = ms;
    this.#onDue = onDue;
    this.#run();
  }

  /** Waits with the clock standing still. */
  async without<Result>(waiting: Promise<Result>): Promise<Result> {
    if (this.#waits++ === 0) {
      clearTimeout(this.#timer);
      this.#leftMs -= performance.now() - this.#startedAt;
    }
    try {
      return await waiting;
    } finally {
      if (--this.#waits === 0) this.#run();
    }
  }

  /** For good. */
  stop(): void {
    this.#waits = Infinity;
    clearTimeout(this.#timer);
  }

  #run(): void {
    this.#startedAt = performance.now();
    this.#timer = setTimeout(this.#onDue, Math.max(0, this.#leftMs));
  }
}
