import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { createProvider } from "../../../proxy/provider/create-provider.ts";
import { HttpTransport } from "../../../proxy/provider/http-transport.ts";
import { KeyRing } from "../../../proxy/provider/key-ring.ts";
import { openAiChat } from "../../../proxy/provider/openai-chat.ts";
import { CHAT_PROFILES } from "../../../proxy/provider/profiles.ts";
import type { ChatProfile } from "../../../proxy/provider/profiles.ts";
import { providerOf } from "../../../proxy/provider/provider-call.ts";
import type { ProviderConfig } from "../../../proxy/provider/provider-config.ts";
import type { Provider } from "../../../proxy/provider/provider.ts";
import { PATIENT, REQUEST, collect } from "../../fakes/ask-provider.ts";
import { openReplayServer } from "../../fakes/replay-server.ts";
import type { Replay, ReplayServer } from "../../fakes/replay-server.ts";
import { converseStream } from "./aws-bytes.ts";
import { answerOf } from "./decoding.ts";

suite("createProvider()", () => {
  let transport: HttpTransport;
  before(() => (transport = new HttpTransport()));
  after(() => transport.close());

  async function against(
    reply: Parameters<typeof openReplayServer>[0],
    configOf: (url: string) => ProviderConfig,
    run: (provider: Provider, server: ReplayServer) => Promise<void>,
    env: Record<string, string> = {},
  ): Promise<void> {
    const server = await openReplayServer(reply);
    try {
      await run(createProvider("mine", configOf(server.url), { transport, env }), server);
    } finally {
      await server.close();
    }
  }

  const chat = (text: string): Replay => ({
    body: `data: {"choices":[{"index":0,"delta":{"content":"${text}"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`,
  });

  for (const [kind, path, variable] of [
    ["groq", "/chat/completions", "GROQ_API_KEY"],
    ["cerebras", "/chat/completions", "CEREBRAS_API_KEY"],
    ["deepseek", "/chat/completions", "DEEPSEEK_API_KEY"],
  ] as const) {
    test(`${kind} speaks Chat Completions with the key from ${variable}`, async () => {
      await against(
        chat("hi"),
        (baseUrl) => ({ kind, baseUrl }),
        async (provider, server) => {
          assert.equal(answerOf((await collect(provider)).events).text, "hi");
          assert.equal(server.requests[0]!.url, path);
          assert.equal(server.requests[0]!.headers.authorization, "Bearer from-env-123");
        },
        { [variable]: "from-env-123" },
      );
    });
  }

  test("a compatible server without a key gets no authorization, nothing of OpenAI's, and the configured headers", async () => {
    process.env["OPENAI_ORG_ID"] = "org-of-somebody";
    try {
      await against(
        chat("hi"),
        (baseUrl) => ({ kind: "openai-compatible", baseUrl: `${baseUrl}/v1`, headers: { "x-tenant": "t1" } }),
        async (provider, server) => {
          await collect(provider);
          const { url, headers } = server.requests[0]!;
          assert.equal(url, "/v1/chat/completions");
          assert.deepEqual(
            [headers.authorization, headers["openai-organization"], headers["x-tenant"]],
            [undefined, undefined, "t1"],
          );
        },
        { OPENAI_API_KEY: "must-not-be-sent" },
      );
    } finally {
      delete process.env["OPENAI_ORG_ID"];
    }
  });

  test("a compatible server may speak Responses", async () => {
    await against(
      { body: "" },
      (baseUrl) => ({ kind: "openai-compatible", baseUrl, api: "responses" }),
      async (provider, server) => {
        await collect(provider);
        assert.equal(server.requests[0]!.url, "/responses");
      },
    );
  });

  test("a server nobody knows is a profile of a few lines", async () => {
    const profile: ChatProfile = {
      ...CHAT_PROFILES["openai-compatible"],
      maxTokensField: "max_completion_tokens",
      reasoningBesideOutput: true,
    };
    const usage = { prompt_tokens: 4, completion_tokens: 1, completion_tokens_details: { reasoning_tokens: 9 } };
    const server = await openReplayServer({
      body: `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "hi" }, finish_reason: "stop" }], usage })}\n\n`,
    });
    try {
      const format = openAiChat("new", { baseUrl: server.url, headers: {}, official: false }, profile);
      const provider = providerOf(format, { name: "new", transport, keys: new KeyRing(["k-123456"]) });
      assert.equal(answerOf((await collect(provider)).events).usage?.output, 10);
    } finally {
      await server.close();
    }
  });

  test("a pool of keys takes turns, and a limited key rests", async () => {
    await against(
      (request) =>
        request.headers.authorization === "Bearer key-aaaa" ? { status: 429, headers: {}, body: "" } : chat("hi"),
      (baseUrl) => ({ kind: "groq", baseUrl, apiKeys: ["key-aaaa", "key-bbbb"] }),
      async (provider, server) => {
        assert.equal((await collect(provider)).error?.code, "provider_rate_limited");
        for (let call = 0; call < 3; call++) assert.equal((await collect(provider)).error, null);
        assert.deepEqual(
          server.requests.map(({ headers }) => headers.authorization),
          ["Bearer key-aaaa", "Bearer key-bbbb", "Bearer key-bbbb", "Bearer key-bbbb"],
        );
      },
    );
  });

  test("a Claude that is being retired is asked like any other, and nothing is written to the console", async (t) => {
    const warn = t.mock.method(console, "warn", () => {});
    const body = JSON.stringify({
      type: "message_delta",
      delta: { stop_reason: "end_turn" },
      usage: { output_tokens: 1 },
    });
    await against(
      { body: `data: ${body}\n\n` },
      (baseUrl) => ({ kind: "anthropic", baseUrl, apiKey: "key-123456" }),
      async (provider, server) => {
        const request = { ...REQUEST, model: "claude-sonnet-4-5" };
        for await (const _ of provider.stream(request, PATIENT, new AbortController().signal));
        const { method, url, headers } = server.requests[0]!;
        assert.deepEqual([method, url, headers.authorization], ["POST", "/v1/messages", "Bearer key-123456"]);
        assert.ok(headers["anthropic-version"] !== undefined);
        assert.equal(warn.mock.callCount(), 0);
      },
    );
  });

  suite("bedrock", () => {
    const bedrock = (endpoint: string): ProviderConfig => ({
      kind: "bedrock",
      region: "eu-west-1",
      endpoint,
      accessKeyId: "AKIATEST",
      secretAccessKey: "secret-secret",
    });
    const aws = { "content-type": "application/vnd.amazon.eventstream" };

    test("signs with the configured credentials, or sends the bearer key", async () => {
      const stream = converseStream([["messageStop", { stopReason: "end_turn" }]]);
      await against({ body: stream, headers: aws }, bedrock, async (provider, server) => {
        await collect(provider);
        assert.match(
          String(server.requests[0]!.headers.authorization),
          /^AWS4-HMAC-SHA256 Credential=AKIATEST\/\d+\/eu-west-1\/bedrock\//,
        );
        assert.match(server.requests[0]!.url, /\/converse-stream$/);
      });
      await against(
        { body: stream, headers: aws },
        (endpoint) => ({ kind: "bedrock", region: "eu-west-1", endpoint }),
        async (provider, server) => {
          await collect(provider);
          assert.equal(server.requests[0]!.headers.authorization, "Bearer bearer-from-env");
        },
        { AWS_BEARER_TOKEN_BEDROCK: "bearer-from-env" },
      );
    });

    test("a model that cannot stream answers whole, as the same events", async () => {
      const whole = {
        output: {
          message: {
            role: "assistant",
            content: [
              { reasoningContent: { reasoningText: { text: "hm", signature: "c2ln" } } },
              { text: "Low at noon." },
              { toolUse: { toolUseId: "t1", name: "tide", input: { port: "Sète" } } },
            ],
          },
        },
        stopReason: "tool_use",
        usage: { inputTokens: 40, outputTokens: 25, totalTokens: 65 },
      };
      const refusal = '{"message":"This model doesn\'t support tool use in streaming mode."}';
      await against(
        (request) =>
          request.url.endsWith("/converse-stream")
            ? {
                status: 400,
                headers: { "content-type": "application/json", "x-amzn-errortype": "ValidationException" },
                body: refusal,
              }
            : { headers: { "content-type": "application/json" }, body: JSON.stringify(whole) },
        bedrock,
        async (provider, server) => {
          const { events, error } = await collect(provider);
          const { text, reasoning, toolCalls, usage, finish, natives } = answerOf(events);
          assert.equal(error, null);
          assert.deepEqual(
            [text, reasoning, toolCalls[0]?.arguments, finish?.reason],
            ["Low at noon.", "hm", '{"port":"Sète"}', "tool_calls"],
          );
          assert.deepEqual(natives, [{ reasoningContent: { reasoningText: { text: "hm", signature: "c2ln" } } }]);
          assert.deepEqual(usage, { input: 40, output: 25, final: true });
          assert.equal(server.requests.length, 2);
        },
      );
    });

    test("a whole answer that is cut is upstream_truncated", async () => {
      await against(
        (request) =>
          request.url.endsWith("/converse-stream")
            ? { status: 400, headers: {}, body: '{"message":"The model is unsupported for streaming"}' }
            : { headers: { "content-type": "application/json" }, body: '{"output":{"message":{"content":[{"te' },
        bedrock,
        async (provider) => assert.equal((await collect(provider)).error?.code, "upstream_truncated"),
      );
    });

    test("another refusal is not tried again", async () => {
      await against(
        { status: 400, headers: {}, body: '{"message":"The provided model identifier is invalid."}' },
        bedrock,
        async (provider, server) => {
          assert.equal((await collect(provider)).error?.code, "provider_not_found");
          assert.equal(server.requests.length, 1);
        },
      );
    });
  });
});
