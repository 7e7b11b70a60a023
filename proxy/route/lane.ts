/** One provider, model, region and key: what a circuit is about. */
import type { ProviderKey } from "../provider/key-ring.ts";
import { Circuit } from "./circuit.ts";
import type { BreakerOptions, CircuitPhase } from "./circuit.ts";
import type { Health } from "./health.ts";
import type { Target } from "./target.ts";

/** For the operator: metrics and readiness. */
export interface LaneState {
  readonly provider: string;
  readonly model: string;
  readonly region?: string;
  /** The key's id, never its secret; absent where the provider needs none. */
  readonly key?: string;
  readonly circuit: CircuitPhase;
  /** Milliseconds since the epoch; while the circuit is open. */
  readonly openUntil?: number;
  /** Milliseconds since the epoch; while the key rests. */
  readonly restsUntil?: number;
  /** Recent means of the target, over all its keys; absent before its first answer. */
  readonly firstTokenMs?: number;
  readonly tokensPerSecond?: number;
}

export interface Lane {
  /** `provider/model@region#key`: the same in every replica of a configuration. */
  readonly name: string;
  readonly target: Target;
  readonly key: ProviderKey | null;
  readonly health: Health;
  readonly circuit: Circuit;
}

/** Hears of a lane's circuit. Must not throw. */
export interface CircuitWatch {
  /** @param openUntil milliseconds since the epoch */
  opened(lane: Lane, openUntil: number): void;
  closed(lane: Lane): void;
}

export const laneName = ({ id, region }: Target, key: ProviderKey | null): string =>
  `${placeName({ id, region })}${key?.id ?? ""}`;

/** A target, wherever its name was looked up: `provider/model@region`. */
export const placeName = ({ id, region }: { readonly id: string; readonly region?: string | undefined }): string =>
  region === undefined ? id : `${id}@${region}`;

export function newLane(
  target: Target,
  key: ProviderKey | null,
  health: Health,
  breaker: BreakerOptions,
  watch: CircuitWatch,
): Lane {
  const circuit = new Circuit(
    breaker,
    (until) => watch.opened(lane, until),
    () => watch.closed(lane),
  );
  const lane: Lane = { name: laneName(target, key), target, key, health, circuit };
  return lane;
}

export function laneState({ target, key, health, circuit }: Lane): LaneState {
  const restMs = key === null ? 0 : (target.provider.keys?.restMs(key, target.model) ?? 0);
  const firstTokenMs = health.firstTokenMs.value;
  const tokensPerSecond = health.tokensPerSecond.value;
  return {
    provider: target.provider.name,
    model: target.model,
    ...(target.region === undefined ? {} : { region: target.region }),
    ...(key === null ? {} : { key: key.id }),
    circuit: circuit.phase,
    ...(circuit.phase === "open" ? { openUntil: circuit.openUntil } : {}),
    ...(restMs > 0 ? { restsUntil: Date.now() + restMs } : {}),
    ...(firstTokenMs === null ? {} : { firstTokenMs: Math.round(firstTokenMs) }),
    ...(tokensPerSecond === null ? {} : { tokensPerSecond: Math.round(tokensPerSecond * 10) / 10 }),
  };
}
