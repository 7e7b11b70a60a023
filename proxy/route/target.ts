/** One place a request can go to: a model of a provider. */
import type { Provider, ProviderTimers } from "../provider/provider.ts";

export interface Target {
  readonly provider: Provider;
  readonly model: string;
  readonly timers: ProviderTimers;
}
