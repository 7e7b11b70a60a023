/** Going on from a partial answer, and winding up: what each API is really sent, and what is read of its answer. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { createProvider } from "../../../proxy/provider/create-provider.ts";
import { HttpTransport } from "../../../proxy/provider/http-transport.ts";
import { KeyRing } from "../../../proxy/provider/key-ring.ts";
import { openAiChat } from "../../../proxy/provider/openai-chat.ts";
import { CHAT_PROFILES } from "../../../proxy/provider/profiles.ts";
import { providerOf } from "../../../proxy/provider/provider-call.ts";
import type { ProviderConfig } from "../../../proxy/provider/provider-config.ts";
import type { ProviderEvent, ProviderRequest } from "../../../proxy/provider/provider.ts";
import { PATIENT, REQUEST, failsWith } from "../../fakes/ask-provider.ts";
import { openReplayServer } from "../../fakes/replay-server.ts";
import type { Replay } from "../../fakes/replay-server.ts";
import { converseStream, invokeStream } from "./aws-bytes.ts";
import { answerOf } from "./decoding.ts";

const TOOLS: ProviderRequest["tools"] = [{ name: "tide", description: "Tides", parameters: { type: "object" } }];

const sse = (...events: readonly object[]): string =>
  events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
const chat = (...texts: readonly string[]): Replay => ({
  body: sse(...texts.map((content) => ({ choices: [{ index: 0, delta: { content } }] })), {
    choices: [{ index: 0, delta: {}, finish_reason: "stop" }],
  }),
});
const claudeEvents = (text: string): readonly { type: string }[] => [
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } } as { type: string },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } } as { type: string },
  { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 3 } } as { type: string },
  { type: "message_stop" },
];
const aws = { "content-type": "application/vnd.amazon.eventstream" };
const converse = (text: string): Replay => ({
  headers: aws,
  body: converseStream([
    ["contentBlockDelta", { contentBlockIndex: 0, delta: { text } }],
    ["messageStop", { stopReason: "end_turn" }],
  ]),
});
const ollamaLines = (text: string): Replay => ({
  headers: { "content-type": "application/x-ndjson" },
  body: `${JSON.stringify({ message: { content: text } })}\n{"done":true,"done_reason":"stop","eval_count":3}\n`,
});

const bedrock = (endpoint: string, api: "converse" | "invoke"): ProviderConfig => ({
  kind: "bedrock",
  endpoint,
  region: "eu-west-1",
  apiKey: "key-123456",
  api,
});

/** What is sent as the last message, and what else is said for the sake of it. */
interface Case {
  readonly name: string;
  readonly config: (url: string) => ProviderConfig;
  readonly model: string;
  readonly reply: Replay;
  readonly url: string;
  readonly last: unknown;
  readonly fields?: Readonly<Record<string, unknown>>;
}

const PREFIX = "Low tide \n";

