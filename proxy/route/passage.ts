/** One attempt's leave, and what is learnt from how it goes: for the circuit, the key, the target's health. */
import type { ErrorCode } from "../../protocol/index.ts";
import type { ProviderKey } from "../provider/key-ring.ts";
import type { Admission } from "./circuit.ts";
import type { Lane } from "./lane.ts";
import type { Lanes } from "./lanes.ts";
import type { Outcome, Passage } from "./route.ts";
import type { Target } from "./target.ts";

/** What users feel. A refusal, a limit or an error of the request says nothing about a provider's health. */
const COUNTED: ReadonlySet<ErrorCode> = new Set([
  "provider_overloaded",
  "provider_error",
  "connect_timeout",
  "first_token_timeout",
  "idle_timeout",
  "upstream_truncated",
  "upstream_protocol",
]);

/** A speed is told only by an answer of some length: a short one comes in one piece. */
const LEAST_SPEED_TOKENS = 10;
const LEAST_SPEED_MS = 50;

/** Of no era, so that its results count for nothing. */
const OUTSIDE: Admission = { probe: false, era: -1 };

export interface PassagePlan {
  readonly target: Target;
  readonly lane: Lane;
  readonly note: Passage["note"];
  /** Later content counts as a failure. */
  readonly lateAfterMs: number | undefined;
}

/** @param hasSpoken some of the answer was shown */
export type PassageEnd = (outcome: Outcome, hasSpoken: boolean) => void;

export class OpenPassage implements Passage {
  readonly target: Target;
  readonly key: ProviderKey | null;
  readonly note: Passage["note"];
  readonly #plan: PassagePlan;
  readonly #lanes: Lanes;
  readonly #onEnd: PassageEnd;
  readonly #admission: Admission;
  readonly #isAgain: boolean;
  readonly #startedAt = Date.now();
  #hasSpoken = false;
  #contentAt: number | null = null;
  #slow = false;
  #ended = false;

  /** Begins the attempt. @param onEnd hears how it ended, once @param isAgain an answer is taken up, not begun */
  constructor(plan: PassagePlan, lanes: Lanes, onEnd: PassageEnd, isAgain = false) {
    this.target = plan.target;
    this.key = plan.lane.key;
    this.note = plan.note;
    this.#plan = plan;
    this.#lanes = lanes;
    this.#onEnd = onEnd;
    this.#isAgain = isAgain;
    this.#admission = isAgain ? { ...OUTSIDE } : plan.lane.circuit.admit();
    plan.lane.health.tried();
    lanes.begun(plan.target.provider.name);
  }

  firstContent(): void {
    if (this.#ended) return;
    this.#hasSpoken = true;
    if (this.#isAgain || this.#contentAt !== null) return;
    const { lane, lateAfterMs } = this.#plan;
    this.#contentAt = Date.now();
    const ms = Math.max(0, this.#contentAt - this.#startedAt);
    this.#slow = lateAfterMs !== undefined && ms > lateAfterMs;
    lane.health.firstTokenMs.add(ms);
    // A long answer shall not keep others out.
    if (this.#admission.probe) lane.circuit.report(this.#admission, !this.#slow);
  }

  end(outcome: Outcome): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#lanes.ended(this.target.provider.name);
    const verdict = this.#verdict(outcome);
    this.#plan.lane.circuit.report(this.#admission, verdict);
    if (verdict !== null) this.#plan.lane.health.failures.add(verdict ? 0 : 1);
    this.#learnSpeed(outcome);
    if (outcome.error === null) this.#plan.lane.rest.succeeded();
    else this.#plan.lane.rest.failed(outcome.error);
    this.#onEnd(outcome, this.#hasSpoken);
  }

  again(): Passage {
    return new OpenPassage(this.#plan, this.#lanes, this.#onEnd, true);
  }

  #verdict({ error }: Outcome): boolean | null {
    if (error === null) return !this.#slow;
    return COUNTED.has(error.code) ? false : null;
  }

  #learnSpeed({ error, outputTokens, isCut = false }: Outcome): void {
    const { health } = this.#plan.lane;
    const now = Date.now();
    if (this.#isAgain) return;
    if (this.#contentAt === null) {
      const waitedMs = Math.max(0, now - this.#startedAt);
      // As slow as it was waited for, at least: of one that was stopped or overtaken, news only if it is slower than known.
      const isSlower =
        error?.code === "cancelled" && waitedMs > (health.firstTokenMs.value ?? Number.POSITIVE_INFINITY);
      if (isSlower || error?.code === "first_token_timeout") health.firstTokenMs.add(waitedMs);
      return;
    }
    const ms = now - this.#contentAt;
    if (outputTokens >= LEAST_SPEED_TOKENS && ms >= LEAST_SPEED_MS) {
      health.tokensPerSecond.add((outputTokens / ms) * 1_000);
    }
    if (error !== null || outputTokens === 0 || isCut) return;
    health.answerTokens.add(outputTokens);
    this.#lanes.answerTokens.add(outputTokens);
  }
}
