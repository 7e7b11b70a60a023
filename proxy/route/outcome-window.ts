/** When a circuit opens: enough calls of the last moments failed, and at least half of all of them. */
import { CircuitState } from "cockatiel";
import type { IBreaker } from "cockatiel";

/** A window moves on in steps of a tenth of it, so its memory does not grow with the calls. */
const SLOTS = 10;

interface Slot {
  /** Number of the slot since the epoch. */
  at: number;
  calls: number;
  failures: number;
}

export class OutcomeWindow implements IBreaker {
  /** cockatiel's way to keep a breaker over a restart; ours begins anew. */
  state: unknown = null;
  readonly #failures: number;
  readonly #slotMs: number;
  #slots: Slot[] = [];

  /** @param failures so many within `windowMs`, and half of all calls, open the circuit */
  constructor(failures: number, windowMs: number) {
    this.#failures = failures;
    this.#slotMs = windowMs / SLOTS;
  }

  success(state: CircuitState): void {
    // A probe's success closes the circuit: what came before is over.
    if (state === CircuitState.HalfOpen) this.#slots = [];
    else this.#slot().calls++;
  }

  /** True when the circuit shall open. */
  failure(state: CircuitState): boolean {
    if (state === CircuitState.HalfOpen) this.#slots = [];
    const slot = this.#slot();
    slot.calls++;
    slot.failures++;
    const calls = this.#slots.reduce((sum, one) => sum + one.calls, 0);
    const failures = this.#slots.reduce((sum, one) => sum + one.failures, 0);
    return failures >= this.#failures && failures * 2 >= calls;
  }

  /** The present slot; those that left the window are dropped. */
  #slot(): Slot {
    const at = Math.floor(Date.now() / this.#slotMs);
    this.#slots = this.#slots.filter((slot) => slot.at > at - SLOTS && slot.at <= at);
    const last = this.#slots.at(-1);
    if (last?.at === at) return last;
    const slot = { at, calls: 0, failures: 0 };
    this.#slots.push(slot);
    return slot;
  }
}
