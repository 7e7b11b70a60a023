/** Slows a stream down to `maxTokensPerSecond`: what was read is paid for with time, and nothing more is read until then. */
import type { StreamEvent } from "../../protocol/index.ts";
import { countText } from "../spend/tokens.ts";

/** Of tokens, as `countText` counts. */
const HUNDREDTHS = 100;
/** Less than this is not waited for but owed: a timer for each token would cost more than the token. */
const LEAST_WAIT_MS = 10;

export class Pace {
  readonly #msPerHundredth: number;
  readonly #now: () => number;
  /** On the clock: when all that was read may have been read. */
  #paidAt = 0;

  /** @param tokensPerSecond above 0; estimated from characters, so it holds for text of any provider */
  constructor(tokensPerSecond: number, now: () => number = () => performance.now()) {
    this.#msPerHundredth = 1_000 / tokensPerSecond / HUNDREDTHS;
    this.#now = now;
  }

  /** Counts what was read. Returns milliseconds to wait before more is read; nothing is saved up while nobody writes. */
  read(events: readonly StreamEvent[]): number {
    let hundredths = 0;
    for (const event of events) if (event.type === "delta") hundredths += countText(event.text);
    const now = this.#now();
    this.#paidAt = Math.max(now, this.#paidAt) + hundredths * this.#msPerHundredth;
    const waitMs = this.#paidAt - now;
    return waitMs < LEAST_WAIT_MS ? 0 : waitMs;
  }
}
