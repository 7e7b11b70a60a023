/** Routing of one process: every stream's way is opened here, and what one learns of a provider serves the others. */
import { BREAKER_DEFAULTS } from "./circuit.ts";
import type { BreakerOptions } from "./circuit.ts";
import { laneState } from "./lane.ts";
import type { LaneState } from "./lane.ts";
import { Lanes } from "./lanes.ts";
import type { Route } from "./route.ts";
import { StreamRoute } from "./stream-route.ts";
import type { RoutePlan } from "./stream-route.ts";

export type { BreakerOptions } from "./circuit.ts";
export type { LaneState } from "./lane.ts";
export type { RoutePlan } from "./stream-route.ts";
export type { Strategy } from "./ranking.ts";

/** Tells the other replicas of a circuit that opened or closed here. Must not throw. */
export interface CircuitHints {
  /** @param openUntil milliseconds since the epoch; 0 when it has closed */
  publish(lane: string, openUntil: number): void;
}

export interface RouterOptions {
  /** @default 5 failures within 60 s; 15 s open */
  readonly breaker?: { readonly [Key in keyof BreakerOptions]?: number | undefined } | undefined;
  /** In [0, 1). @default Math.random */
  readonly random?: () => number;
  /** @default nobody is told */
  readonly hints?: CircuitHints;
  /** Hears of each circuit that opens, opens again after a failed probe, or closes. Must not throw. @default nobody is told */
  readonly onCircuit?: (lane: Omit<LaneState, "circuit">, state: "open" | "closed") => void;
}

/** One per process. All times are `Date.now()`'s, as in cockatiel. */
export class Router {
  readonly #lanes: Lanes;
  readonly #random: () => number;

  constructor({ breaker = {}, random = Math.random, hints, onCircuit }: RouterOptions = {}) {
    const {
      failures = BREAKER_DEFAULTS.failures,
      windowMs = BREAKER_DEFAULTS.windowMs,
      halfOpenAfterMs = BREAKER_DEFAULTS.halfOpenAfterMs,
    } = breaker;
    this.#random = random;
    this.#lanes = new Lanes(
      { failures, windowMs, halfOpenAfterMs },
      {
        opened(lane, openUntil) {
          hints?.publish(lane.name, openUntil);
          onCircuit?.({ ...laneState(lane), openUntil }, "open");
        },
        closed(lane) {
          hints?.publish(lane.name, 0);
          onCircuit?.(laneState(lane), "closed");
        },
      },
    );
  }

  /** The way of one stream. Nothing has to be closed, but every passage taken must be ended. */
  open(plan: RoutePlan): Route {
    return new StreamRoute(plan, this.#lanes, this.#random);
  }

  /** Of every provider, model, region and key that was asked or thought of so far. */
  states(): readonly LaneState[] {
    return this.#lanes.states();
  }

  /** Another replica found this lane open: it is asked last until then. @param openUntil milliseconds since the epoch; 0 withdraws it */
  hinted(lane: string, openUntil: number): void {
    this.#lanes.hint(lane, openUntil);
  }
}
