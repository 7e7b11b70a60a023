/** The way of one stream's attempts: which target with which key is asked next, and after how long. */
import type { StreamError } from "../../protocol/index.ts";
import type { Lane } from "./lane.ts";
import type { Lanes } from "./lanes.ts";
import { OpenPassage } from "./passage.ts";
import { Place } from "./place.ts";
import { drawn, ranked, withFirst } from "./ranking.ts";
import type { Prospect, Ranked, Strategy } from "./ranking.ts";
import { refusedError, seconds, tooDear, unfit } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";
import { retryDelay, waitDelay } from "./retry.ts";
import type { NextPlace, RetryBudget, RetrySpent } from "./retry.ts";
import type { Failure, Need, Outcome, Passage, Route } from "./route.ts";
import type { Target } from "./target.ts";

export interface RoutePlan {
  /** In the order of the configuration; never empty. */
  readonly targets: readonly Target[];
  readonly strategy: Strategy;
  readonly limits: { readonly maxFirstTokenMs?: number | undefined; readonly maxCostUsd?: number | undefined };
  /** Of the whole stream, over all its steps. */
  readonly budget: RetryBudget;
  /** Attempts that followed a failure before this process took the stream over. @default none */
  readonly spent?: { readonly attempts: number; readonly afterContent: number };
}

/** Of the streams that could go to the fastest target, so many go elsewhere to see whether it still is. */
const EXPLORED = 0.05;
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
  /** What `take` last said when nobody could be asked. */
  #refusal: StreamError | null = null;
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
    const { maxFirstTokenMs } = this.#plan.limits;
    const plan = { target: place.target, lane: this.#turn(candidate), note, maxFirstTokenMs };
    this.#latest = new OpenPassage(plan, this.#lanes, (outcome) => this.#ended(place, plan.lane, outcome));
    return this.#latest;
  }

  retry(failure: Failure): number | null {
    const { code } = failure.error;
    if (failure.error === this.#refusal) return this.#wait(failure.error);
    // That this proxy died in mid-answer is no failure of a provider's.
    const content = failure.content && code !== "orphaned";
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
    const delayMs = waitDelay(refusal, begun, waitedMs, this.#random());
    if (delayMs !== null) this.#spent = { ...this.#spent, waitedMs: waitedMs + delayMs };
    return delayMs;
  }

  /** Where `take` would go, or how soon it may. */
  #next(): NextPlace | null {
    const choice = this.#choose(this.#need);
    if ("note" in choice) return { waitMs: 0, failures: choice.candidate.place.failures };
    const waits = choice.flatMap(({ waitMs }) => (waitMs === null ? [] : [waitMs]));
    return waits.length === 0 ? null : { waitMs: Math.max(1, Math.min(...waits)), failures: 0 };
  }

  /** The first target nothing speaks against, or what speaks against each. Changes nothing. */
  #choose(need: Need, beside?: Passage): Choice | readonly Refusal[] {
    const candidates = this.#candidates(need).filter(({ place }) => place.target !== beside?.target);
    const asked = candidates.toSorted(
      (one, other) =>
        one.place.failures - other.place.failures ||
        one.slowMs - other.slowMs ||
        Number(one.hinted) - Number(other.hinted),
    );
    const chosen = asked.findIndex(({ refusal }) => refusal === null);
    if (chosen === -1) return asked.map(({ refusal }) => refusal!);
    const candidate = asked[chosen]!;
    const skipped = candidates
      .filter((one) => one.at < candidate.at || asked.indexOf(one) < chosen)
      .map((one) => ({ target: one.place.target.id, why: reason(one, this.#plan) }));
    const { by, why } = candidate.rank;
    return { candidate, note: { by, why, skipped } };
  }

  /** In their rank. */
  #candidates(need: Need): readonly Candidate[] {
    const prospects = this.#places.map((place) => this.#prospect(place, need));
    return this.#ranking(prospects).map((rank, at) => {
      const place = this.#places[rank.index]!;
      const { costUsd, health } = prospects[rank.index]!;
      const { maxFirstTokenMs, maxCostUsd } = this.#plan.limits;
      const standing = unfit(place.target, need) ?? tooDear(costUsd, maxCostUsd) ?? place.standing(this.#lanes);
      const firstTokenMs = health.firstTokenMs.isFresh ? (health.firstTokenMs.value ?? 0) : 0;
      const admitting = "code" in standing ? [] : standing;
      return {
        place,
        rank,
        at,
        lanes: admitting,
        refusal: "code" in standing ? standing : null,
        slowMs: maxFirstTokenMs !== undefined && firstTokenMs > maxFirstTokenMs ? firstTokenMs : 0,
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

  /** The lane whose key's turn it is, of those that others find in order, where there are any. */
  #turn({ place, lanes }: Candidate): Lane {
    const sound = lanes.filter((lane) => !this.#lanes.isHinted(lane));
    const among = sound.length > 0 ? sound : lanes;
    const keys = among.flatMap(({ key }) => (key === null ? [] : [key]));
    const taken = place.target.provider.keys?.take(keys) ?? null;
    return among.find(({ key }) => key === taken)!;
  }

  #ended(place: Place, { key }: Lane, { error }: Outcome): void {
    if (error === null) {
      this.#sticky = place.index;
      for (const one of this.#places) one.failures = 0;
      return;
    }
    if (error.code === "cancelled") return;
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

/** Why a candidate that can be asked, or could be if nothing spoke against it, comes after another. */
function reason({ place, refusal, slowMs, hinted }: Candidate, { limits }: RoutePlan): string {
  if (refusal !== null) return refusal.why;
  if (place.failures > 0) return `failed with ${place.failedWith}`;
  if (slowMs > 0) return `${seconds(slowMs)} to the first token > ${seconds(limits.maxFirstTokenMs!)}`;
  return hinted ? "another replica found it out of order" : "comes later";
}
