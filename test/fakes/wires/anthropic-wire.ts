/** Anthropic Messages, as its own server and, in frames of AWS, as Bedrock's `invoke` writes it. */
import { anthropicRefusal } from "./refusals.ts";
import type { InBandError, Wire } from "./wire.ts";

export interface MessageEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

export const CLAUDE_OPENING: readonly MessageEvent[] = [
  {
    type: "message_start",
    message: { id: "msg_1", role: "assistant", content: [], usage: { input_tokens: 12, output_tokens: 1 } },
  },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
];

export const claudeDelta = (text: string): MessageEvent => ({
  type: "content_block_delta",
  index: 0,
  delta: { type: "text_delta", text },
});

export const CLAUDE_CLOSING: readonly MessageEvent[] = [
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 9 } },
  { type: "message_stop" },
];

const sse = (...events: readonly MessageEvent[]): string =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");

const ERRORS: Readonly<Record<InBandError, readonly [type: string, message: string]>> = {
  overloaded: ["overloaded_error", "Overloaded"],
  "rate limit": ["rate_limit_error", "This request would exceed your rate limit. Please try again in 20ms."],
  "server error": ["api_error", "Internal server error"],
};
const inBand = (error: InBandError): string => {
  const [type, message] = ERRORS[error];
  return sse({ type: "error", error: { type, message } });
};

export const anthropicWire: Wire = {
  name: "anthropic",
  model: "claude-sonnet-4-6",
  configure: (url) => ({ kind: "anthropic", baseUrl: url, apiKey: "sk-ant-matrix-key" }),
  type: "text/event-stream; charset=utf-8",
  opening: sse(...CLAUDE_OPENING),
  said: (text) => sse(claudeDelta(text)),
  closing: () => sse(...CLAUDE_CLOSING),
  ping: sse({ type: "ping" }),
  inBand: {
    overloaded: inBand("overloaded"),
    "rate limit": inBand("rate limit"),
    "server error": inBand("server error"),
  },
  endless: 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"text":"',
  refusal: anthropicRefusal,
};
