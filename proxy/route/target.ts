/** One place a request can go to: a model of a provider. */
import type { Provider, ProviderTimers } from "../provider/provider.ts";
import type { Pricing } from "./price.ts";

/** What a model can take; what nobody knows is absent and never a reason to pass it over. */
export interface Capabilities {
  /** Input and output together. */
  readonly contextTokens?: number | undefined;
  readonly images?: boolean | undefined;
  readonly tools?: boolean | undefined;
}

export interface Target {
  /** `provider/model` */
  readonly id: string;
  readonly provider: Provider;
  readonly model: string;
  /** Where the provider is asked, when it has several places. */
  readonly region?: string;
  readonly timers: ProviderTimers;
  readonly pricing: Pricing;
  /** @default nothing is known */
  readonly capabilities?: Capabilities;
  /** Its part of the first choices beside the other targets. @default none is drawn; 1 where another has a weight */
  readonly weight?: number;
  /** Calls of the provider at once, all its models together. @default no limit */
  readonly maxConcurrent?: number;
}
