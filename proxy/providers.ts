/** The configured providers, ready to be asked; nothing is opened before the first request. */
import type { Config } from "./config-schema.ts";
import { createProvider } from "./provider/create-provider.ts";
import { HttpTransport } from "./provider/http-transport.ts";
import type { Provider } from "./provider/provider.ts";

export interface Providers {
  readonly byName: ReadonlyMap<string, Provider>;
  /** Closes every socket. */
  close(): Promise<void>;
}

export function createProviders(configs: Config["providers"]): Providers {
  const transport = new HttpTransport();
  const providers = Object.entries(configs).map(
    ([name, config]) => [name, createProvider(name, config, { transport })] as const,
  );
  return { byName: new Map(providers), close: () => transport.close() };
}
