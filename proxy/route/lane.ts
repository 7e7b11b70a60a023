/** One provider, model, region and key: what a circuit is about. */
import type { ErrorCode, StreamError } from "../../protocol/index.ts";
import type { KeyRing, ProviderKey } from "../provider/key-ring.ts";
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
  /** Milliseconds since the epoch; while the key, or where there is none the model, rests. */
  readonly restsUntil?: number;
  /** Recent means of the target, over all its keys; absent before its first answer. */
  readonly firstTokenMs?: number;
  readonly tokensPerSecond?: number;
}

/** A key that was refused or limited is left alone for a while; where there is none, the provider's model is. */
export interface Rest {
  /** Milliseconds until it may be asked again; 0 when it may now. */
  ms(): number;
  /** Why it rests; undefined when it does not. */
  code(): ErrorCode | undefined;
  failed(error: StreamError): void;
  succeeded(): void;
}

export interface Lane {
  /** `provider/model@region#key`: the same in every replica of a configuration. */
  readonly name: string;
  readonly target: Target;
  readonly key: ProviderKey | null;
  readonly health: Health;
  readonly circuit: Circuit;
  readonly rest: Rest;
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

/** @param keyless notes the rests of providers without keys */
export function newLane(
  target: Target,
  key: ProviderKey | null,
  health: Health,
  breaker: BreakerOptions,
  watch: CircuitWatch,
  keyless: KeyRing,
): Lane {
  const circuit = new Circuit(
    breaker,
    (until) => watch.opened(lane, until),
    () => watch.closed(lane),
  );
  const rest = restOf(target, key, keyless);
  const lane: Lane = { name: laneName(target, key), target, key, health, circuit, rest };
  return lane;
}

function restOf({ provider, model }: Target, key: ProviderKey | null, keyless: KeyRing): Rest {
  const ring = (key === null ? undefined : provider.keys) ?? keyless;
  const whose = key ?? { id: provider.name, secret: "" };
  return {
    ms: () => ring.restMs(whose, model),
    code: () => ring.restCode(whose, model),
    failed: (error) => ring.failed(whose, error, model),
    succeeded: () => ring.succeeded(whose, model),
  };
}

export function laneState({ target, key, health, circuit, rest }: Lane): LaneState {
  const restMs = rest.ms();
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
