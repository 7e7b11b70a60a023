/** Bedrock's two ways of streaming, in the frames of AWS. */
import { awsFrame, converseStream, invokeStream } from "../../proxy/provider/aws-bytes.ts";
import { CLAUDE_CLOSING, CLAUDE_OPENING, claudeDelta } from "./anthropic-wire.ts";
import { awsRefusal } from "./refusals.ts";
import type { Wire } from "./wire.ts";

const bedrock = (url: string) =>
  ({
    kind: "bedrock",
    region: "us-east-1",
    endpoint: url,
    accessKeyId: "AKIAMATRIX",
    secretAccessKey: "matrix-secret-key",
  }) as const;

const common = {
  type: "application/vnd.amazon.eventstream",
  inBand: {
    overloaded: awsFrame(
      "serviceUnavailableException",
      { message: "Bedrock is unable to process your request." },
      "exception",
    ),
    "rate limit": awsFrame(
      "throttlingException",
      { message: "Too many requests, please wait before trying again." },
      "exception",
    ),
    "server error": awsFrame(
      "internalServerException",
      { message: "The system encountered an unexpected error during processing." },
      "exception",
    ),
  },
  // The length of a frame, two gigabytes.
  endless: Uint8Array.of(0x7f, 0xff, 0xff, 0xff),
  refusal: awsRefusal,
} as const;

export const converseWire: Wire = {
  ...common,
  name: "bedrock converse",
  model: "amazon.nova-pro-v1:0",
  configure: (url) => ({ ...bedrock(url), api: "converse" }),
  opening: converseStream([["messageStart", { role: "assistant" }]]),
  said: (text) => converseStream([["contentBlockDelta", { contentBlockIndex: 0, delta: { text } }]]),
  closing: () =>
    converseStream([
      ["contentBlockStop", { contentBlockIndex: 0 }],
      ["messageStop", { stopReason: "end_turn" }],
      ["metadata", { usage: { inputTokens: 12, outputTokens: 9, totalTokens: 21 } }],
    ]),
  // It has none of its own: an event nobody knows comes nearest.
  ping: awsFrame("keepAlive", {}),
};

export const invokeWire: Wire = {
  ...common,
  name: "bedrock invoke",
  model: "anthropic.claude-sonnet-4-6",
  configure: (url) => ({ ...bedrock(url), api: "invoke" }),
  opening: invokeStream(CLAUDE_OPENING),
  said: (text) => invokeStream([claudeDelta(text)]),
  closing: () => invokeStream(CLAUDE_CLOSING),
  ping: invokeStream([{ type: "ping" }]),
};
