import assert from "node:assert/strict";
import { test } from "node:test";
import { isStreamError } from "../../../protocol/index.ts";
import { ProxyApi } from "../../../widget/connection/proxy-api.ts";
import type { ProxyApiOptions } from "../../../widget/connection/proxy-api.ts";

const api = (answer: () => Response | Promise<Response>, options: Partial<ProxyApiOptions> = {}): ProxyApi =>
  new ProxyApi({ endpoint: "https://example.com", fetch: async () => answer(), ...options });

test("an endpoint keeps its path and loses its last slash", () => {
  const addresses = { "https://a.example": "https://a.example", "http://a.example:81/ai/": "http://a.example:81/ai" };
  for (const [endpoint, base] of Object.entries(addresses)) assert.equal(new ProxyApi({ endpoint }).base, base);
});

test("anything but an http address is refused, naming the field and what was found", () => {
  for (const endpoint of ["", "/relative", "ftp://a.example", "javascript:alert(1)", "not an address"]) {
    assert.throws(
      () => new ProxyApi({ endpoint }),
      (error) => isStreamError(error) && error.field === "endpoint" && error.message.includes(JSON.stringify(endpoint)),
    );
  }
});

test("the proxy's error arrives as it was sent", async () => {
  const error = { code: "rate_limited", message: "Too many", retryable: true, retryAfterMs: 5 };
  await assert.rejects(() => api(() => Response.json({ error }, { status: 429 })).json("/x"), {
    code: "rate_limited",
    message: "Too many",
    retryAfterMs: 5,
  });
});

test("an answer that is not the proxy's gets the nearest code and the Retry-After", async () => {
  const cases = {
    401: "unauthenticated",
    404: "not_found",
    418: "invalid_request",
    429: "rate_limited",
    502: "capacity",
  };
  for (const [status, code] of Object.entries(cases)) {
    const answer = () => new Response("<html>", { status: Number(status), headers: { "retry-after": "2" } });
    await assert.rejects(() => api(answer).json("/x"), { code, retryAfterMs: 2_000 });
  }
});

test("no answer, and one that breaks off, is connect_timeout, which may be tried again", async () => {
  const answers = [() => Promise.reject(new TypeError("fetch failed")), () => new Response('{"a":', { status: 200 })];
  for (const answer of answers) {
    await assert.rejects(
      () => api(answer).json("/x"),
      (error) => isStreamError(error) && error.code === "connect_timeout" && error.retryable,
    );
  }
});

test("the access token is asked for at each request and never part of an error", async () => {
  const seen: (string | null)[] = [];
  let count = 0;
  const client = new ProxyApi({
    endpoint: "https://example.com",
    getAccessToken: async () => `secret-${++count}`,
    fetch: async (_url, init) => {
      seen.push(new Headers(init?.headers).get("authorization"));
      throw new TypeError("fetch failed");
    },
  });
  for (let attempt = 0; attempt < 2; attempt++) {
    await assert.rejects(
      () => client.json("/x"),
      (error) => isStreamError(error) && !JSON.stringify(error).includes("secret"),
    );
  }
  assert.deepEqual(seen, ["Bearer secret-1", "Bearer secret-2"]);
});

test("aborting rejects with the signal's reason", async () => {
  const stop = new AbortController();
  const asked = Promise.withResolvers<void>();
  const client = new ProxyApi({
    endpoint: "https://example.com",
    fetch: (_url, init) => {
      asked.resolve();
      return new Promise((_resolve, reject) =>
        init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)),
      );
    },
  });
  const reason = new Error("enough");
  const answer = client.json("/x", { signal: stop.signal });
  await asked.promise;
  stop.abort(reason);
  await assert.rejects(answer, reason);
});

test("a small request without an answer is made again beside itself; one with attachments is not", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const [size, expected] of [
    [10, 2],
    [100_000, 1],
  ] as const) {
    const asked: PromiseWithResolvers<Response>[] = [];
    const again = Promise.withResolvers<void>();
    const client = new ProxyApi({
      endpoint: "https://example.com",
      accessToken: "x",
      fetch: () => {
        asked.push(Promise.withResolvers());
        again.resolve();
        return asked.at(-1)!.promise;
      },
    });
    const answer = client.json("/x", { method: "POST", body: "a".repeat(size) });
    await again.promise;
    t.mock.timers.tick(1_500);
    assert.equal(asked.length, expected);
    asked.at(-1)!.resolve(Response.json("here"));
    assert.equal(await answer, "here");
  }
});
