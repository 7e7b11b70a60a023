/** An outage from its first second to its last: three providers, one router, many readers; two minutes of virtual time. */
import { mock } from "node:test";
import type { LaneState } from "../../../proxy/route/lane.ts";
import { Router } from "../../../proxy/route/router.ts";
import type { Strategy } from "../../../proxy/route/router.ts";
import { unpriced } from "../fake-provider.ts";
import { runCrowd } from "./run-crowd.ts";
import type { Told } from "./run-crowd.ts";
import { seeded } from "./seeded.ts";
import { troubledProvider } from "./troubled-provider.ts";
import type { TroubledProvider } from "./troubled-provider.ts";
import type { Script } from "./trouble.ts";

export const STREAMS = 200;
export const SECONDS = 120;
export const BUDGET = { attempts: 4, afterContent: 1 };

/** As somebody sets them who has other models to go to. */
const TIMERS = { connectMs: 10_000, firstContentMs: 8_000, livenessMs: 10_000, betweenContentMs: 10_000 };
/** More than one draw apart. */
const SEED_STEP = 7_919;

/** What became of a circuit, and when, in seconds. */
export interface Turn {
  readonly at: number;
  readonly lane: string;
  readonly state: "open" | "closed";
  /** For how long it opened. */
  readonly openMs: number;
}

export interface Outage {
  readonly told: readonly Told[];
  readonly providers: readonly TroubledProvider[];
  readonly turns: readonly Turn[];
}

/**
 * Takes the clock over, and gives it back.
 * @param scripts of a provider with two keys, one with a key, and one without, which goes on from a prefix
 */
export async function runOutage(scripts: readonly Script[], strategy: Strategy, seed: number): Promise<Outage> {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.UTC(2026, 0, 1) });
  try {
    const beganAt = Date.now();
    const random = seeded(seed * SEED_STEP);
    const [a = [], b = [], c = []] = scripts;
    const providers = [
      troubledProvider({ name: "A", script: a, firstTokenMs: 200, keys: ["k1", "k2"], random }),
      troubledProvider({ name: "B", script: b, firstTokenMs: 300, keys: ["k3"], random }),
      troubledProvider({ name: "C", script: c, firstTokenMs: 400, continues: true, random }),
    ];
    const turns: Turn[] = [];
    const onCircuit = ({ provider, key, openUntil = 0 }: Omit<LaneState, "circuit">, state: Turn["state"]) =>
      void turns.push({
        at: (Date.now() - beganAt) / 1_000,
        lane: `${provider}${key ?? ""}`,
        state,
        openMs: state === "open" ? openUntil - Date.now() : 0,
      });
    const targets = providers.map((provider) => ({
      id: `${provider.name}/m`,
      provider,
      model: "m",
      timers: TIMERS,
      pricing: unpriced,
    }));
    const told = await runCrowd({
      router: new Router({ random, onCircuit }),
      route: { targets, strategy, limits: {}, budget: BUDGET },
      streams: STREAMS,
      askForMs: SECONDS * 1_000,
      random,
    });
    return { told, providers, turns };
  } finally {
    mock.timers.reset();
  }
}
