/** Notices that something on the way holds an answer back: what was written apart arrives together, after a silence as long. */
import type { WireEntry } from "../../protocol/index.ts";

/** Shorter ones are an ordinary network's, in milliseconds. */
const LATE_MS = 1_000;
/** Once may be the page itself, which slept. */
const TIMES = 2;

export class HeldBack {
  #heardAt: number;
  #isFirst = true;
  #times = 0;

  /** @param nowMs when the response's head arrived; the proxy writes the body's first bytes with it */
  constructor(nowMs: number) {
    this.#heardAt = nowMs;
  }

  /** Takes what arrived at once. True when it is sure, once; times of entries are the proxy's: only differences count. */
  arrived(entries: readonly WireEntry[], nowMs: number): boolean {
    const silenceMs = nowMs - this.#heardAt;
    const wasFirst = this.#isFirst;
    this.#heardAt = nowMs;
    this.#isFirst = false;
    const times = entries.flatMap((entry) => (entry.type === "skip" ? [] : [entry.ts]));
    const spanMs = Math.max(...times) - Math.min(...times);
    const isLate = wasFirst ? silenceMs >= LATE_MS : spanMs >= LATE_MS && silenceMs >= spanMs;
    if (isLate) this.#times += wasFirst ? TIMES : 1;
    return isLate && (this.#times === TIMES || wasFirst);
  }
}
