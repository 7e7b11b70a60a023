/** A target as one stream knows it: how often it failed, and which of its lanes can be asked now. */
import type { ErrorCode, StreamError } from "../../protocol/index.ts";
import type { ProviderKey } from "../provider/key-ring.ts";
import type { Lane } from "./lane.ts";
import type { Lanes } from "./lanes.ts";
import { seconds } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";
import { isTargetUnable } from "./retry.ts";
import type { Target } from "./target.ts";

/** A provider at its limit has room again when one of its calls ends. */
const BUSY_WAIT_MS = 1_000;

const KEYS_OWN: ReadonlySet<ErrorCode> = new Set(["provider_rate_limited", "provider_auth", "provider_quota"]);

export class Place {
  readonly index: number;
  readonly target: Target;
  /** In the present step. */
  failures = 0;
  failedWith: ErrorCode | null = null;
  /** Why it is not asked in this stream any more. */
  #unable: StreamError | null = null;
  /** Keys that are not used in this stream any more; null until there is one. */
  #keysOut: Set<string> | null = null;
  /** The provider asked to be left alone until then; milliseconds since the epoch. */
  #notBefore = 0;

  constructor(index: number, target: Target) {
    this.index = index;
    this.target = target;
  }

  /** Notes a failed attempt. What is said of a key is nothing against the others, which are asked at once. */
  failed(error: StreamError, key: ProviderKey | null): void {
    if (isTargetUnable(error)) this.#refused(error, key);
    // Who is limited rests, for all streams.
    else if (error.retryAfterMs !== undefined && error.code !== "provider_rate_limited") {
      this.#notBefore = Date.now() + error.retryAfterMs;
    }
    if (KEYS_OWN.has(error.code) && this.#hasRestedKey()) return;
    this.failures++;
    this.failedWith = error.code;
  }

  /** A larger input than another one could take is too large here, too. */
  overflowed(error: StreamError, contextTokens: number): void {
    const own = this.target.capabilities?.contextTokens;
    if (own !== undefined && own <= contextTokens) this.#unable ??= error;
  }

  /**
   * The lanes that admit a call now, or why none does.
   * @param lastResort nobody else can be asked: an open circuit, too, admits a call from time to time
   */
  standing(lanes: Lanes, lastResort = false): readonly Lane[] | Refusal {
    if (this.#unable !== null)
      return { code: this.#unable.code, why: `failed with ${this.#unable.code}`, waitMs: null };
    const { provider, maxConcurrent } = this.target;
    const waitMs = this.#notBefore - Date.now();
    if (waitMs > 0) {
      return { code: this.failedWith ?? "provider_overloaded", why: `asked to wait ${seconds(waitMs)}`, waitMs };
    }
    const running = lanes.running(provider.name);
    if (maxConcurrent !== undefined && running >= maxConcurrent) {
      return { code: "capacity", why: `busy: ${running} of ${maxConcurrent}`, waitMs: BUSY_WAIT_MS };
    }
    return this.#admitting(lanes, lastResort);
  }

  #refused(error: StreamError, key: ProviderKey | null): void {
    if (key === null || error.code === "provider_not_found" || error.code === "context_overflow") {
      this.#unable = error;
      return;
    }
    (this.#keysOut ??= new Set()).add(key.id);
    if (this.#keys().length === 0) this.#unable = error;
  }

  #hasRestedKey(): boolean {
    const { provider, model } = this.target;
    return this.#keys().some((key) => provider.keys?.restMs(key, model) === 0);
  }

  #keys(): readonly ProviderKey[] {
    return (this.target.provider.keys?.keys ?? []).filter(({ id }) => this.#keysOut?.has(id) !== true);
  }

  #admitting(lanes: Lanes, lastResort: boolean): readonly Lane[] | Refusal {
    const isKeyless = (this.target.provider.keys?.keys.length ?? 0) === 0;
    const keys: readonly (ProviderKey | null)[] = isKeyless ? [null] : this.#keys();
    const admitting: Lane[] = [];
    let soonest: (Refusal & { waitMs: number }) | null = null;
    for (const key of keys) {
      const lane = lanes.of(this.target, key);
      const restMs = lane.rest.ms();
      const waitMs = Math.max(restMs, lastResort ? lane.circuit.lastResortMs() : lane.circuit.waitMs());
      if (waitMs === 0) admitting.push(lane);
      else if (soonest === null || waitMs < soonest.waitMs) {
        soonest =
          restMs < waitMs
            ? { code: "circuit_open", why: circuitWords(lane, waitMs), waitMs }
            : { code: lane.rest.code() ?? "provider_rate_limited", why: restWords(keys, waitMs), waitMs };
      }
    }
    return admitting.length > 0 ? admitting : soonest!;
  }
}

const circuitWords = ({ circuit }: Lane, waitMs: number): string =>
  circuit.phase === "open" ? `circuit open for ${seconds(waitMs)}` : "circuit half-open, a probe is under way";

const restWords = (keys: readonly (ProviderKey | null)[], waitMs: number): string =>
  `${keys[0] === null ? "it rests" : keys.length === 1 ? "its key rests" : "all keys rest"} for ${seconds(waitMs)}`;
