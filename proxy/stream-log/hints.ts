/** What replicas tell each other for a while, by name. */

/** Names kept at most: those that end first make room. A deployment has some dozens of circuits. */
const MOST_HINTS = 1_000;

export class Hints {
  readonly #until = new Map<string, number>();

  /** `untilMs` in milliseconds since the epoch. */
  add(name: string, untilMs: number): void {
    this.#until.set(name, untilMs);
    if (this.#until.size <= MOST_HINTS) return;
    this.#dropPassed();
    const soonest = [...this.#until].sort(([, one], [, other]) => one - other);
    for (const [first] of soonest.slice(0, Math.max(0, this.#until.size - MOST_HINTS))) this.#until.delete(first);
  }

  now(): ReadonlyMap<string, number> {
    this.#dropPassed();
    return new Map(this.#until);
  }

  #dropPassed(): void {
    const now = Date.now();
    for (const [name, until] of this.#until) if (until <= now) this.#until.delete(name);
  }
}
