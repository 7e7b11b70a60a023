/** Keeps calls away from what has failed too often. cockatiel decides; here is who may ask and whose result counts. */
import { circuitBreaker, CircuitState, handleWhenResult } from "cockatiel";
import type { CircuitBreakerPolicy, IBackoff, IHalfOpenAfterBackoffContext } from "cockatiel";
import { OutcomeWindow } from "./outcome-window.ts";

export interface BreakerOptions {
  /** Failed calls within `windowMs` that open the circuit, when they are half of the latest hundred in it. @default 5 */
  readonly failures: number;
  /** @default 60000 */
  readonly windowMs: number;
  /** How long it stays open the first time; doubled with each probe that fails, up to two minutes. @default 15000 */
  readonly halfOpenAfterMs: number;
}

export const BREAKER_DEFAULTS: BreakerOptions = { failures: 5, windowMs: 60_000, halfOpenAfterMs: 15_000 };

export type CircuitPhase = "closed" | "open" | "half_open";

/** A provider that has come back is noticed within this. */
const LONGEST_OPEN_MS = 120_000;
/** A probe is decided by its first content, which is about this far away. */
const PROBE_WAIT_MS = 1_000;
/** While nobody else can be asked, one call is admitted so long after it opened or the last such call failed. */
const LAST_RESORT_MS = 2_000;

/** One call's standing with the circuit. */
export interface Admission {
  probe: boolean;
  /** Which of the circuit's closed times it belongs to: a result that comes in another one says nothing about it. */
  era: number;
}

export class Circuit {
  readonly #policy: CircuitBreakerPolicy;
  #openMs = 0;
  #openUntil = 0;
  #probing = false;
  /** When it opened, or a call out of turn failed. */
  #triedAt = 0;
  #era = 0;

  /** @param onOpen hears until when, in milliseconds since the epoch; also when a probe failed and it opens again */
  constructor(
    { failures, windowMs, halfOpenAfterMs }: BreakerOptions,
    onOpen: (openUntil: number) => void,
    onClose: () => void = () => {},
  ) {
    const longest = Math.max(LONGEST_OPEN_MS, halfOpenAfterMs);
    this.#policy = circuitBreaker(
      handleWhenResult((succeeded) => succeeded === false),
      {
        breaker: new OutcomeWindow(failures, windowMs),
        halfOpenAfter: this.#backoff((attempt) => Math.min(longest, halfOpenAfterMs * 2 ** (attempt - 1))),
      },
    );
    this.#policy.onBreak(() => {
      this.#era++;
      this.#triedAt = Date.now();
      this.#openUntil = Date.now() + this.#openMs;
      onOpen(this.#openUntil);
    });
    this.#policy.onReset(() => {
      this.#era++;
      onClose();
    });
  }

  get phase(): CircuitPhase {
    if (this.#policy.state === CircuitState.Closed) return "closed";
    return this.#policy.state === CircuitState.Open && Date.now() < this.#openUntil ? "open" : "half_open";
  }

  /** Milliseconds since the epoch; the past unless the circuit is open. */
  get openUntil(): number {
    return this.#openUntil;
  }

  /** A probe is under way, or being decided. */
  get isProbing(): boolean {
    return this.#probing;
  }

  /** Milliseconds until a call may be admitted; 0 when one may be now. */
  waitMs(): number {
    const { phase } = this;
    if (phase === "closed") return 0;
    if (phase === "open") return this.#openUntil - Date.now();
    return this.#probing ? PROBE_WAIT_MS : 0;
  }

  /**
   * The same when nobody else can be asked: then an open circuit, too, admits a call from time to time, out of turn. Who
   * came back in the meantime is found while others fail, and a dead provider is asked hardly more often.
   */
  lastResortMs(): number {
    if (this.phase !== "open" || this.#probing) return this.waitMs();
    return Math.max(0, Math.min(this.#openUntil, this.#triedAt + LAST_RESORT_MS) - Date.now());
  }

  /** For one call; only while `waitMs()` is 0, or `lastResortMs()` where nobody else can be asked. */
  admit(): Admission {
    const probe = this.phase !== "closed";
    if (probe) this.#probing = true;
    return { probe, era: this.#era };
  }

  /**
   * How a call went. A probe is decided by its first report, and counts like any other call from then on.
   * @param succeeded null when it says nothing about the provider: then a probe makes room for the next one
   */
  report(admission: Admission, succeeded: boolean | null): void {
    if (admission.probe) this.#decide(admission, succeeded);
    else if (succeeded !== null && admission.era === this.#era && this.#policy.state === CircuitState.Closed) {
      // cockatiel takes a few microtasks to count.
      void this.#policy.execute(() => succeeded);
    }
  }

  /**
   * cockatiel is told only here, when the result is known: it would make others wait for a probe, and take one that was
   * given up for a success.
   */
  #decide(admission: Admission, succeeded: boolean | null): void {
    admission.probe = false;
    admission.era = succeeded === true ? this.#era + 1 : -1;
    const release = () => {
      this.#probing = false;
    };
    // Out of turn only a success is news.
    const isStillOpen = succeeded === false && this.phase === "open";
    if (isStillOpen) this.#triedAt = Date.now();
    if (isStillOpen || succeeded === null) return release();
    if (succeeded) this.#openMs = 0;
    // It rejects when the clock was set back meanwhile; then the next probe decides.
    this.#policy.execute(() => succeeded).then(release, release);
  }

  /** cockatiel's form of how long it stays open, which can be cut short. */
  #backoff(openMs: (attempt: number) => number): IBackoff<IHalfOpenAfterBackoffContext> {
    const openFor = () => this.#openMs;
    const backoff: IBackoff<IHalfOpenAfterBackoffContext> = {
      get duration() {
        return openFor();
      },
      next: ({ attempt }: IHalfOpenAfterBackoffContext) => {
        this.#openMs = openMs(attempt);
        return backoff;
      },
    };
    return backoff;
  }
}
