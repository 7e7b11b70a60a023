/** A whole proxy on an OpenAI that answers in the background: what a reader and the provider see of breaks and of a stop. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { StreamEvent } from "../../protocol/index.ts";
import { createProvider } from "../../proxy/provider/create-provider.ts";
import { HttpTransport } from "../../proxy/provider/http-transport.ts";
import { openBackgroundServer } from "../fakes/background-server.ts";
import type { BackgroundServer } from "../fakes/background-server.ts";
import { parseSse, runProxy } from "../fakes/running-proxy.ts";
import type { RunningProxy } from "../fakes/running-proxy.ts";

const TRANSCRIPT = readFileSync(join(import.meta.dirname, "provider/transcripts/openai-responses.sse"), "utf8");
/** The transcript without its call: the answer ends with its text. */
const ANSWER = TRANSCRIPT.split(/(?<=\n\n)/)
  .filter((event) => !event.includes('"output_index":2'))
  .join("");

async function withProxy(run: (proxy: RunningProxy, server: BackgroundServer) => Promise<void>): Promise<void> {
  const transport = new HttpTransport();
  const server = await openBackgroundServer(ANSWER);
  const config = { kind: "openai", baseUrl: server.url, apiKey: "key-123456", background: true } as const;
  const provider = createProvider("openai", config, { transport, env: {} });
  const agents = { default: { models: ["openai/gpt-4o"], show: { reasoning: true } } };
  const proxy = await runProxy([provider], { agents, resilience: { attempts: 4, afterContent: 3 } });
  try {
    await run(proxy, server);
  } finally {
    await proxy.close();
    await transport.close();
    await server.close();
  }
}

test("an answer whose connection breaks twice is one answer, in which nothing was taken back", async () => {
  await withProxy(async (proxy, server) => {
    server.cutNext([900, 500]);
    const response = await proxy.post("/v1/streams", { input: "hi" }, { accept: "text/event-stream" });
    const events = parseSse(await response.text())
      .filter(({ event }) => event === null)
      .map(({ data }) => JSON.parse(data) as StreamEvent);
    const ofKind = (kind: string): string =>
      events.map((event) => (event.type === "delta" && event.kind === kind ? event.text : "")).join("");
    assert.deepEqual(
      [ofKind("text"), ofKind("reasoning")],
      ["Bateaux à quai 🛥️ 港へ", "The port first, then the tide."],
    );
    const starts = events.filter((event) => event.type === "block.start").map(({ block }) => block);
    const ends = events.filter((event) => event.type === "block.end").map(({ block }) => block);
    assert.deepEqual(
      [starts, ends],
      [
        [0, 1],
        [0, 1],
      ],
    );
    assert.ok(!events.some(({ type }) => type === "reset"));
    const modes = events.flatMap((event) => (event.type === "attempt.start" ? [event.mode] : []));
    assert.deepEqual(modes, ["fresh", "reattach", "reattach"]);
    const end = events.at(-1);
    assert.ok(end?.type === "stream.end" && end.reason === "stop");
    assert.deepEqual(server.cancelled, []);
  });
});

test("a stop by the reader stops the answer at the provider", async () => {
  await withProxy(async (proxy, server) => {
    server.allow(4);
    const started = (await (await proxy.post("/v1/streams", { input: "hi" })).json()) as { id: string };
    while (server.requests.length < 1) await new Promise(setImmediate);
    let said = "";
    while (!said.includes("delta")) said = await (await proxy.get(`/v1/streams/${started.id}/events`)).text();
    await proxy.post(`/v1/streams/${started.id}/cancel`, {});
    while (server.cancelled.length < 1) await new Promise(setImmediate);
    const message = (await (await proxy.get(`/v1/streams/${started.id}/message`)).json()) as { status: string };
    assert.equal(message.status, "cancelled");
    assert.deepEqual(server.cancelled, ["resp_1_1"]);
  });
});
