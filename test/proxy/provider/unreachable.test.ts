/** What is said, by every kind of provider, when nobody can be asked or what is answered cannot be read. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { gzipSync } from "node:zlib";
import { createProvider } from "../../../proxy/provider/create-provider.ts";
import { HttpTransport } from "../../../proxy/provider/http-transport.ts";
import type { ProviderConfig } from "../../../proxy/provider/provider-config.ts";
import { UNBILLED } from "../../../proxy/provider/provider.ts";
import { collect, PATIENT } from "../../fakes/ask-provider.ts";
import { openReplayServer } from "../../fakes/replay-server.ts";

const KEY = "secret-key-0123456789";

const KINDS: readonly (readonly [name: string, config: (url: string) => ProviderConfig])[] = [
  ["openai, responses", (baseUrl) => ({ kind: "openai", baseUrl, apiKey: KEY })],
  ["openai, background", (baseUrl) => ({ kind: "openai", baseUrl, apiKey: KEY, background: true })],
  ["openai, chat", (baseUrl) => ({ kind: "openai", api: "chat", baseUrl, apiKey: KEY })],
  ["anthropic", (baseUrl) => ({ kind: "anthropic", baseUrl, apiKey: KEY })],
  ["bedrock, converse", (endpoint) => ({ kind: "bedrock", region: "eu-west-1", endpoint, apiKey: KEY })],
  ["bedrock, invoke", (endpoint) => ({ kind: "bedrock", api: "invoke", region: "eu-west-1", endpoint, apiKey: KEY })],
  ["ollama", (baseUrl) => ({ kind: "ollama", baseUrl, apiKey: KEY })],
  ["ag-ui", (url) => ({ kind: "ag-ui", url, headers: { authorization: `Bearer ${KEY}` } })],
];

/** No label of a name may be so long: no resolver is asked. */
const NO_NAME = `http://${"a".repeat(64)}.invalid/${KEY}`;

for (const [name, config] of KINDS) {
  suite(`unreachable: ${name}`, () => {
    let transport: HttpTransport;
    before(() => (transport = new HttpTransport()));
    after(() => transport.close());

    const failure = async (url: string) => {
      const { error } = await collect(createProvider("mine", config(url), { transport, env: {} }));
      assert.ok(error !== null);
      assert.ok(UNBILLED.has(error), "it did nothing that costs anything");
      assert.doesNotMatch(error.message, new RegExp(KEY));
      return error;
    };

    test("a name that does not resolve is provider_error and says so", async () => {
      const { code, message } = await failure(NO_NAME);
      assert.equal(code, "provider_error");
      assert.match(message, /^The provider's name could not be resolved \(E\w+\)$/);
    });

    test("a server that speaks no TLS is provider_error and says so", async () => {
      const server = await openReplayServer({ body: "" });
      try {
        const { code, message } = await failure(`https://127.0.0.1:${server.port}/${KEY}`);
        assert.equal(code, "provider_error");
        assert.match(message, /^A TLS connection to the provider could not be made \(\w+\)$/);
      } finally {
        await server.close();
      }
    });

    test("nobody listening is provider_error and says so", async () => {
      const gone = await openReplayServer({ body: "" });
      const { url } = gone;
      await gone.close();
      const { code, message } = await failure(url);
      assert.deepEqual([code, message], ["provider_error", "The provider could not be reached (ECONNREFUSED)"]);
    });

    test("a request that somebody on the way gave up waiting for may have been answered, and billed", async () => {
      for (const status of [408, 502, 504, 524]) {
        const server = await openReplayServer({ status, body: "" });
        try {
          const { error } = await collect(createProvider("mine", config(server.url), { transport, env: {} }));
          assert.equal(UNBILLED.has(error!), false, String(status));
        } finally {
          await server.close();
        }
      }
    });

    test("a stop before anything was sent costs nothing, one after it may", async () => {
      const server = await openReplayServer({ body: "" });
      try {
        const stopped = new AbortController();
        stopped.abort();
        const before = await collect(
          createProvider("mine", config(server.url), { transport, env: {} }),
          PATIENT,
          stopped,
        );
        assert.deepEqual([before.error?.code, UNBILLED.has(before.error!)], ["cancelled", true]);
      } finally {
        await server.close();
      }
    });

    test("a refusal that is compressed is known by its status, without its bytes", async () => {
      const headers = { "content-type": "application/json", "content-encoding": "gzip", "retry-after": "3" };
      const body = gzipSync('{"error":{"message":"slow down"}}');
      const server = await openReplayServer({ status: 429, headers, body });
      try {
        const { code, message, retryAfterMs } = await failure(server.url);
        assert.deepEqual([code, retryAfterMs], ["provider_rate_limited", 3_000]);
        assert.equal(message, "The provider answered 429");
      } finally {
        await server.close();
      }
    });
  });
}
