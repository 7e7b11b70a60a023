/** What is assumed when nothing is written: providers found in the environment, and one agent made of them. */
import type { ConfigInput } from "./config-schema.ts";
import type { Environment } from "./config.ts";
import { KIND_DEFAULTS } from "./provider/provider-config.ts";

type Providers = NonNullable<ConfigInput["providers"]>;
type Agents = NonNullable<ConfigInput["agents"]>;

/** The variable each kind's key is read from, where there is one. */
export const keyVariableOf = (kind: string): string | undefined => KEY_VARIABLES[kind] ?? undefined;

const KEY_VARIABLES: Readonly<Record<string, string | null>> = {
  ...Object.fromEntries(Object.entries(KIND_DEFAULTS).map(([kind, { keyVariable }]) => [kind, keyVariable])),
  bedrock: "AWS_BEARER_TOKEN_BEDROCK",
};

/** A current, affordable model of each kind, for an agent nobody configured. */
const DEFAULT_MODELS: Readonly<Record<string, string>> = {
  openai: "gpt-5-mini",
  anthropic: "claude-sonnet-4-6",
  bedrock: "anthropic.claude-sonnet-4-6",
  groq: "openai/gpt-oss-120b",
  cerebras: "gpt-oss-120b",
  deepseek: "deepseek-chat",
  ollama: "llama3.2",
  "openai-compatible": "default",
  "ag-ui": "agent",
  demo: "tour",
};

/** What the demo provider knows how to answer. */
const DEMO_WELCOME = {
  greeting: "What shall I show you?",
  starters: ["Show me around", "Write a long answer in chapters", "Show me some code", "Emoji and other scripts"],
};

/** Every provider whose key is in the environment; the demo provider when there is none. */
export function discoverProviders(env: Environment): Providers {
  const found: Record<string, Providers[string]> = {};
  for (const kind of ["openai", "anthropic", "groq", "cerebras", "deepseek"] as const) {
    const baseUrl = env[`${kind.toUpperCase()}_BASE_URL`];
    if (env[KIND_DEFAULTS[kind].keyVariable]) found[kind] = baseUrl ? { kind, baseUrl } : { kind };
  }
  if (env["AWS_BEARER_TOKEN_BEDROCK"] || env["AWS_ACCESS_KEY_ID"]) found["bedrock"] = { kind: "bedrock" };
  const ollama = env["OLLAMA_HOST"];
  if (ollama) found["ollama"] = { kind: "ollama", baseUrl: /^https?:\/\//.test(ollama) ? ollama : `http://${ollama}` };
  return Object.keys(found).length > 0 ? found : { demo: { kind: "demo" } };
}

/** One agent, `default`, that tries every provider in turn. On a developer's own machine it shows all there is. */
export function defaultAgents(providers: Providers, open: boolean): Agents {
  const models = Object.entries(providers).map(([name, provider]) => {
    const kind = String((provider as { kind?: unknown } | null)?.kind);
    return `${name}/${DEFAULT_MODELS[kind] ?? "default"}`;
  });
  const isDemo = Object.values(providers).every((provider) => (provider as { kind?: unknown } | null)?.kind === "demo");
  const welcome = isDemo ? DEMO_WELCOME : {};
  const show = {
    reasoning: true,
    toolArguments: true,
    toolResults: true,
    usage: true,
    cost: true,
    model: true,
    route: true,
  };
  return {
    default: open ? { ...welcome, models, show, pageMay: ["model", "temperature", "tools"] } : { ...welcome, models },
  };
}
