/** How busy this process is, and what follows: how long commits wait for each other, and whether a stream may begin. */

/** What was seen since the last reading. */
export interface LoadReading {
  /** Part of the time in which the event loop had work. */
  readonly busyRatio: number;
  /** Milliseconds by which it was late, on average. */
  readonly loopDelayMs: number;
  /** Part of the largest heap there may be that is in use. */
  readonly heapRatio: number;
  /** Milliseconds from handing events to the store until they were committed, on average; 0 when nothing was. */
  readonly commitMs: number;
}

/** Below `from` a signal says nothing, from `to` on it says that there is too much. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** What harms readers of running streams: from `to` on no new ones begin. */
const PRESSURE: Readonly<Record<"loopDelayMs" | "heapRatio" | "commitMs", Range>> = {
  // Each turn late is a token late; from a quarter of a second on it is seen.
  loopDelayMs: { from: 40, to: 250 },
  // Above it the collector runs all the time, and the process may die with all its streams.
  heapRatio: { from: 0.6, to: 0.85 },
  // Nothing is shown before it is committed.
  commitMs: { from: 25, to: 250 },
};
/** A loop with work this part of the time gains from doing more of it at once, long before anybody is harmed. */
const BUSY: Range = { from: 0.6, to: 0.9 };
/** Once refused, streams begin again below this pressure: what sways about one limit would open and shut with each reading. */
const CALM_PRESSURE = 0.7;
/** Part a reading has in the pressure: four a second, so a burst of a second changes little. */
const WEIGHT = 0.2;
/** So that refusing takes two seconds of it, however bad: a stall, a burst of starts or a module that is loaded is no load. */
const MOST_PRESSURE = 1.25;

/** One per process. Read four times a second (`LoadProbe`), asked at every commit. */
export class Load {
  readonly #longestFlushMs: number;
  #flushMs = 0;
  #pressure = 0;
  #busy = 0;
  #isOverloaded = false;

  /** @param flushMs the longest that events may wait for a commit they share with others; 0 never */
  constructor(flushMs: number) {
    this.#longestFlushMs = flushMs;
  }

  /** Milliseconds that events which can wait do wait now; 0 while there is room. */
  get flushMs(): number {
    return this.#flushMs;
  }

  /** 0 while nobody is harmed; from 1 on no streams begin. */
  get pressure(): number {
    return this.#pressure;
  }

  get isOverloaded(): boolean {
    return this.#isOverloaded;
  }

  read(reading: LoadReading): void {
    const { loopDelayMs, heapRatio, commitMs } = PRESSURE;
    const pressure = Math.max(
      within(loopDelayMs, reading.loopDelayMs),
      within(heapRatio, reading.heapRatio),
      within(commitMs, reading.commitMs),
    );
    this.#pressure += WEIGHT * (Math.min(MOST_PRESSURE, pressure) - this.#pressure);
    this.#busy += WEIGHT * (within(BUSY, reading.busyRatio) - this.#busy);
    this.#isOverloaded = this.#pressure >= (this.#isOverloaded ? CALM_PRESSURE : 1);
    this.#flushMs = Math.round(Math.min(1, Math.max(this.#busy, this.#pressure)) * this.#longestFlushMs);
  }
}

/** Where a value is in a range: 0 at its start and before, 1 at its end. */
const within = ({ from, to }: Range, value: number): number => Math.max(0, (value - from) / (to - from));
