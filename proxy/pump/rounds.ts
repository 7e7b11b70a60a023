/** Work that is done again and again: each round begins so many milliseconds after the one before has ended. */
export class Rounds {
  readonly #work: () => Promise<number>;
  #isAsked = false;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | null = null;
  #stopped = false;

  /** @param work must not reject; resolves to the milliseconds until the next round */
  constructor(work: () => Promise<number>, firstMs: number) {
    this.#work = work;
    this.#arm(firstMs);
  }

  /** Begins a round now, or once more after the one under way. */
  ask(): void {
    this.#isAsked = true;
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#arm(0);
  }

  /** Resolves when the round under way has ended; no other begins. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#round;
  }

  #arm(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#isAsked = false;
      this.#round = this.#work().then((nextMs) => this.#arm(this.#isAsked ? 0 : nextMs));
    }, ms).unref();
  }
}
