/** Work that is done again and again: each round begins so many milliseconds after the one before has ended. */
export class Rounds {
  readonly #work: () => Promise<number>;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | null = null;
  #stopped = false;

  /** @param work must not reject; resolves to the milliseconds until the next round */
  constructor(work: () => Promise<number>, firstMs: number) {
    this.#work = work;
    this.#arm(firstMs);
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
      this.#round = this.#work().then((nextMs) => this.#arm(nextMs));
    }, ms).unref();
  }
}
