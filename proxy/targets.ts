/** `provider/model` names → targets: the provider to ask, how long to wait for it, what it costs. */
import { StreamError } from "../protocol/index.ts";
import type { Config, ProviderConfig } from "./config-schema.ts";
import { KIND_DEFAULTS } from "./provider/provider-config.ts";
import type { Provider, ProviderTimers } from "./provider/provider.ts";
import { pricingOf } from "./route/price.ts";
import type { PriceTable, Seller } from "./route/price.ts";
import type { Target } from "./route/target.ts";

export class Targets {
  readonly #config: Config;
  readonly #providers: ReadonlyMap<string, Provider>;
  readonly #prices: PriceTable | null;

  /** @param prices null when no provider sells anything */
  constructor(config: Config, providers: ReadonlyMap<string, Provider>, prices: PriceTable | null) {
    this.#config = config;
    this.#providers = providers;
    this.#prices = prices;
  }

  /** @throws {StreamError} `invalid_request` naming the providers there are. */
  find(names: readonly string[]): readonly Target[] {
    return names.map((name) => {
      const slash = name.indexOf("/");
      const provider = this.#providers.get(name.slice(0, slash));
      if (provider === undefined) {
        const known = [...this.#providers.keys()].join(", ");
        const message = `model: found "${name}", expected 'provider/model' with one of ${known}`;
        throw new StreamError("invalid_request", message, { field: "model" });
      }
      const model = name.slice(slash + 1);
      const config = this.#config.providers[provider.name]!;
      const pricing = pricingOf(config.prices?.[model], this.#prices, sellerOf(config), model);
      return { id: name, provider, model, timers: this.#timers(config), pricing };
    });
  }

  #timers({ timers = {} }: ProviderConfig): ProviderTimers {
    const { connectMs, firstContentMs, livenessMs, betweenContentMs } = this.#config.resilience;
    return { connectMs, firstContentMs, livenessMs, betweenContentMs, ...defined(timers) };
  }
}

/** Whom the price table has to know; null where nothing is sold by the token, or nobody can tell. */
export function sellerOf(config: ProviderConfig): Seller | null {
  switch (config.kind) {
    case "openai":
    case "anthropic":
    case "groq":
    case "cerebras":
    case "deepseek":
      // A server of one's own that speaks a vendor's language has other prices.
      return config.baseUrl === undefined || config.baseUrl === KIND_DEFAULTS[config.kind].baseUrl
        ? { vendor: config.kind }
        : { url: config.baseUrl };
    case "openai-compatible":
      return { url: config.baseUrl };
    case "bedrock":
      return { vendor: "aws" };
    case "ollama":
    case "ag-ui":
    case "demo":
      return null;
  }
}

const defined = (timers: { readonly [Key in keyof ProviderTimers]?: number | undefined }): Partial<ProviderTimers> =>
  Object.fromEntries(Object.entries(timers).filter(([, value]) => value !== undefined));
