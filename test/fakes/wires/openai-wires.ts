/** Chat Completions as OpenAI and four others write it, and OpenAI's Responses. */
import { cerebrasRefusal, openAiRefusal, vllmRefusal } from "./refusals.ts";
import type { Wire } from "./wire.ts";

const data = (event: unknown): string => `data: ${JSON.stringify(event)}\n\n`;
const named = (event: { readonly type: string; readonly [field: string]: unknown }): string =>
  `event: ${event.type}\n${data(event)}`;

const chunk = (delta: unknown, finish: string | null = null, more: object = {}): string =>
  data({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...more,
  });
const USAGE = { prompt_tokens: 12, completion_tokens: 9, total_tokens: 21 };
const DONE = "data: [DONE]\n\n";

const chat = {
  type: "text/event-stream; charset=utf-8",
  opening: chunk({ role: "assistant", content: "" }),
  said: (content: string) => chunk({ content }),
  closing: () => chunk({}, "stop") + data({ choices: [], usage: USAGE }) + DONE,
  ping: ": keep-alive\n\n",
  inBand: {
    overloaded: data({
      error: { message: "The engine is currently overloaded, please try again later.", type: "server_error" },
    }),
    "rate limit": data({
      error: {
        message: "Rate limit reached on tokens per min. Please try again in 20ms.",
        type: "tokens",
        code: "rate_limit_exceeded",
      },
    }),
    "server error": data({
      error: { message: "The server had an error while processing your request.", type: "server_error" },
    }),
  },
  endless: 'data: {"choices":[{"index":0,"delta":{"content":"',
  refusal: openAiRefusal,
} as const;

export const openAiChatWire: Wire = {
  ...chat,
  name: "openai chat",
  model: "gpt-4.1-mini",
  configure: (url) => ({ kind: "openai", api: "chat", baseUrl: `${url}/v1`, apiKey: "sk-matrix-key" }),
};

/** As vLLM writes it. */
export const compatibleWire: Wire = {
  ...chat,
  name: "openai-compatible",
  model: "ship-1",
  configure: (url) => ({ kind: "openai-compatible", baseUrl: `${url}/v1`, apiKey: "sk-matrix-key" }),
  inBand: {
    overloaded: data({ error: { message: "No worker is free", type: "ServiceUnavailableError", code: 503 } }),
    "rate limit": data({
      error: { message: "Slow down. Please try again in 20ms.", type: "TooManyRequestsError", code: 429 },
    }),
    "server error": data({
      error: { object: "error", message: "EngineCore died", type: "InternalServerError", code: 500 },
    }),
  },
  refusal: vllmRefusal,
};

export const groqWire: Wire = {
  ...chat,
  name: "groq",
  model: "llama-3.3-70b-versatile",
  configure: (url) => ({ kind: "groq", baseUrl: `${url}/v1`, apiKey: "gsk_matrix-key" }),
  closing: () => chunk({}, "stop", { x_groq: { id: "req_1", usage: USAGE } }) + DONE,
};

/** Its errors name the status beside them. */
export const cerebrasWire: Wire = {
  ...chat,
  name: "cerebras",
  model: "llama-3.3-70b",
  configure: (url) => ({ kind: "cerebras", baseUrl: `${url}/v1`, apiKey: "csk-matrix-key" }),
  closing: () => chunk({}, "stop", { usage: USAGE, time_info: { total_time: 0.01 } }) + DONE,
  inBand: {
    overloaded: data({ error: { message: "Queue is full", code: "queue_exceeded" }, status_code: 503 }),
    "rate limit": data({
      error: { message: "Too many tokens. Please try again in 20ms.", code: "token_quota_exceeded" },
      status_code: 429,
    }),
    "server error": data({ error: { message: "Encountered a server error", code: "server_error" }, status_code: 0 }),
  },
  refusal: cerebrasRefusal,
};

/** Says that it is overloaded with a reason to finish. */
export const deepSeekWire: Wire = {
  ...chat,
  name: "deepseek",
  model: "deepseek-chat",
  configure: (url) => ({ kind: "deepseek", baseUrl: url, apiKey: "sk-matrix-key" }),
  inBand: { ...chat.inBand, overloaded: chunk({}, "insufficient_system_resource") + DONE },
};

const item = { id: "msg_1", type: "message", role: "assistant", content: [] };
const failed = (code: string, message: string): string =>
  named({ type: "response.failed", response: { id: "resp_1", status: "failed", error: { code, message } } });

export const openAiResponsesWire: Wire = {
  name: "openai responses",
  model: "gpt-4.1",
  configure: (url) => ({ kind: "openai", baseUrl: `${url}/v1`, apiKey: "sk-matrix-key" }),
  type: "text/event-stream; charset=utf-8",
  opening:
    named({ type: "response.created", response: { id: "resp_1", status: "in_progress", output: [] } }) +
    named({ type: "response.output_item.added", output_index: 0, item }),
  said: (delta) =>
    named({ type: "response.output_text.delta", item_id: "msg_1", output_index: 0, content_index: 0, delta }),
  closing: (text) =>
    named({
      type: "response.output_item.done",
      output_index: 0,
      item: { ...item, content: [{ type: "output_text", text, annotations: [] }] },
    }) +
    named({
      type: "response.completed",
      response: { id: "resp_1", status: "completed", usage: { input_tokens: 12, output_tokens: 9 } },
    }),
  ping: ": keep-alive\n\n",
  inBand: {
    overloaded: failed("server_is_overloaded", "Our servers are currently overloaded. Please try again later."),
    "rate limit": failed("rate_limit_exceeded", "Rate limit reached for gpt-4.1. Please try again in 20ms."),
    "server error": named({
      type: "error",
      code: "server_error",
      message: "An error occurred while processing your request.",
      param: null,
    }),
  },
  endless: 'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"',
  refusal: openAiRefusal,
};
