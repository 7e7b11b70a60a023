import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createProvider } from "../../../proxy/provider/create-provider.ts";
import type { ProviderConfig } from "../../../proxy/provider/provider-config.ts";
import { KEY, TEXT, providerContract } from "../../contracts/provider.contract.ts";
import type { ProviderCase } from "../../contracts/provider.contract.ts";
import { converseStream, invokeStream } from "./aws-bytes.ts";

const transcript = (file: string): Buffer => readFileSync(join(import.meta.dirname, "transcripts", file));

const by =
  (configOf: (url: string) => ProviderConfig): ProviderCase["create"] =>
  (url, transport) =>
    createProvider("tested", configOf(url), { transport, env: {} });

const openAiError = {
  status: 401,
  body: `{"error":{"message":"Incorrect API key provided: ${KEY}","code":"invalid_api_key"}}`,
};

providerContract({
  name: "openai, chat",
  create: by((baseUrl) => ({ kind: "openai", api: "chat", baseUrl, apiKey: KEY })),
  contentType: "text/event-stream; charset=utf-8",
  transcript: transcript("openai-chat.sse"),
  unauthorized: openAiError,
  headersWithContent: true,
});

providerContract({
  name: "anthropic",
  create: by((baseUrl) => ({ kind: "anthropic", baseUrl, apiKey: KEY })),
  contentType: "text/event-stream; charset=utf-8",
  transcript: transcript("anthropic.sse"),
  unauthorized: {
    status: 401,
    body: `{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key ${KEY}"}}`,
  },
  headersWithContent: false,
});

providerContract({
  name: "ollama",
  create: by((baseUrl) => ({ kind: "ollama", baseUrl, apiKey: KEY })),
  contentType: "application/x-ndjson",
  transcript: transcript("ollama.jsonl"),
  unauthorized: { status: 401, body: '{"error":"unauthorized"}' },
  headersWithContent: true,
});

providerContract({
  name: "openai, responses",
  create: by((baseUrl) => ({ kind: "openai", baseUrl, apiKey: KEY })),
  contentType: "text/event-stream; charset=utf-8",
  transcript: transcript("openai-responses.sse"),
  unauthorized: openAiError,
  headersWithContent: false,
});

providerContract({
  name: "ag-ui",
  create: by((url) => ({ kind: "ag-ui", url, headers: { authorization: `Bearer ${KEY}` } })),
  contentType: "text/event-stream",
  transcript: transcript("ag-ui.sse"),
  unauthorized: { status: 401, body: `{"detail":"Not authorized with Bearer ${KEY}"}` },
  headersWithContent: false,
});

const converseEvents: readonly (readonly [type: string, body: unknown])[] = [
  ["messageStart", { role: "assistant" }],
  ["contentBlockDelta", { contentBlockIndex: 0, delta: { reasoningContent: { text: "The port first, " } } }],
  ["contentBlockDelta", { contentBlockIndex: 0, delta: { reasoningContent: { signature: "c2lnbmVk" } } }],
  ["contentBlockStop", { contentBlockIndex: 0 }],
  ["contentBlockDelta", { contentBlockIndex: 1, delta: { text: TEXT.slice(0, 10) } }],
  ["contentBlockDelta", { contentBlockIndex: 1, delta: { text: TEXT.slice(10) } }],
  ["contentBlockStop", { contentBlockIndex: 1 }],
  ["contentBlockStart", { contentBlockIndex: 2, start: { toolUse: { toolUseId: "call_1", name: "tide" } } }],
  ["contentBlockDelta", { contentBlockIndex: 2, delta: { toolUse: { input: '{"port":' } } }],
  ["contentBlockDelta", { contentBlockIndex: 2, delta: { toolUse: { input: '"Sète"}' } } }],
  ["contentBlockStop", { contentBlockIndex: 2 }],
  ["messageStop", { stopReason: "tool_use" }],
  ["metadata", { usage: { inputTokens: 8, outputTokens: 25, cacheReadInputTokens: 30, cacheWriteInputTokens: 2 } }],
];

const credentials = { region: "eu-west-1", accessKeyId: "AKIATEST", secretAccessKey: KEY };
const awsError = {
  status: 403,
  headers: { "content-type": "application/json", "x-amzn-errortype": "UnrecognizedClientException:" },
  body: `{"message":"The security token included in the request is invalid: ${KEY}"}`,
};

providerContract({
  name: "bedrock, converse",
  create: by((endpoint) => ({ kind: "bedrock", endpoint, ...credentials })),
  contentType: "application/vnd.amazon.eventstream",
  transcript: converseStream(converseEvents),
  unauthorized: awsError,
  headersWithContent: true,
});

providerContract({
  name: "bedrock, invoke",
  create: by((endpoint) => ({ kind: "bedrock", api: "invoke", endpoint, region: "eu-west-1", apiKey: KEY })),
  contentType: "application/vnd.amazon.eventstream",
  transcript: invokeStream(
    transcript("anthropic.sse")
      .toString()
      .split("\n")
      .filter((line) => line.startsWith("data: "))
      .map((line) => JSON.parse(line.slice("data: ".length)) as unknown),
  ),
  unauthorized: awsError,
  headersWithContent: true,
});
