/** Under load, commits that can wait begin together: one transaction, one timer and one burst of writes for many streams. */

/** How long a commit may wait now. */
export interface FlushPace {
  /** Milliseconds; 0 while there is room. */
  readonly flushMs: number;
}

/** One per process, shared by all its writers. */
export class SharedFlush {
  readonly #pace: FlushPace;
  #waiting: (() => void)[] = [];

  constructor(pace: FlushPace) {
    this.#pace = pace;
  }

  /** False while a commit begins at once. */
  get waits(): boolean {
    return this.#pace.flushMs > 0;
  }

  /** Calls `begin` with all others that wait, `flushMs` after the first of them. */
  join(begin: () => void): void {
    if (this.#waiting.push(begin) > 1) return;
    setTimeout(() => this.#beginAll(), this.#pace.flushMs);
  }

  #beginAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const begin of waiting) begin();
  }
}
