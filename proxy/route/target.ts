/** One place a request can go to: a model of a provider. */
import type { Provider, ProviderTimers } from "../provider/provider.ts";
import type { Pricing } from "./price.ts";

export interface Target {
  readonly provider: Provider;
  readonly model: string;
  readonly timers: ProviderTimers;
  readonly pricing: Pricing;
}
