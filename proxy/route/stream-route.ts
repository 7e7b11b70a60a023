/** The way of one stream's attempts: which target with which key is asked next, and after how long. */
import type { StreamError } from "../../protocol/index.ts";
import type { DecayedMean } from "./health.ts";
import type { Lane } from "./lane.ts";
import type { Lanes } from "./lanes.ts";
import { OpenPassage } from "./passage.ts";
import type { PassageEnd } from "./passage.ts";
import { Place } from "./place.ts";
import { drawn, ranked, withFirst } from "./ranking.ts";
import type { Prospect, Ranked, Strategy } from "./ranking.ts";
import { actedBefore, refusedError, seconds, tooDear, unfit } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";
import { retryDelay, waitDelay } from "./retry.ts";
import type { NextPlace, RetryBudget, RetrySpent } from "./retry.ts";
import type { Failure, Need, Outcome, Passage, Route } from "./route.ts";
import type { Target } from "./target.ts";

export interface RoutePlan {
  /** In the order of the configuration; never empty. */
  readonly targets: readonly Target[];
  readonly strategy: Strategy;
  /** Of this stream: who is known to keep within them is asked first. */
  readonly limits: { readonly maxFirstTokenMs?: number | undefined; readonly maxCostUsd?: number | undefined };
  /**
   * Milliseconds after which first content counts as a failure of its target, for all streams: the operator's to say,
   * never a page's. @default no time does
   */
  readonly lateAfterMs?: number | undefined;
  /** Of the whole stream, over all its steps. */
  readonly budget: RetryBudget;
  /** Attempts that followed a failure before this process took the stream over. @default none */
  readonly spent?: { readonly attempts: number; readonly afterContent: number };
}

/** Of the streams that could go to the fastest target, so many go elsewhere to see whether it still is. */
const EXPLORED = 0.05;
/** In tenths: so many of its calls fail that others are given a chance although their circuits are open. */
const SHAKY = 2;
/** The risk of a call that would be the first after an outage: above all that is known. */
const UNKNOWN = 11;
/** An answer nobody has any experience with. */
const USUAL_ANSWER_TOKENS = 400;

/** A target in its rank, and what speaks against it. */
interface Candidate {
  readonly place: Place;
  readonly rank: Ranked;
  /** Its place in the ranking, from 0. */
  readonly at: number;
  /** Lanes that admit a call; none when it is refused. */
  readonly lanes: readonly Lane[];
  readonly refusal: Refusal | null;
  /** Milliseconds to its first token when that is known to be more than asked for, else 0. */
  readonly slowMs: number;
  /** Other replicas found it out of order. */
  readonly hinted: boolean;
  /** The part of its calls that failed lately, in tenths, or `UNKNOWN`. */
  readonly risk: number;
}

interface Choice {
  readonly candidate: Candidate;
  readonly note: Passage["note"];
}

interface First {
  readonly index: number;
  readonly by: "weight" | "explore";
  readonly why: string;
}

const NO_NEED: Need = { inputTokens: 0, outputTokens: undefined, images: false, tools: false };

export class StreamRoute implements Route {
  readonly #plan: RoutePlan;
  readonly #lanes: Lanes;
  readonly #random: () => number;
  readonly #places: readonly Place[];
  /** Asked first, once: drawn by weight, or to see how it does. */
  readonly #first: First | null;
  #spent: RetrySpent;
  #need: Need = NO_NEED;
  #latest: Passage | null = null;
  /** The latest failed attempt had shown something itself. */
  #brokeOff = false;
  /** What `take` last said when nobody could be asked. */
  #refusal: StreamError | null = null;
  /** A failed attempt of the step may have acted. */
  #acted = false;
  /** The step has shown content: what follows may be its last attempt, and goes where it is safest. */
  #shown = false;
  /** Answered the last step: it has the conversation in its cache, and can read its own thinking. */
  #sticky: number | null = null;

  constructor(plan: RoutePlan, lanes: Lanes, random: () => number) {
    this.#plan = plan;
    this.#lanes = lanes;
    this.#random = random;
    this.#spent = { attempts: 0, afterContent: 0, ...plan.spent, waitedMs: 0 };
    this.#places = plan.targets.map((target, index) => new Place(index, target));
    this.#first = drawnFirst(plan, random);
  }

