/** What each kind of provider is configured with (design: providers), and where it looks when the configuration is silent. */
import type { KeyEntry } from "./key-ring.ts";
import type { ProviderTimers } from "./provider.ts";

interface CommonConfig {
  /** Sent with every request, after the provider's own. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly timers?: { readonly [Timer in keyof ProviderTimers]?: number | undefined } | undefined;
  readonly maxConcurrent?: number | undefined;
}

export interface KeyConfig {
  readonly apiKey?: string | undefined;
  /** A pool: calls take turns, by weight where there are any, and a key that was refused or limited rests. */
  readonly apiKeys?: readonly KeyEntry[] | undefined;
}

interface ServerConfig extends CommonConfig, KeyConfig {
  readonly baseUrl?: string | undefined;
}

export interface OpenAiConfig extends ServerConfig {
  readonly kind: "openai";
  /** `responses` unless said otherwise. */
  readonly api?: "responses" | "chat" | undefined;
  /** With `api: "responses"`: the provider goes on when a connection breaks, and is asked for the rest. @default false */
  readonly background?: boolean | undefined;
}

export interface CompatibleConfig extends ServerConfig {
  readonly kind: "openai-compatible";
  readonly baseUrl: string;
  /** `chat` unless said otherwise. */
  readonly api?: "responses" | "chat" | undefined;
  /** With `api: "responses"`: the provider goes on when a connection breaks, and is asked for the rest. @default false */
  readonly background?: boolean | undefined;
}

export interface VendorConfig extends ServerConfig {
  readonly kind: "anthropic" | "groq" | "cerebras" | "deepseek" | "ollama";
}

export interface BedrockConfig extends CommonConfig, KeyConfig {
  readonly kind: "bedrock";
  readonly region?: string | undefined;
  /** `converse` unless said otherwise. */
  readonly api?: "converse" | "invoke" | undefined;
  readonly endpoint?: string | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly sessionToken?: string | undefined;
}

export interface AgUiConfig extends CommonConfig {
  readonly kind: "ag-ui";
  readonly url: string;
}

export interface DemoConfig extends CommonConfig {
  readonly kind: "demo";
}

export type ProviderConfig = OpenAiConfig | CompatibleConfig | VendorConfig | BedrockConfig | AgUiConfig | DemoConfig;

interface KindDefaults {
  readonly baseUrl: string;
  /** The environment variable that holds the key; null where none is needed. */
  readonly keyVariable: string | null;
}

/** The kinds with one well-known server each. */
export const KIND_DEFAULTS = {
  openai: { baseUrl: "https://api.openai.com/v1", keyVariable: "OPENAI_API_KEY" },
  anthropic: { baseUrl: "https://api.anthropic.com", keyVariable: "ANTHROPIC_API_KEY" },
  groq: { baseUrl: "https://api.groq.com/openai/v1", keyVariable: "GROQ_API_KEY" },
  cerebras: { baseUrl: "https://api.cerebras.ai/v1", keyVariable: "CEREBRAS_API_KEY" },
  deepseek: { baseUrl: "https://api.deepseek.com", keyVariable: "DEEPSEEK_API_KEY" },
  ollama: { baseUrl: "http://127.0.0.1:11434", keyVariable: null },
} as const satisfies Record<string, KindDefaults>;
