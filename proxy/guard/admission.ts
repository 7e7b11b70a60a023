/** Whether a stream may begin at all: under too much load none does, so that those that run come to their end. */
import { StreamError } from "../../protocol/index.ts";

/** When to come back, give or take a half: who was refused together must not return together. */
const RETRY_MS = 4_000;

export class Admission {
  readonly #load: { readonly isOverloaded: boolean };
  readonly #onRefused: (code: string) => void;
  readonly #random: () => number;

  /** @param onRefused hears the code of each start that was refused, for whatever reason */
  constructor(
    load: { readonly isOverloaded: boolean },
    onRefused: (code: string) => void = () => {},
    random: () => number = Math.random,
  ) {
    this.#load = load;
    this.#onRefused = onRefused;
    this.#random = random;
  }

  /** @throws {StreamError} `capacity` with the time after which to ask again */
  check(): void {
    if (!this.#load.isOverloaded) return;
    throw new StreamError("capacity", "The proxy has as much to do as it can; nothing was started", {
      retryAfterMs: Math.round(RETRY_MS * (0.5 + this.#random())),
    });
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