  take(need: Need, beside?: Passage): Passage | StreamError {
    this.#need = need;
    const choice = this.#choose(need, beside);
    if (!("note" in choice)) {
      const refusal = refusedError(choice);
      if (beside === undefined) this.#refusal = refusal;
      return refusal;
    }
    const { candidate, note } = choice;
    const { place } = candidate;
    const { lateAfterMs } = this.#plan;
    const plan = { target: place.target, lane: this.#turn(candidate), note, lateAfterMs };
    const onEnd: PassageEnd = (outcome, hasSpoken) => this.#ended(place, plan.lane, outcome, hasSpoken);
    this.#latest = new OpenPassage(plan, this.#lanes, onEnd);
    return this.#latest;
  }

  retry(failure: Failure): number | null {
    const { code } = failure.error;
    if (failure.error === this.#refusal) return this.#wait(failure.error);
    this.#shown = failure.content;
    this.#acted ||= failure.acted === true;
    // A failure before a word costs the reader only time. That this proxy died in mid-answer is no provider's failure.
    const content = failure.content && this.#brokeOff && code !== "orphaned";
    const delayMs = retryDelay({ ...failure, content }, this.#plan.budget, this.#spent, this.#next(), this.#random());
    if (delayMs === null) return null;
    const { attempts, afterContent, waitedMs } = this.#spent;
    this.#spent = {
      attempts: attempts + 1,
      afterContent: afterContent + (content ? 1 : 0),
      waitedMs: waitedMs + delayMs,
    };
    return delayMs;
  }

  #wait(refusal: StreamError): number | null {
    const { waitedMs } = this.#spent;
    const begun = this.#latest !== null || this.#plan.spent !== undefined;
    const soonest = { code: refusal.code, retryAfterMs: this.#next()?.waitMs };
    const delayMs = waitDelay(soonest, begun, waitedMs, this.#random());
    if (delayMs !== null) this.#spent = { ...this.#spent, waitedMs: waitedMs + delayMs };
    return delayMs;
  }

  /** Where `take` would go, or how soon it may. */
  #next(): NextPlace | null {
    const choice = this.#choose(this.#need);
    if ("note" in choice) return { waitMs: 0, failures: choice.candidate.place.failures };
    const last = this.#among(this.#candidates(this.#need, true));
    const waits = "note" in last ? [0] : last.flatMap(({ waitMs }) => (waitMs === null ? [] : [waitMs]));
    return waits.length === 0 ? null : { waitMs: Math.max(1, Math.min(...waits)), failures: 0 };
  }

  /** The first target nothing speaks against, or what speaks against each. Changes nothing. */
  #choose(need: Need, beside?: Passage): Choice | readonly Refusal[] {
    const candidates = this.#candidates(need, false).filter(({ place }) => place.target !== beside?.target);
    const choice = this.#among(candidates);
    // A hedge is no last resort.
    const isSound = "note" in choice && !this.#isShaky(choice.candidate);
    return isSound || beside !== undefined ? choice : this.#outOfTurn(need, choice);
  }

  /** A stream that has nothing to lose may as well see whether somebody else has come back. */
  #isShaky({ risk, rank }: Candidate): boolean {
    return risk >= SHAKY && risk !== UNKNOWN && !this.#shown && rank.by !== "sticky";
  }

