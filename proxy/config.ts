/** File and environment → one complete Config, or one error that names every mistake. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe } from "../protocol/stream-error.ts";
import type { z } from "zod";
import { configSchema, NOT_YET } from "./config-schema.ts";
import type { Config, ConfigInput, ProviderConfig } from "./config-schema.ts";
import { defaultAgents, discoverProviders, keyVariableOf } from "./config-defaults.ts";
import { parseRedisUrl, REDIS_URL_FORM, RedisUrlError } from "./stream-log/redis-url.ts";
import { sellerOf } from "./targets.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** One mistake: where it is, what was found there, what is expected. */
export interface ConfigMistake {
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly mistakes: readonly ConfigMistake[];

  constructor(mistakes: readonly ConfigMistake[]) {
    super(mistakes.map(({ path, found, expected }) => `${path}: found ${found}, expected ${expected}`).join("\n"));
    this.mistakes = mistakes;
  }
}

/** Types a configuration file; it returns its argument. */
export const defineConfig = (config: ConfigInput): ConfigInput => config;

/** Where a configuration is looked for when no file is named, in this order. */
export const CONFIG_FILES = ["ai-stream.config.ts", "ai-stream.config.mjs", "ai-stream.config.json"] as const;

/** @throws {ConfigError} when the file cannot be read or is not a configuration. */
export async function readConfigFile(file: string): Promise<ConfigInput> {
  const path = resolve(file);
  try {
    if (path.endsWith(".json")) return JSON.parse(await readFile(path, "utf8")) as ConfigInput;
    const module = (await import(pathToFileURL(path).href)) as { default?: ConfigInput };
    if (module.default === undefined) throw new Error("it has no default export");
    return module.default;
  } catch (thrown) {
    const found = thrown instanceof Error ? thrown.message : String(thrown);
    throw new ConfigError([{ path: file, found, expected: "a configuration file (docs/config.md)" }]);
  }
}

/**
 * Completes what a person wrote from the environment and the defaults.
 * @throws {ConfigError} with every mistake at once.
 */
export function completeConfig(input: ConfigInput, env: Environment): Config {
  const mistakes: ConfigMistake[] = [];
  const written = fromEnvironment(substitute(input, env, "", mistakes) as ConfigInput, env);
  const result = configSchema.safeParse(written, { reportInput: true });
  if (!result.success) mistakes.push(...result.error.issues.flatMap(toMistakes));
  if (result.success) mistakes.push(...crossCheck(result.data));
  if (mistakes.length > 0 || !result.success) throw new ConfigError(mistakes);
  return isOpen(result.data) ? result.data : withVisitLimits(result.data);
}

/** Where strangers come nobody has to remember that one of them may not take it all. */
const VISIT_LIMITS = { streamsPerMinute: 10, concurrent: 2 };

const withVisitLimits = (config: Config): Config => ({
  ...config,
  access: { ...config.access, perVisitor: { ...VISIT_LIMITS, ...config.access.perVisitor } },
});

/** The keys of `NOT_YET` that a configuration sets. */
export function unenforcedKeys(input: ConfigInput): string[] {
  const set = (value: unknown, path: readonly string[]): string[] => {
    if (typeof value !== "object" || value === null) return [];
    const [head, ...rest] = path;
    const names = head === "*" ? Object.keys(value) : Object.hasOwn(value, head!) ? [head!] : [];
    return names.flatMap((name) =>
      rest.length === 0
        ? [name]
        : set((value as Record<string, unknown>)[name], rest).map((below) => `${name}.${below}`),
    );
  };
  return NOT_YET.flatMap((path) => set(input, path.split(".")));
}

/** True when only this machine can reach the address. */
export const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || /^127\./.test(host);

/** An open proxy asks nobody who they are: a developer's own machine. */
export const isOpen = (config: Pick<Config, "host" | "access">): boolean =>
  isLoopback(config.host) && config.access.secret === undefined;

/** True where somebody is paid for each token. A model server on this machine is nobody's, unless it is given prices. */
export function sellsByToken(provider: ProviderConfig): boolean {
  if (provider.prices !== undefined || Object.values(provider.models ?? {}).some(({ prices }) => prices)) return true;
  const seller = sellerOf(provider);
  return seller !== null && !("url" in seller && isLoopback(new URL(seller.url).hostname.replace(/^\[|\]$/g, "")));
}

/** `"$NAME"` is the environment's NAME. */
function substitute(value: unknown, env: Environment, path: string, mistakes: ConfigMistake[]): unknown {
  if (typeof value === "string" && /^\$[A-Z_][A-Z0-9_]*$/.test(value)) {
    const found = env[value.slice(1)];
    if (!found) mistakes.push({ path, found: `${value}, which is not set`, expected: "a variable of the environment" });
    return found || "unset-variable-of-the-environment";
  }
  if (Array.isArray(value)) return value.map((item, index) => substitute(item, env, `${path}[${index}]`, mistakes));
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        substitute(item, env, path === "" ? key : `${path}.${key}`, mistakes),
      ]),
    );
  }
  return value;
}

