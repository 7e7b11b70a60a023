/** How far a stream may run ahead of those who watch it. Nobody watching is no reason to wait: leaving is not stopping. */

/** What of a stream's live end is looked at. */
export interface LedTail {
  readonly seq: number;
  /** Where the viewer stands who has most of it; null while nobody watches. */
  readonly furthest: number | null;
}

export class Lead {
  readonly #tail: LedTail;
  readonly #maxEvents: number;
  /** Viewers only move on, so below this nobody need be asked where they are. */
  #checkAt: number;

  constructor(tail: LedTail, maxEvents: number) {
    this.#tail = tail;
    this.#maxEvents = maxEvents;
    this.#checkAt = tail.seq + maxEvents + 1;
  }

  /** True while the tail is more than so many events ahead of the furthest viewer. One comparison when it is not near. */
  get isTooFar(): boolean {
    const { seq } = this.#tail;
    if (seq < this.#checkAt) return false;
    const furthest = this.#tail.furthest ?? seq;
    this.#checkAt = Math.min(furthest, seq) + this.#maxEvents + 1;
    return seq >= this.#checkAt;
  }
}
