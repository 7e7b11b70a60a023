/** What is known of a target from its last answers: how soon it begins, how fast it goes on, how much it says. */

/** After so long an observation counts half, and what nobody observed since is not known any more. */
const HALF_LIFE_MS = 300_000;
/** Of the most recent observation at least this part is in the mean, so that a sudden change shows. */
const LEAST_SHARE = 0.1;

/** A mean in which the past counts less and less. */
export class DecayedMean {
  #mean = 0;
  #weight = 0;
  #at = Number.NEGATIVE_INFINITY;

  add(value: number): void {
    const now = Date.now();
    const past = Math.min(this.#weight * 0.5 ** (Math.max(0, now - this.#at) / HALF_LIFE_MS), 1 / LEAST_SHARE - 1);
    this.#mean = (this.#mean * past + value) / (past + 1);
    this.#weight = past + 1;
    this.#at = now;
  }

  /** Null before the first observation. */
  get value(): number | null {
    return this.#weight === 0 ? null : this.#mean;
  }

  /** False when the last observation is too old to judge by. */
  get isFresh(): boolean {
    return Date.now() - this.#at < HALF_LIFE_MS;
  }
}

export class Health {
  readonly firstTokenMs = new DecayedMean();
  readonly tokensPerSecond = new DecayedMean();
  /** Output tokens of a whole answer. */
  readonly answerTokens = new DecayedMean();
  /** The part of its calls that failed, from 0 to 1. */
  readonly failures = new DecayedMean();
  #triedAt = Number.NEGATIVE_INFINITY;

  tried(): void {
    this.#triedAt = Date.now();
  }

  /** Nobody asked it lately, so it may have become better than what is known of it. */
  get isUntried(): boolean {
    return Date.now() - this.#triedAt >= HALF_LIFE_MS;
  }
}