function fromEnvironment(input: ConfigInput, env: Environment): unknown {
  const providers = input.providers ?? discoverProviders(env);
  const port = env["PORT"];
  const access = env["AI_STREAM_SECRET"] ? { secret: env["AI_STREAM_SECRET"], ...input.access } : input.access;
  const host = input.host ?? (env["HOST"] || undefined);
  const open = isLoopback(host ?? "127.0.0.1") && access?.secret === undefined;
  return {
    ...input,
    providers: withKeys(providers, env),
    agents: input.agents ?? defaultAgents(providers, open),
    ...(host === undefined ? {} : { host }),
    ...(input.port === undefined && port ? { port: /^\d+$/.test(port) ? Number(port) : port } : {}),
    ...(input.store === undefined && env["AI_STREAM_STORE"] ? { store: env["AI_STREAM_STORE"] } : {}),
    ...(access === undefined ? {} : { access }),
  };
}

/** A provider without a key takes the one its vendor's own tools would take. */
function withKeys(providers: unknown, env: Environment): unknown {
  if (typeof providers !== "object" || providers === null) return providers;
  return Object.fromEntries(
    Object.entries(providers as Record<string, unknown>).map(([name, provider]) => {
      if (typeof provider !== "object" || provider === null) return [name, provider];
      const { kind, apiKey, apiKeys } = provider as Record<string, unknown>;
      const variable = typeof kind === "string" ? keyVariableOf(kind) : undefined;
      const found = variable === undefined ? undefined : env[variable];
      return [name, found && apiKey === undefined && apiKeys === undefined ? { ...provider, apiKey: found } : provider];
    }),
  );
}

/** What one key alone cannot tell. */
function crossCheck(config: Config): ConfigMistake[] {
  const mistakes: ConfigMistake[] = [];
  const expect = (path: string, found: unknown, expected: string) =>
    mistakes.push({ path, found: describe(found), expected });
  for (const [name, provider] of Object.entries(config.providers)) {
    const variable = keyVariableOf(provider.kind);
    const hasKey = ("apiKey" in provider && provider.apiKey) || ("apiKeys" in provider && provider.apiKeys);
    const needsKey = variable !== undefined && provider.kind !== "bedrock";
    if (needsKey && !hasKey && !("baseUrl" in provider && provider.baseUrl)) {
      expect(`providers.${name}.apiKey`, undefined, `a key, here or as ${variable}`);
    }
  }
  for (const [name, { models }] of Object.entries(config.agents)) {
    models.forEach((entry, index) => {
      const model = typeof entry === "string" ? entry : entry.model;
      const provider = model.slice(0, model.indexOf("/"));
      if (Object.hasOwn(config.providers, provider)) return;
      expect(
        `agents.${name}.models[${index}]`,
        model,
        `one of the providers ${Object.keys(config.providers).join(", ")}`,
      );
    });
  }
  if (!config.store.startsWith("sqlite:")) {
    try {
      parseRedisUrl(config.store);
    } catch (thrown) {
      if (!(thrown instanceof RedisUrlError)) throw thrown;
      mistakes.push({ path: "store", found: thrown.found, expected: REDIS_URL_FORM });
    }
  }
  if (Object.keys(config.agents).length === 0) expect("agents", {}, "at least one agent");
  if (!isLoopback(config.host)) {
    const why = `because host "${config.host}" can be reached from elsewhere`;
    if (config.access.origins.length === 0) expect("access.origins", [], `the origins of your pages, ${why}`);
    if (config.access.secret === undefined)
      expect("access.secret", undefined, `a secret (or AI_STREAM_SECRET), ${why}`);
    if (config.access.total === undefined && Object.values(config.providers).some(sellsByToken))
      expect("access.total.usdPerDay", undefined, `US dollars all visitors together may cost in a day, ${why}`);
  }
  return mistakes;
}

/** Values under these names are never repeated in an error. */
const SECRET_PATH = /apiKey|secret|token|headers/i;

/** A store's URL may hold a password. */
const isSecret = (path: string, value: unknown): boolean =>
  typeof value === "string" && (SECRET_PATH.test(path) || (path === "store" && value.includes("@")));

function toMistakes(issue: z.core.$ZodIssue): ConfigMistake[] {
  const path = pathOf(issue.path);
  const found = isSecret(path, issue.input) ? "a value that is not shown" : describe(issue.input);
  switch (issue.code) {
    case "invalid_type":
      return [{ path, found, expected: `${article(issue.expected)}` }];
    case "invalid_value":
      return [{ path, found, expected: `one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}` }];
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        path: pathOf([...issue.path, key]),
        found: "a key that is not known",
        expected: "one of docs/config.md",
      }));
    case "too_small":
      return [
        {
          path,
          found,
          expected: `${issue.inclusive === false ? "more than" : "at least"} ${String(issue.minimum)}${issue.origin === "string" ? " character" : ""}`,
        },
      ];
    case "too_big":
      return [{ path, found, expected: `at most ${String(issue.maximum)}` }];
    case "invalid_union":
      return [
        { path, found, expected: issue.discriminator === undefined ? formOf(issue) : "a known kind of provider" },
      ];
    default:
      return [{ path, found, expected: issue.message }];
  }
}

/** What the schema says is expected; the library's own words say nothing. */
const formOf = ({ message }: z.core.$ZodIssue): string => (message === "Invalid input" ? "another form" : message);

const pathOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`),
    "",
  );

const article = (type: string): string =>
  type === "int" ? "a whole number" : /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