const CASES: readonly Case[] = [
  {
    name: "deepseek",
    config: (baseUrl) => ({ kind: "deepseek", baseUrl: `${baseUrl}/v1/`, apiKey: "key-123456" }),
    model: "deepseek-chat",
    reply: chat("is at ", "noon."),
    url: "/beta/chat/completions",
    last: { role: "assistant", content: PREFIX, reasoning_content: "", prefix: true },
    fields: { thinking: { type: "disabled" }, reasoning_effort: undefined },
  },
  {
    name: "anthropic",
    config: (baseUrl) => ({ kind: "anthropic", baseUrl, apiKey: "key-123456" }),
    model: "claude-haiku-4-5",
    reply: { body: sse(...claudeEvents(" \nis at noon.")) },
    url: "/v1/messages",
    last: { role: "assistant", content: [{ type: "text", text: "Low tide" }] },
    fields: { thinking: undefined },
  },
  {
    name: "bedrock, converse",
    config: (url) => bedrock(url, "converse"),
    model: "anthropic.claude-sonnet-4-5-20250929-v1:0",
    reply: converse(" \nis at noon."),
    url: "/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream",
    last: { role: "assistant", content: [{ text: "Low tide" }] },
    fields: { additionalModelRequestFields: undefined },
  },
  {
    name: "bedrock, invoke",
    config: (url) => bedrock(url, "invoke"),
    model: "eu.anthropic.claude-3-7-sonnet-20250219-v1:0",
    reply: { headers: aws, body: invokeStream(claudeEvents(" \nis at noon.")) },
    url: "/model/eu.anthropic.claude-3-7-sonnet-20250219-v1%3A0/invoke-with-response-stream",
    last: { role: "assistant", content: [{ type: "text", text: "Low tide" }] },
    fields: { thinking: undefined },
  },
  {
    name: "ollama",
    config: (baseUrl) => ({ kind: "ollama", baseUrl }),
    model: "llama3.2",
    reply: ollamaLines("is at noon."),
    url: "/api/chat",
    last: { role: "assistant", content: PREFIX },
    fields: { think: false },
  },
];

