/** The configured providers, ready to be asked; nothing is opened before the first request. */
import type { Config } from "./config-schema.ts";
import { demoProvider } from "./provider/demo.ts";
import type { Provider } from "./provider/provider.ts";

export interface Providers {
  readonly byName: ReadonlyMap<string, Provider>;
  /** Closes idle connections. */
  close(): Promise<void>;
}

export function createProviders(configs: Config["providers"]): Providers {
  const byName = new Map<string, Provider>();
  for (const [name, config] of Object.entries(configs)) {
    if (config.kind === "demo") byName.set(name, demoProvider(name));
  }
  return { byName, close: async () => {} };
}