  /** A target whose circuit is open but admits a call when no other is any good, else what would have been chosen. */
  #outOfTurn(need: Need, usual: Choice | readonly Refusal[]): Choice | readonly Refusal[] {
    const isUsual = "note" in usual;
    const candidates = this.#candidates(need, true);
    const untold = ({ risk, place }: Candidate) => !isUsual || (risk === UNKNOWN && place.failures === 0);
    const choice = this.#among(candidates.filter(untold));
    if (!("note" in choice)) return usual;
    const { by, skipped } = choice.note;
    const passed = isUsual ? [{ target: usual.candidate.place.target.id, why: risky(usual.candidate) }] : [];
    return { ...choice, note: { by, why: "it may have come back", skipped: [...skipped, ...passed] } };
  }

  #among(candidates: readonly Candidate[]): Choice | readonly Refusal[] {
    const asked = candidates.toSorted(
      (one, other) =>
        one.place.failures - other.place.failures ||
        (this.#shown ? one.risk - other.risk : 0) ||
        one.slowMs - other.slowMs ||
        Number(one.hinted) - Number(other.hinted),
    );
    const chosen = asked.findIndex(({ refusal }) => refusal === null);
    if (chosen === -1) return asked.map(({ refusal }) => refusal!);
    const candidate = asked[chosen]!;
    const skipped = candidates
      .filter((one) => one.at < candidate.at || asked.indexOf(one) < chosen)
      .map((one) => ({ target: one.place.target.id, why: this.#reason(one) }));
    const { by, why } = candidate.rank;
    return { candidate, note: { by, why, skipped } };
  }

  /** In their rank. */
  #candidates(need: Need, lastResort: boolean): readonly Candidate[] {
    const prospects = this.#places.map((place) => this.#prospect(place, need));
    return this.#ranking(prospects).map((rank, at) => {
      const place = this.#places[rank.index]!;
      const { costUsd, health } = prospects[rank.index]!;
      const { maxFirstTokenMs, maxCostUsd } = this.#plan.limits;
      const standing =
        (this.#acted ? actedBefore(place.target) : null) ??
        unfit(place.target, need) ??
        tooDear(costUsd, maxCostUsd) ??
        place.standing(this.#lanes, lastResort);
      const firstTokenMs = health.firstTokenMs.isFresh ? (health.firstTokenMs.value ?? 0) : 0;
      const admitting = "code" in standing ? [] : standing;
      return {
        place,
        rank,
        at,
        lanes: admitting,
        refusal: "code" in standing ? standing : null,
        slowMs: maxFirstTokenMs !== undefined && firstTokenMs > maxFirstTokenMs ? firstTokenMs : 0,
        risk: admitting.every(({ circuit }) => circuit.phase === "closed") ? tenths(health.failures) : UNKNOWN,
        hinted: admitting.length > 0 && admitting.every((lane) => this.#lanes.isHinted(lane)),
      };
    });
  }

  #prospect({ index, target }: Place, { inputTokens, outputTokens }: Need): Prospect {
    const health = this.#lanes.health(target);
    const usual = health.answerTokens.value ?? this.#lanes.answerTokens.value ?? USUAL_ANSWER_TOKENS;
    const tokens = Math.round(Math.min(usual, outputTokens ?? Number.POSITIVE_INFINITY));
    // A look into the price table takes as long as some tokens do.
    const isAsked = this.#plan.strategy === "cheapest" || this.#plan.limits.maxCostUsd !== undefined;
    const priced = isAsked ? target.pricing({ input: inputTokens, output: tokens, final: false }) : undefined;
    return { index, health, tokens, costUsd: priced?.costUsd ?? null };
  }

  #ranking(prospects: readonly Prospect[]): readonly Ranked[] {
    const { strategy } = this.#plan;
    const order = ranked(strategy, prospects);
    if (this.#sticky !== null) return withFirst(order, this.#sticky, "sticky", "answered the step before");
    if (this.#latest !== null) return order;
    if (this.#first !== null) return withFirst(order, this.#first.index, this.#first.by, this.#first.why);
    const untried = strategy === "fastest" ? prospects.find(({ health }) => health.isUntried) : undefined;
    return untried === undefined ? order : withFirst(order, untried.index, "explore", "nobody asked it lately");
  }

  /** Why a candidate that can be asked, or could be if nothing spoke against it, comes after another. */
  #reason(candidate: Candidate): string {
    const { place, refusal, slowMs, hinted, risk } = candidate;
    if (refusal !== null) return refusal.why;
    if (place.failures > 0) return `failed with ${place.failedWith}`;
    if (this.#shown && risk > 0) return risky(candidate);
    if (slowMs > 0) return `${seconds(slowMs)} to the first token > ${seconds(this.#plan.limits.maxFirstTokenMs!)}`;
    return hinted ? "another replica found it out of order" : "comes later";
  }

  /** The lane whose key's turn it is, of those that others find in order, where there are any. */
  #turn({ place, lanes }: Candidate): Lane {
    const sound = lanes.filter((lane) => !this.#lanes.isHinted(lane));
    const among = sound.length > 0 ? sound : lanes;
    const keys = among.flatMap(({ key }) => (key === null ? [] : [key]));
    const taken = place.target.provider.keys?.take(keys) ?? null;
    return among.find(({ key }) => key === taken)!;
  }

  #ended(place: Place, { key }: Lane, { error }: Outcome, hasSpoken: boolean): void {
    if (error === null) {
      this.#sticky = place.index;
      this.#shown = false;
      this.#acted = false;
      for (const one of this.#places) one.failures = 0;
      return;
    }
    if (error.code === "cancelled") return;
    this.#brokeOff = hasSpoken;
    place.failed(error, key);
    const { contextTokens } = place.target.capabilities ?? {};
    if (error.code !== "context_overflow" || contextTokens === undefined) return;
    for (const one of this.#places) one.overflowed(error, contextTokens);
  }
}

function drawnFirst({ targets, strategy }: RoutePlan, random: () => number): First | null {
  if (targets.length === 1) return null;
  if (strategy === "fastest" && random() < EXPLORED) {
    return { index: Math.floor(random() * targets.length), by: "explore", why: "to see how it does" };
  }
  if (strategy !== "order" || targets.every(({ weight }) => weight === undefined)) return null;
  const weights = targets.map(({ weight = 1 }) => weight);
  const index = drawn(weights, random());
  if (index === null) return null;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { index, by: "weight", why: `drawn, ${weights[index]} of ${total} parts` };
}

const tenths = ({ value, isFresh }: DecayedMean): number => (isFresh ? Math.round((value ?? 0) * 10) : 0);

const risky = ({ risk }: Candidate): string =>
  risk === UNKNOWN ? "may not have come back" : `${risk * 10} % of its calls failed`;
