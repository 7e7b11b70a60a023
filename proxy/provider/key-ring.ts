/** The keys of one provider: calls take turns by weight, and a key that was refused or limited rests for a while. */
import type { ErrorCode, StreamError } from "../../protocol/index.ts";

/** One key of a ring. Only `id` may be told to anybody. */
export interface ProviderKey {
  /** `#1` for the first of the configuration. */
  readonly id: string;
  readonly secret: string;
}

/** @property weight its part of the calls beside the other keys; above 0. @default 1 */
export type KeyEntry = string | { readonly key: string; readonly weight?: number | undefined };

/** How long a key rests when the provider gave no hint; a refused key may have been a slip of the provider's. */
const REST_MS = { provider_quota: 300_000, provider_auth: 60_000 } as const;
/** A limit without a hint: short at first, and doubled while it goes on. */
const LIMITED_MS = 1_000;
const LONGEST_LIMITED_MS = 60_000;
/** Names of models can come from pages: no more rests than this are remembered, the oldest are forgotten. */
const MAX_RESTS = 1_000;

interface Rest {
  readonly until: number;
  readonly code: ErrorCode;
  readonly ms: number;
}

export class KeyRing {
  readonly keys: readonly ProviderKey[];
  readonly #weights = new Map<ProviderKey, number>();
  readonly #now: () => number;
  /** By key and model: many limits and permissions are a model's. A spent account is spent for all. */
  readonly #rests = new Map<string, Rest>();
  /** Smooth weighted round-robin: each turn a key gains its weight, and the one taken pays for all. */
  readonly #credit = new Map<ProviderKey, number>();

  /** @param now milliseconds since the epoch */
  constructor(entries: readonly KeyEntry[], now: () => number = () => Date.now()) {
    this.keys = entries.map((entry, index) => {
      const { key, weight = 1 } = typeof entry === "string" ? { key: entry } : entry;
      const providerKey = { id: `#${index + 1}`, secret: key };
      this.#weights.set(providerKey, weight);
      return providerKey;
    });
    this.#now = now;
  }

  /** Every secret, so that none is told to anybody. */
  get all(): readonly string[] {
    return this.keys.map(({ secret }) => secret);
  }

  /** The key whose turn it is. @param among some of `keys`; null when it is empty */
  take(among: readonly ProviderKey[] = this.keys): ProviderKey | null {
    let taken: ProviderKey | null = null;
    let total = 0;
    for (const key of among) {
      const weight = this.#weights.get(key) ?? 1;
      total += weight;
      this.#credit.set(key, (this.#credit.get(key) ?? 0) + weight);
      if (taken === null || this.#credit.get(key)! > this.#credit.get(taken)!) taken = key;
    }
    if (taken !== null) this.#credit.set(taken, this.#credit.get(taken)! - total);
    return taken;
  }

  /** For a caller that asks whatever happens: a key that does not rest, else the one that is ready first; null without keys. */
  next(model = ""): ProviderKey | null {
    const ready = this.keys.filter((key) => this.restMs(key, model) === 0);
    if (ready.length > 0) return this.take(ready);
    const soonest = this.keys.toSorted((one, other) => this.restMs(one, model) - this.restMs(other, model));
    return soonest[0] ?? null;
  }

  /** Milliseconds until the key may be used for the model again; 0 when it may now. */
  restMs(key: ProviderKey, model = ""): number {
    const rest = this.#rest(key, model);
    return rest === undefined ? 0 : Math.max(0, rest.until - this.#now());
  }

  /** Why it rests; undefined when it does not. */
  restCode(key: ProviderKey, model = ""): ErrorCode | undefined {
    return this.restMs(key, model) === 0 ? undefined : this.#rest(key, model)?.code;
  }

  /** Notes how a call with this key failed. */
  failed(key: ProviderKey, { code, retryAfterMs }: StreamError, model = ""): void {
    if (code !== "provider_rate_limited" && code !== "provider_quota" && code !== "provider_auth") return;
    const place = code === "provider_quota" ? key.id : `${key.id} ${model}`;
    const before = this.#rests.get(place);
    const ms = retryAfterMs ?? (code === "provider_rate_limited" ? this.#limitedMs(before) : REST_MS[code]);
    const until = Math.max(before?.until ?? 0, this.#now() + ms);
    this.#rests.delete(place);
    this.#rests.set(place, { until, code, ms });
    if (this.#rests.size > MAX_RESTS) this.#rests.delete(this.#rests.keys().next().value!);
  }

  /** Notes that a call with this key was answered: the next limit is a new one. */
  succeeded(key: ProviderKey, model = ""): void {
    const place = `${key.id} ${model}`;
    if ((this.#rests.get(place)?.until ?? Number.POSITIVE_INFINITY) <= this.#now()) this.#rests.delete(place);
  }

  /** Calls that were under way when the limit came are no sign that it goes on. */
  #limitedMs(before: Rest | undefined): number {
    if (before?.code !== "provider_rate_limited") return LIMITED_MS;
    return before.until > this.#now() ? before.ms : Math.min(LONGEST_LIMITED_MS, before.ms * 2);
  }

  /** The longer of the key's own rest and the model's. */
  #rest(key: ProviderKey, model: string): Rest | undefined {
    const own = this.#rests.get(key.id);
    const models = this.#rests.get(`${key.id} ${model}`);
    return own !== undefined && own.until > (models?.until ?? 0) ? own : models;
  }
}
