/** The demo provider's sense of time: when the next token is due, and what goes wrong before it. */
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import { StreamError } from "../../protocol/index.ts";
import type { DemoFault } from "./demo-directives.ts";
import { seededRandom } from "./demo-tokens.ts";
import type { ProviderTimers } from "./provider.ts";

/** Time as the demo sees it; tests bring their own. */
export interface DemoClock {
  now(): number;
  /** 0 yields to the event loop. Rejects as soon as the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface Pace {
  readonly tokensPerSecond: number;
  readonly tokensPerBatch: number;
  readonly thinkMs: number;
}

/** What may stand after `demo/`: as a hosted model feels, a slow one, and one as fast as the proxy takes it. */
const PACES: Readonly<Record<string, Pace>> = {
  tour: { tokensPerSecond: 50, tokensPerBatch: 1, thinkMs: 350 },
  slow: { tokensPerSecond: 8, tokensPerBatch: 1, thinkMs: 1_500 },
  fast: { tokensPerSecond: Infinity, tokensPerBatch: 32, thinkMs: 0 },
};
/** Tokens per second of `/fault slow`. */
const CRAWL = 3;
/** A consumer that lets us wait longer than this gets no burst to catch up. */
const MAX_LAG_MS = 250;
/** One answer's. Every wait ends with the signal. */
export class Tempo {
  readonly #clock: DemoClock;
  readonly #pace: Pace;
  readonly #faults: readonly DemoFault[];
  readonly #random: () => number;
  readonly #timers: ProviderTimers;
  readonly #signal: AbortSignal;
  readonly #msPerToken: number;
  #due: number;

  constructor(
    clock: DemoClock,
    pace: Pace,
    faults: readonly DemoFault[],
    seed: number,
    timers: ProviderTimers,
    signal: AbortSignal,
  ) {
    this.#clock = clock;
    this.#pace = pace;
    this.#faults = faults;
    this.#random = seededRandom(seed);
    this.#timers = timers;
    this.#signal = signal;
    this.#msPerToken = 1_000 / (faults.some(({ kind }) => kind === "slow") ? CRAWL : pace.tokensPerSecond);
    this.#due = clock.now();
  }

  /** The time until the first token, and the refusals that come instead of it. */
  async think(): Promise<void> {
    await this.#clock.sleep(this.#pace.thinkMs, this.#signal);
    for (const fault of this.#faults) {
      const refused = refusal(fault);
      if (refused !== null) throw refused;
    }
    this.#due = this.#clock.now();
  }

  /** What to wait for before this token; null when it may follow the one before it in the same batch. */
  beforeToken(index: number, total: number): (() => Promise<void>) | null {
    const due = this.#faults.filter(
      ({ kind, at }) => (kind === "die" || kind === "stall") && index === Math.floor((total - 1) * at),
    );
    if (due.length > 0) return () => this.#fail(due);
    if (this.#msPerToken > 0) return () => this.#nextBeat();
    return index % this.#pace.tokensPerBatch === 0 ? () => this.#sleep(0) : null;
  }

  /** Between half and one and a half of the mean, and now and then a breath, which the rest makes up for. */
  async #nextBeat(): Promise<void> {
    const breath = this.#random() < 0.02 ? 4 : 0;
    this.#due += this.#msPerToken * (0.42 + this.#random() + breath);
    const now = this.#clock.now();
    if (now - this.#due > MAX_LAG_MS) this.#due = now;
    await this.#sleep(Math.max(0, this.#due - now));
  }

  async #fail(faults: readonly DemoFault[]): Promise<void> {
    for (const { kind, ms } of faults) {
      if (kind === "die") throw hungUp();
      await this.#stall(ms);
    }
  }

  /** Silence, until it is over or the proxy's patience is. */
  async #stall(ms: number): Promise<void> {
    const patience = Math.min(this.#timers.livenessMs || Infinity, this.#timers.betweenContentMs || Infinity);
    await this.#sleep(Math.min(ms, patience));
    if (ms >= patience) throw new StreamError("idle_timeout", `The demo provider said nothing for ${patience} ms`);
    this.#due = this.#clock.now();
  }

  #sleep(ms: number): Promise<void> {
    return this.#clock.sleep(ms, this.#signal);
  }
}

/** @throws {StreamError} `provider_not_found` naming the models there are. */
export function paceOf(model: string): Pace {
  if (Object.hasOwn(PACES, model)) return PACES[model]!;
  const known = Object.keys(PACES).join(", ");
  throw new StreamError(
    "provider_not_found",
    `model: found ${JSON.stringify(model.slice(0, 40))}, expected one of ${known}`,
  );
}

function refusal({ kind, ms }: DemoFault): StreamError | null {
  if (kind === "overloaded") return new StreamError("provider_overloaded", "The demo provider is overloaded");
  if (kind === "auth") return new StreamError("provider_auth", "The demo provider refused the key");
  if (kind !== "rate-limit") return null;
  return new StreamError("provider_rate_limited", "The demo provider asks to wait", { retryAfterMs: ms });
}

export const hungUp = (): StreamError =>
  new StreamError("upstream_truncated", "The demo provider hung up in the middle of its answer");

export const systemClock: DemoClock = {
  now: () => performance.now(),
  async sleep(ms, signal) {
    if (ms > 0) return delay(ms, undefined, { signal });
    await turn(undefined, { signal });
  },
};
