/** Every recorded stream again, over a socket: a replaying server, the SDKs' requests, our transport and our reader. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { createProvider } from "../../../proxy/provider/create-provider.ts";
import { HttpTransport } from "../../../proxy/provider/http-transport.ts";
import type { ProviderConfig } from "../../../proxy/provider/provider-config.ts";
import { collect } from "../../fakes/ask-provider.ts";
import { openReplayServer } from "../../fakes/replay-server.ts";
import type { ReplayServer } from "../../fakes/replay-server.ts";
import { fixturesMissing, streamFixtures } from "../../fixtures.ts";
import type { StreamFixture } from "../../fixtures.ts";
import { answerOf, decodeAll, openerFor } from "./decoding.ts";

const APIS = [
  "openai-chat",
  "openai-responses",
  "anthropic-messages",
  "bedrock-converse-stream",
  "bedrock-invoke-stream",
  "ollama-chat",
  "ag-ui",
];

suite("recorded streams, live", { skip: fixturesMissing }, () => {
  let server: ReplayServer;
  let transport: HttpTransport;
  let playing: StreamFixture;
  before(async () => {
    transport = new HttpTransport();
    server = await openReplayServer(() => ({
      body: playing.body,
      cuts: playing.cuts.toSorted((a, b) => a - b),
      headers: { "content-type": contentType(playing.api) },
    }));
  });
  after(async () => {
    await transport.close();
    await server.close();
  });

  for (const fixture of streamFixtures(...APIS)) {
    test(`${fixture.name} arrives as it was sent, in one request`, async () => {
      playing = fixture;
      const asked = server.requests.length;
      const provider = createProvider("live", configFor(fixture, server.url), { transport, env: {} });
      const { events, error } = await collect(provider);
      const { text, reasoning, refusal, toolCalls } = answerOf(events);
      const direct = decodeAll(openerFor(fixture.api, fixture.folder), [fixture.body]);
      const expected = answerOf(direct.events);
      assert.equal(error?.code ?? null, direct.error);
      assert.deepEqual([text, reasoning, refusal], [expected.text, expected.reasoning, expected.refusal]);
      assert.deepEqual(
        toolCalls.map(({ name, arguments: args }) => [name, args]),
        expected.toolCalls.map(({ name, arguments: args }) => [name, args]),
      );
      assert.equal(server.requests.length, asked + 1);
    });
  }
});

function contentType(api: string): string {
  if (api.startsWith("bedrock")) return "application/vnd.amazon.eventstream";
  return api.startsWith("ollama") ? "application/x-ndjson" : "text/event-stream; charset=utf-8";
}

function configFor({ api }: StreamFixture, url: string): ProviderConfig {
  const bedrock = { kind: "bedrock", region: "eu-west-1", endpoint: url, apiKey: "key-123456" } as const;
  switch (api) {
    case "openai-responses":
      return { kind: "openai", baseUrl: url, apiKey: "key-123456" };
    case "anthropic-messages":
      return { kind: "anthropic", baseUrl: url, apiKey: "key-123456" };
    case "bedrock-converse-stream":
      return bedrock;
    case "bedrock-invoke-stream":
      return { ...bedrock, api: "invoke" };
    case "ollama-chat":
      return { kind: "ollama", baseUrl: url };
    case "ag-ui":
      return { kind: "ag-ui", url };
    default:
      return { kind: "openai-compatible", baseUrl: url, apiKey: "key-123456" };
  }
}
