/** The keys of one provider: calls take turns, and a key that was refused or limited rests for a while. */
import type { StreamError } from "../../protocol/index.ts";

/** How long a key rests when the provider gave no hint; a refused key may have been a slip of the provider's. */
const REST_MS = { provider_rate_limited: 10_000, provider_quota: 300_000, provider_auth: 60_000 } as const;

/** One key of a ring. Only `id` may be told to anybody. */
export interface ProviderKey {
  /** `#1` for the first of the configuration. */
  readonly id: string;
  readonly secret: string;
}

export class KeyRing {
  readonly #keys: readonly string[];
  readonly #now: () => number;
  /** Until when each key rests. */
  readonly #restsUntil = new Map<string, number>();
  #turn = 0;

  constructor(keys: readonly string[], now: () => number = () => performance.now()) {
    this.#keys = keys;
    this.#now = now;
  }

  get all(): readonly string[] {
    return this.#keys;
  }

  /** The next key that does not rest; when all do, the one that is ready first. Null when there are none. */
  next(): string | null {
    const now = this.#now();
    let soonest: string | null = null;
    for (let step = 0; step < this.#keys.length; step++) {
      const index = (this.#turn + step) % this.#keys.length;
      const key = this.#keys[index]!;
      if (this.#until(key) <= now) {
        this.#turn = index + 1;
        return key;
      }
      if (soonest === null || this.#until(key) < this.#until(soonest)) soonest = key;
    }
    return soonest;
  }

  /** Notes how a call with this key failed. */
  failed(key: string, { code, retryAfterMs }: StreamError): void {
    if (code !== "provider_rate_limited" && code !== "provider_quota" && code !== "provider_auth") return;
    this.#restsUntil.set(key, this.#now() + (retryAfterMs ?? REST_MS[code]));
  }

  #until(key: string): number {
    return this.#restsUntil.get(key) ?? 0;
  }
}
