/** All lanes of this process, found by name: what one stream learns of a provider serves the next. */
import { KeyRing } from "../provider/key-ring.ts";
import type { ProviderKey } from "../provider/key-ring.ts";
import type { BreakerOptions } from "./circuit.ts";
import { DecayedMean, Health } from "./health.ts";
import { laneName, laneState, newLane, placeName } from "./lane.ts";
import type { CircuitWatch, Lane, LaneState } from "./lane.ts";
import type { Target } from "./target.ts";

/** Pages may name models: beyond this the ones not asked for longest are forgotten, closed circuits first. */
const MAX_LANES = 1_000;
/** A hint of another replica is worth no more than a circuit's own longest time, whatever its clock says. */
const LONGEST_HINT_MS = 120_000;

export class Lanes {
  /** Output tokens of a whole answer, over all targets. */
  readonly answerTokens = new DecayedMean();
  readonly #breaker: BreakerOptions;
  readonly #watch: CircuitWatch;
  /** The last asked for is last. */
  readonly #lanes = new Map<string, Lane>();
  readonly #healths = new Map<string, Health>();
  readonly #hints = new Map<string, number>();
  readonly #running = new Map<string, number>();
  /** Only rests: it has no keys. */
  readonly #keyless = new KeyRing([]);

  constructor(breaker: BreakerOptions, watch: CircuitWatch) {
    this.#breaker = breaker;
    this.#watch = watch;
  }

  of(target: Target, key: ProviderKey | null): Lane {
    const name = laneName(target, key);
    const lane = this.#lanes.get(name) ?? this.#new(target, key);
    this.#lanes.delete(name);
    this.#lanes.set(name, lane);
    if (this.#lanes.size > MAX_LANES) this.#lanes.delete(this.#leastWanted());
    return lane;
  }

  health(target: Target): Health {
    const name = placeName(target);
    const health = this.#healths.get(name) ?? new Health();
    this.#healths.delete(name);
    this.#healths.set(name, health);
    if (this.#healths.size > MAX_LANES) this.#healths.delete(this.#healths.keys().next().value!);
    return health;
  }

  states(): readonly LaneState[] {
    return [...this.#lanes.values()].map(laneState);
  }

  hint(lane: string, openUntil: number): void {
    this.#hints.delete(lane);
    this.#hints.set(lane, Math.min(openUntil, Date.now() + LONGEST_HINT_MS));
    if (this.#hints.size > MAX_LANES) this.#hints.delete(this.#hints.keys().next().value!);
  }

  /** Another replica found it open, not long ago. */
  isHinted({ name }: Lane): boolean {
    return (this.#hints.get(name) ?? 0) > Date.now();
  }

  /** Calls of a provider under way. */
  running(provider: string): number {
    return this.#running.get(provider) ?? 0;
  }

  begun(provider: string): void {
    this.#running.set(provider, this.running(provider) + 1);
  }

  ended(provider: string): void {
    this.#running.set(provider, this.running(provider) - 1);
  }

  #new(target: Target, key: ProviderKey | null): Lane {
    return newLane(target, key, this.health(target), this.#breaker, this.#watch, this.#keyless);
  }

  #leastWanted(): string {
    for (const [name, { circuit }] of this.#lanes) if (circuit.phase === "closed") return name;
    return this.#lanes.keys().next().value!;
  }
}
