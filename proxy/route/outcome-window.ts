/** When a circuit opens: enough calls of the last moments failed, and at least half of the latest ones. */
import { CircuitState } from "cockatiel";
import type { IBreaker } from "cockatiel";

/** Enough to tell half from chance; under load a second of failures outweighs a minute of answers before it. */
const LATEST = 100;

interface CallOutcome {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly failed: boolean;
}

export class OutcomeWindow implements IBreaker {
  /** cockatiel's way to keep a breaker over a restart; ours begins anew. */
  state: unknown = null;
  readonly #failures: number;
  readonly #windowMs: number;
  readonly #latest: number;
  #outcomes: CallOutcome[] = [];

  /** @param failures so many within `windowMs`, if they are half of the latest hundred calls in it, open the circuit */
  constructor(failures: number, windowMs: number) {
    this.#failures = failures;
    this.#windowMs = windowMs;
    this.#latest = Math.max(LATEST, failures * 2);
  }

  success(state: CircuitState): void {
    // A probe's success closes the circuit: what came before is over.
    if (state === CircuitState.HalfOpen) this.#outcomes = [];
    else this.#add(false);
  }

  /** True when the circuit shall open. */
  failure(state: CircuitState): boolean {
    if (state === CircuitState.HalfOpen) this.#outcomes = [];
    this.#add(true);
    const failures = this.#outcomes.filter(({ failed }) => failed).length;
    return failures >= this.#failures && failures * 2 >= this.#outcomes.length;
  }

  #add(failed: boolean): void {
    const now = Date.now();
    this.#outcomes.push({ at: now, failed });
    const first = this.#outcomes.findIndex(({ at }) => now - at < this.#windowMs);
    this.#outcomes = this.#outcomes.slice(Math.max(first, this.#outcomes.length - this.#latest));
  }
}
