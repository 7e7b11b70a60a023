/** The configured providers, ready to be asked; nothing is opened before the first request. */
import type { Config } from "./config-schema.ts";
import { createProvider } from "./provider/create-provider.ts";
import { HttpTransport } from "./provider/http-transport.ts";
import type { Provider } from "./provider/provider.ts";

export interface Providers {
  readonly byName: ReadonlyMap<string, Provider>;
  /** Closes idle connections. */
  close(): Promise<void>;
}

export function createProviders(configs: Config["providers"]): Providers {
  const transport = new HttpTransport();
  const byName = new Map<string, Provider>();
  for (const [name, config] of Object.entries(configs)) {
    byName.set(name, createProvider(name, config, { transport }));
  }
  return { byName, close: () => transport.close() };
}
