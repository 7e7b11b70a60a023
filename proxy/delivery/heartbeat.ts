/** One timer for all connections: each is beaten once an interval, spread over it so that beats never come at once. */

/** Slots an interval is divided into. */
const SLOTS = 30;

export class Heartbeat {
  readonly #slots: Set<() => void>[] = Array.from({ length: SLOTS }, () => new Set());
  readonly #timer: NodeJS.Timeout;
  #now = 0;

  /** Calls every beat once in `intervalMs`. */
  constructor(intervalMs: number) {
    this.#timer = setInterval(() => this.#tick(), intervalMs / SLOTS).unref();
  }

  /** Begins a full interval from now; returns how to stop. */
  add(beat: () => void): () => void {
    const slot = this.#slots[this.#now]!;
    slot.add(beat);
    return () => slot.delete(beat);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    this.#now = (this.#now + 1) % SLOTS;
    for (const beat of [...this.#slots[this.#now]!]) beat();
  }
}