suite("a partial answer is gone on with", () => {
  let transport: HttpTransport;
  before(() => (transport = new HttpTransport()));
  after(() => transport.close());

  /** Asks once; what was sent, and the text that came. */
  async function ask(
    config: Case["config"],
    reply: Replay,
    request: ProviderRequest,
  ): Promise<{ url: string; body: Record<string, unknown>; text: string }> {
    const server = await openReplayServer(reply);
    try {
      const provider = createProvider("mine", config(server.url), { transport, env: {} });
      const events: ProviderEvent[] = [];
      for await (const batch of provider.stream(request, PATIENT, new AbortController().signal)) events.push(...batch);
      const { url, body } = server.requests[0]!;
      return { url, body: JSON.parse(body) as Record<string, unknown>, text: answerOf(events).text };
    } finally {
      await server.close();
    }
  }

  for (const { name, config, model, reply, url, last, fields = {} } of CASES) {
    test(`${name}: the text so far is the last message, and only what follows is yielded`, async () => {
      const asked = await ask(config, reply, { ...REQUEST, model, prefix: PREFIX, reasoning: "high" });
      const messages = asked.body["messages"] as readonly unknown[];
      assert.equal(asked.url, url);
      assert.equal(messages.length, REQUEST.messages.length + 1);
      assert.deepEqual(messages.at(-1), last);
      assert.equal(asked.text, "is at noon.");
      for (const [field, value] of Object.entries(fields)) assert.deepEqual(asked.body[field], value);
      const whole = await ask(config, reply, { ...REQUEST, model });
      assert.equal((whole.body["messages"] as readonly unknown[]).length, REQUEST.messages.length);
    });
  }

  test("mistral: the beginning that it repeats is not told again", async () => {
    const server = await openReplayServer(chat("Low tide", " \nis at ", "noon."));
    try {
      const format = openAiChat("mine", { baseUrl: server.url, headers: {}, official: false }, CHAT_PROFILES.mistral);
      const provider = providerOf(format, { name: "mine", transport, keys: new KeyRing(["key-123456"]) });
      const request: ProviderRequest = { ...REQUEST, model: "mistral-large-latest", prefix: PREFIX };
      const events: ProviderEvent[] = [];
      for await (const batch of provider.stream(request, PATIENT, new AbortController().signal)) events.push(...batch);
      assert.equal(answerOf(events).text, "is at noon.");
      const { messages } = JSON.parse(server.requests[0]!.body) as { messages: unknown[] };
      assert.deepEqual(messages.at(-1), { role: "assistant", content: "Low tide", prefix: true });
    } finally {
      await server.close();
    }
  });

  for (const [model, does] of [
    ["claude-3-haiku-20240307", true],
    ["claude-opus-4-1-20250805", true],
    ["claude-opus-4-5", true],
    ["claude-opus-4-6", false],
    ["claude-sonnet-4-6", false],
    ["claude-opus-4-7", false],
    ["claude-sonnet-5", false],
    ["claude-mythos-preview", false],
    ["claude-2.1", false],
  ] as const) {
    test(`${model} ${does ? "goes on" : "begins anew"}, at Anthropic and at Bedrock`, () => {
      const at = (config: ProviderConfig, id: string): boolean | undefined =>
        createProvider("mine", config, { transport, env: {} }).continues?.(id);
      assert.equal(at({ kind: "anthropic" }, model), does);
      assert.equal(at({ kind: "bedrock", region: "eu-west-1" }, `us.anthropic.${model}-v1:0`), does);
    });
  }

  test("who cannot go on says so, and refuses instead of beginning anew", async () => {
    const kinds: readonly (readonly [ProviderConfig, string])[] = [
      [{ kind: "openai" }, "gpt-5-mini"],
      [{ kind: "openai", api: "chat" }, "gpt-4o"],
      [{ kind: "groq" }, "openai/gpt-oss-120b"],
      [{ kind: "deepseek" }, "deepseek-reasoner"],
      [{ kind: "openai-compatible", baseUrl: "https://api.mistral.ai/v1" }, "magistral-medium-latest"],
      [{ kind: "bedrock", region: "eu-west-1" }, "amazon.nova-pro-v1:0"],
      [{ kind: "ollama" }, "gpt-oss:120b-cloud"],
      [{ kind: "ag-ui", url: "http://127.0.0.1:9/" }, "agent"],
    ];
    for (const [config, model] of kinds) {
      const provider = createProvider("mine", config, { transport, env: {} });
      assert.equal(provider.continues?.(model), false, model);
      const asked = provider.stream({ ...REQUEST, model, prefix: "Low" }, PATIENT, new AbortController().signal);
      await assert.rejects(asked.next(), failsWith("provider_invalid_request"), model);
    }
  });

  for (const [name, config, reply, choice] of [
    ["openai, chat", (baseUrl) => ({ kind: "openai", api: "chat", baseUrl }), chat("Noon."), "none"],
    ["groq", (baseUrl) => ({ kind: "groq", baseUrl }), chat("Noon."), "none"],
    [
      "openai, responses",
      (baseUrl) => ({ kind: "openai", baseUrl }),
      {
        body: sse(
          { type: "response.output_text.delta", delta: "Noon." },
          { type: "response.completed", response: { status: "completed" } },
        ),
      },
      "none",
    ],
    [
      "anthropic",
      (baseUrl) => ({ kind: "anthropic", baseUrl }),
      { body: sse(...claudeEvents("Noon.")) },
      { type: "none" },
    ],
  ] as const satisfies readonly (readonly [string, Case["config"], Replay, unknown])[]) {
    test(`${name}: winding up keeps the tools and forbids calls; without tools there is nothing to forbid`, async () => {
      const winding = await ask(config, reply, { ...REQUEST, tools: TOOLS, windUp: true });
      assert.deepEqual(winding.body["tool_choice"], choice);
      assert.equal((winding.body["tools"] as unknown[]).length, 1);
      assert.equal("tool_choice" in (await ask(config, reply, { ...REQUEST, windUp: true })).body, false);
      assert.equal("tool_choice" in (await ask(config, reply, { ...REQUEST, tools: TOOLS })).body, false);
    });
  }

  test("ollama winds up without the tools, bedrock has no word for it", async () => {
    const request: ProviderRequest = { ...REQUEST, tools: TOOLS, windUp: true };
    const local = await ask((baseUrl) => ({ kind: "ollama", baseUrl }), ollamaLines("Noon."), request);
    assert.equal("tools" in local.body, false);
    const { body } = await ask((url) => bedrock(url, "converse"), converse("Noon."), request);
    assert.deepEqual(Object.keys(body["toolConfig"] as object), ["tools"]);
  });
});
