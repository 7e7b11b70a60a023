/** Whether a stream may begin at all: none does while the operator says so, or under too much load; those that run come to their end. */
import { StreamError } from "../../protocol/index.ts";

/** When to come back, give or take a half: who was refused together must not return together. */
const RETRY_MS = 4_000;
/** A pause lasts until somebody starts the proxy without it. */
const PAUSED_RETRY_MS = 60_000;

export interface AdmissionRules {
  readonly load: { readonly isOverloaded: boolean };
  /** The operator lets no stream begin. */
  readonly isPaused: boolean;
}

export class Admission {
  readonly #rules: AdmissionRules;
  readonly #onRefused: (code: string) => void;
  readonly #random: () => number;

  /** @param onRefused hears the code of each start that was refused, for whatever reason */
  constructor(rules: AdmissionRules, onRefused: (code: string) => void = () => {}, random: () => number = Math.random) {
    this.#rules = rules;
    this.#onRefused = onRefused;
    this.#random = random;
  }

  /** @throws {StreamError} `paused`, `capacity` with the time after which to ask again */
  check(): void {
    const { load, isPaused } = this.#rules;
    if (isPaused) throw this.#refusal("paused", "No answers begin here for now; nothing was started", PAUSED_RETRY_MS);
    if (!load.isOverloaded) return;
    throw this.#refusal("capacity", "The proxy has as much to do as it can; nothing was started", RETRY_MS);
  }

  #refusal(code: "paused" | "capacity", message: string, retryMs: number): StreamError {
    return new StreamError(code, message, { retryAfterMs: Math.round(retryMs * (0.5 + this.#random())) });
  }

  /** Returns what the start returns; a refusal is counted and passed on. */
  async counted<Started>(start: Promise<Started>): Promise<Started> {
    try {
      return await start;
    } catch (thrown) {
      this.#onRefused(StreamError.from(thrown).code);
      throw thrown;
    }
  }
}
