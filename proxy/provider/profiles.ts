/**
 * What sets the servers apart that speak Chat Completions, as data. A new one is a profile of a few lines: what it
 * does not name is as most servers have it.
 */
import type { ProviderRequest } from "./provider.ts";

type Effort = NonNullable<ProviderRequest["reasoning"]>;

export interface ChatProfile {
  /** Fields that ask for the usage at the end of the stream; none where it comes unasked. */
  readonly streamOptions: Readonly<Record<string, boolean>> | null;
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
  /** True where some models end with `[DONE]` and no finish reason. Elsewhere that is a cut answer. */
  readonly doneAlone: boolean;
  /** True where `completion_tokens` leaves the reasoning tokens out. */
  readonly reasoningBesideOutput: boolean;
  /** The field in which the history gives an assistant its reasoning back; null where that is refused or ignored. */
  readonly reasoningField: "reasoning_content" | "reasoning" | null;
  /** True where every assistant turn of the history needs that field, empty or not. */
  readonly reasoningAlways: boolean;
  /** What a request says for each amount of thinking. */
  readonly effort: Readonly<Record<Effort, Readonly<Record<string, unknown>>>>;
  /** Models that refuse a temperature; null where none does. */
  readonly fixedSampling: RegExp | null;
  /** How a partial answer is gone on with; null where that is not possible. */
  readonly prefix: PrefixRule | null;
  /** True where the response headers may wait for the first token, so that waiting for them is waiting for content. */
  readonly headersWithContent: boolean;
}

export interface PrefixRule {
  /** Models that can. */
  readonly models: RegExp;
  /** The last part of the base URL under which it works; null where any does. */
  readonly path: string | null;
  /** True where the continuation begins with what was sent, without the white space at its end. */
  readonly echoes: boolean;
  /** Sent in place of the effort: a turn that begins with text has been thought about. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** OpenAI's models that think before they answer. */
const REASONING_MODEL = /^(?:o\d|gpt-[5-9](?!.*-chat)|codex)/;

export const isReasoningModel = (model: string): boolean => REASONING_MODEL.test(model.replace(/^.*\//, ""));

const plainEffort: ChatProfile["effort"] = {
  none: { reasoning_effort: "none" },
  low: { reasoning_effort: "low" },
  medium: { reasoning_effort: "medium" },
  high: { reasoning_effort: "high" },
};

/** Any server that says it is compatible: asks for what nearly all know, takes what any of them sends. */
const compatible: ChatProfile = {
  streamOptions: { include_usage: true },
  maxTokensField: "max_tokens",
  doneAlone: true,
  reasoningBesideOutput: false,
  reasoningField: null,
  reasoningAlways: false,
  effort: plainEffort,
  fixedSampling: null,
  prefix: null,
  headersWithContent: true,
};

const openai: ChatProfile = {
  ...compatible,
  // Without it every chunk carries random padding.
  streamOptions: { include_usage: true, include_obfuscation: false },
  maxTokensField: "max_completion_tokens",
  doneAlone: false,
  fixedSampling: REASONING_MODEL,
};

export const CHAT_PROFILES = {
  "openai-compatible": compatible,
  openai,
  azure: { ...openai, streamOptions: { include_usage: true } },
  groq: { ...compatible, maxTokensField: "max_completion_tokens", doneAlone: false, reasoningField: "reasoning" },
  cerebras: { ...compatible, maxTokensField: "max_completion_tokens", doneAlone: false, reasoningField: "reasoning" },
  deepseek: {
    ...compatible,
    doneAlone: false,
    reasoningField: "reasoning_content",
    reasoningAlways: true,
    effort: {
      none: { thinking: { type: "disabled" } },
      low: { thinking: { type: "enabled" }, reasoning_effort: "low" },
      medium: { thinking: { type: "enabled" }, reasoning_effort: "high" },
      high: { thinking: { type: "enabled" }, reasoning_effort: "high" },
    },
    prefix: {
      // The reasoner thinks before any text, whatever it is told.
      models: /^(?!.*reasoner)/,
      path: "/beta",
      echoes: false,
      fields: { thinking: { type: "disabled" } },
    },
    // Queued requests get their headers and comments at once.
    headersWithContent: false,
  },
  mistral: {
    ...compatible,
    // Refuses fields it does not know, and sends the usage unasked.
    streamOptions: null,
    doneAlone: false,
    effort: {
      none: { reasoning_effort: "none" },
      low: { reasoning_effort: "high" },
      medium: { reasoning_effort: "high" },
      high: { reasoning_effort: "high" },
    },
    prefix: { models: /^(?!magistral)/, path: null, echoes: true, fields: {} },
  },
  xai: { ...compatible, maxTokensField: "max_completion_tokens", doneAlone: false, reasoningBesideOutput: true },
  openrouter: {
    ...compatible,
    reasoningField: "reasoning",
    effort: {
      none: { reasoning: { enabled: false } },
      low: { reasoning: { effort: "low" } },
      medium: { reasoning: { effort: "medium" } },
      high: { reasoning: { effort: "high" } },
    },
    headersWithContent: false,
  },
} as const satisfies Record<string, ChatProfile>;

/** Hosts whose servers are known; the first suffix that fits counts. */
const HOSTS: readonly (readonly [suffix: string, profile: ChatProfile])[] = [
  ["api.openai.com", openai],
  [".openai.azure.com", CHAT_PROFILES.azure],
  [".services.ai.azure.com", CHAT_PROFILES.azure],
  ["api.groq.com", CHAT_PROFILES.groq],
  ["api.cerebras.ai", CHAT_PROFILES.cerebras],
  ["api.deepseek.com", CHAT_PROFILES.deepseek],
  ["api.mistral.ai", CHAT_PROFILES.mistral],
  ["api.x.ai", CHAT_PROFILES.xai],
  ["openrouter.ai", CHAT_PROFILES.openrouter],
];

/** The profile of a compatible server, by the host of its base URL. */
export function profileOfHost(baseUrl: string): ChatProfile {
  const { hostname } = new URL(baseUrl);
  return (
    HOSTS.find(([suffix]) => hostname === suffix || (suffix.startsWith(".") && hostname.endsWith(suffix)))?.[1] ??
    compatible
  );
}
