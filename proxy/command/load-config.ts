/** The configuration a command runs with: the named file or one of the usual names, the environment, the flags. */
import { existsSync } from "node:fs";
import type { Arguments } from "../cli.ts";
import { CONFIG_FILES, completeConfig, readConfigFile, unenforcedKeys } from "../config.ts";
import type { Environment } from "../config.ts";
import type { Config, ConfigInput } from "../config-schema.ts";
import { offerOllama } from "./local-ollama.ts";

export interface LoadedConfig {
  readonly config: Config;
  /** Keys that were set and that this version does not act on. */
  readonly unenforced: readonly string[];
}

/** @throws {ConfigError} with every mistake. */
export async function loadConfig({ values }: Arguments, env: Environment): Promise<LoadedConfig> {
  const file = values["config"] ?? CONFIG_FILES.find((name) => existsSync(name));
  const input = file === undefined ? {} : await readConfigFile(file);
  const flags = {
    ...(values["host"] === undefined ? {} : { host: values["host"] }),
    ...(values["port"] === undefined ? {} : { port: toPort(values["port"]) }),
    ...(values["store"] === undefined ? {} : { store: values["store"] }),
  };
  const written = await offerOllama({ ...input, ...flags } as ConfigInput, env);
  return { config: completeConfig(written, env), unenforced: unenforcedKeys(written) };
}

/** Text that is no number stays text: the schema says what it expects. */
const toPort = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);
