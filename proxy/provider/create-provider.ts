/** A provider by its configuration: which format it speaks, where, and with which keys. */
import { agUi } from "./ag-ui.ts";
import { anthropic } from "./anthropic.ts";
import { bedrock } from "./bedrock.ts";
import type { BedrockServer } from "./bedrock-client.ts";
import { demoProvider } from "./demo.ts";
import type { HttpTransport } from "./http-transport.ts";
import { keepingProvider } from "./keeping-provider.ts";
import { KeyRing } from "./key-ring.ts";
import type { KeyEntry } from "./key-ring.ts";
import { ollama } from "./ollama.ts";
import { openAiChat } from "./openai-chat.ts";
import { openAiResponses } from "./openai-responses.ts";
import { CHAT_PROFILES, profileOfHost } from "./profiles.ts";
import { KIND_DEFAULTS } from "./provider-config.ts";
import type {
  BedrockConfig,
  CompatibleConfig,
  KeyConfig,
  OpenAiConfig,
  ProviderConfig,
  VendorConfig,
} from "./provider-config.ts";
import type { Provider } from "./provider.ts";
import { providerOf } from "./provider-call.ts";
import type { Connection } from "./provider-call.ts";

export interface ProviderDependencies {
  /** Shared by all providers: it pools their sockets. Whoever made it closes it. */
  readonly transport: HttpTransport;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Opens nothing and loads no SDK before the first call. */
export function createProvider(name: string, config: ProviderConfig, dependencies: ProviderDependencies): Provider {
  const { transport } = dependencies;
  switch (config.kind) {
    case "demo":
      return demoProvider(name);
    case "openai":
    case "groq":
    case "cerebras":
    case "deepseek":
    case "openai-compatible":
      return openAiProvider(name, config, dependencies);
    case "anthropic":
      return providerOf(anthropic(name, serverOf(config)), connectionOf(name, config, dependencies));
    case "ollama":
      return providerOf(ollama(serverOf(config)), connectionOf(name, config, dependencies));
    case "ag-ui": {
      const { url, headers = {} } = config;
      const secrets = Object.values(headers);
      return providerOf(agUi(name, { url, headers }), { name, transport, keys: new KeyRing([]), secrets });
    }
    case "bedrock":
      return bedrockProvider(name, config, dependencies);
  }
}

function openAiProvider(
  name: string,
  config: OpenAiConfig | CompatibleConfig | VendorConfig,
  dependencies: ProviderDependencies,
): Provider {
  const { kind } = config;
  const server = { ...serverOf(config), official: kind === "openai" };
  const connection = connectionOf(name, config, dependencies);
  const api = "api" in config ? config.api : undefined;
  if (api === "responses" || (kind === "openai" && api === undefined)) {
    const background = "background" in config && config.background === true;
    const format = openAiResponses(name, server, background);
    return background ? keepingProvider(format, connection) : providerOf(format, connection);
  }
  const profile =
    kind === "openai-compatible" ? profileOfHost(config.baseUrl) : CHAT_PROFILES[kind as keyof typeof CHAT_PROFILES];
  return providerOf(openAiChat(name, server, profile), connection);
}

function bedrockProvider(
  name: string,
  config: BedrockConfig,
  { transport, env = process.env }: ProviderDependencies,
): Provider {
  const { accessKeyId, secretAccessKey, sessionToken, headers = {}, endpoint } = config;
  const region = config.region ?? env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"];
  const signs = accessKeyId !== undefined && secretAccessKey !== undefined;
  const server: BedrockServer = {
    region,
    endpoint,
    headers,
    ...(signs
      ? { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } }
      : {}),
  };
  const secrets = [secretAccessKey, sessionToken, ...Object.values(headers)].filter((secret) => secret !== undefined);
  const keys = new KeyRing(signs ? [] : keysOf(config, env["AWS_BEARER_TOKEN_BEDROCK"]));
  return providerOf(bedrock(name, server, config.api ?? "converse"), { name, transport, keys, secrets });
}

/** The configured keys, or the one from the environment. */
const keysOf = ({ apiKey, apiKeys }: KeyConfig, fallback: string | undefined): readonly KeyEntry[] =>
  apiKeys ?? [apiKey ?? fallback ?? ""].filter((key) => key !== "");

type ServedConfig = OpenAiConfig | CompatibleConfig | VendorConfig;

const serverOf = (config: ServedConfig) => ({
  baseUrl:
    config.kind === "openai-compatible" ? config.baseUrl : (config.baseUrl ?? KIND_DEFAULTS[config.kind].baseUrl),
  headers: config.headers ?? {},
});

function connectionOf(
  name: string,
  config: ServedConfig,
  { transport, env = process.env }: ProviderDependencies,
): Connection {
  const variable = config.kind === "openai-compatible" ? null : KIND_DEFAULTS[config.kind].keyVariable;
  const keys = new KeyRing(keysOf(config, variable === null ? undefined : env[variable]));
  return { name, transport, keys, secrets: Object.values(config.headers ?? {}) };
}
