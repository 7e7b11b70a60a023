/** The proxy as a library: run it inside your own program. */
import { completeConfig, readConfigFile } from "./config.ts";
import type { Environment } from "./config.ts";
import type { ConfigInput } from "./config-schema.ts";
import { createLogger } from "./observe/logger.ts";
import { startProxy } from "./server.ts";
import type { Proxy } from "./server.ts";

export { defineTool, ToolError } from "./agent/define-tool.ts";
export type { JsonTool, StandardTool, Tool, ToolContext } from "./agent/define-tool.ts";
export type { JsonSchema, StandardSchema } from "./agent/tool-schema.ts";
export { ConfigError, defineConfig } from "./config.ts";
export type { ConfigMistake, Environment } from "./config.ts";
export type { Config, ConfigInput } from "./config-schema.ts";
export type { Listening, Proxy } from "./server.ts";

export interface ProxyOptions {
  /** Where `"$NAME"` values and provider keys are read from. @default process.env */
  readonly env?: Environment;
  /** pino's levels, or `silent`. @default "info" */
  readonly logLevel?: string;
}

/**
 * Builds a proxy from a configuration, or from a file of one. Call `listen()` on the result.
 * @throws {ConfigError} with every mistake. @throws {StreamError} `storage_unavailable`
 */
export async function createProxy(config: ConfigInput | string = {}, options: ProxyOptions = {}): Promise<Proxy> {
  const { env = process.env, logLevel = "info" } = options;
  const input = typeof config === "string" ? await readConfigFile(config) : config;
  return startProxy(completeConfig(input, env), await createLogger(logLevel, process.stderr.isTTY));
}
