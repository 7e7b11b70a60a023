/** `provider/model` names → targets: the provider to ask, how long to wait for it, what it costs. */
import { StreamError } from "../protocol/index.ts";
import type { AgentConfig, Config, ModelEntry, ProviderConfig } from "./config-schema.ts";
import { KIND_DEFAULTS } from "./provider/provider-config.ts";
import type { Provider } from "./provider/provider.ts";
import { pricingOf } from "./route/price.ts";
import type { PriceTable, Seller } from "./route/price.ts";
import type { Capabilities, Target } from "./route/target.ts";
import { timersFor } from "./route/timers.ts";

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

  /**
   * @param reasoning how hard the models are asked to think: who thinks is waited for longer
   * @throws {StreamError} `invalid_request` naming the providers there are.
   */
  find(entries: readonly ModelEntry[], reasoning?: AgentConfig["reasoning"]): readonly Target[] {
    return entries.map((entry) => {
      const { model: name, weight } = typeof entry === "string" ? { model: entry } : entry;
      const slash = name.indexOf("/");
      const provider = this.#providers.get(name.slice(0, slash));
      if (provider === undefined) {
        const known = [...this.#providers.keys()].join(", ");
        const message = `model: found "${name}", expected 'provider/model' with one of ${known}`;
        throw new StreamError("invalid_request", message, { field: "model" });
      }
      const model = name.slice(slash + 1);
      const config = this.#config.providers[provider.name]!;
      const own = config.models?.[model]?.prices ?? config.prices?.[model];
      const { kind, timers, maxConcurrent } = config;
      return {
        id: name,
        provider,
        model,
        ...(config.kind === "bedrock" && config.region !== undefined ? { region: config.region } : {}),
        timers: timersFor({ kind, model, reasoning }, timers, this.#config.resilience),
        pricing: pricingOf(own, this.#prices, sellerOf(config), model),
        capabilities: this.#capabilities(config, model),
        ...(weight === undefined ? {} : { weight }),
        ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
      };
    });
  }

  /** The target of a name, undefined when no such provider is configured (any more). */
  known(entry: ModelEntry): Target | undefined {
    const name = typeof entry === "string" ? entry : entry.model;
    return this.#providers.has(name.slice(0, name.indexOf("/"))) ? this.find([entry])[0] : undefined;
  }

  #capabilities(config: ProviderConfig, model: string): Capabilities {
    const { contextTokens, images, tools } = config.models?.[model] ?? {};
    const seller = sellerOf(config);
    const known = seller === null ? undefined : this.#prices?.contextTokens?.(seller, model);
    return { contextTokens: contextTokens ?? known, images, tools };
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
