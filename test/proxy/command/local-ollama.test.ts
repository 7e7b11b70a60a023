import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { completeConfig } from "../../../proxy/config.ts";
import { offerOllama } from "../../../proxy/command/local-ollama.ts";

/** Answers every request with this body while `work` runs. */
async function served(body: string, work: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((_request, response) => response.end(body)).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const TAGS = JSON.stringify({ models: [{ name: "llama3.2:latest" }, { name: "qwen3:8b" }] });

test("an Ollama that runs is offered as an agent of its own beside the demo", () =>
  served(TAGS, async (url) => {
    const config = completeConfig(await offerOllama({}, {}, url), {});
    assert.deepEqual(Object.keys(config.agents), ["default", "ollama"]);
    assert.deepEqual(config.agents["ollama"]?.models, ["ollama/llama3.2:latest", "ollama/qwen3:8b"]);
    assert.deepEqual(config.agents["default"]?.models, ["demo/tour"]);
  }));

test("nothing is offered where something was configured, a key is set, nobody answers, or somebody else does", async () => {
  await served(TAGS, async (url) => {
    const configured = { providers: { p: { kind: "demo" as const } } };
    assert.equal(await offerOllama(configured, {}, url), configured);
    assert.deepEqual(await offerOllama({}, { OPENAI_API_KEY: "k" }, url), {});
  });
  await served("<html>", async (url) => assert.deepEqual(await offerOllama({}, {}, url), {}));
  await served('{"models":[]}', async (url) => assert.deepEqual(await offerOllama({}, {}, url), {}));
  assert.deepEqual(await offerOllama({}, {}, "http://127.0.0.1:1"), {});
});
