import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createProvider } from "../../../proxy/provider/create-provider.ts";
import type { ProviderConfig } from "../../../proxy/provider/provider-config.ts";
import { KEY, providerContract } from "../../contracts/provider.contract.ts";
import type { ProviderCase } from "../../contracts/provider.contract.ts";

const transcript = (file: string): Uint8Array => readFileSync(join(import.meta.dirname, "transcripts", file));

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
