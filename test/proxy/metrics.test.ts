/** What the operator reads of a running proxy, and who else may. */
import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { StreamError } from "../../protocol/index.ts";
import { mintAccessToken } from "../../proxy/guard/access-token.ts";
import { fakeProvider, finish, text } from "../fakes/fake-provider.ts";
import { openSocket, runProxy } from "../fakes/running-proxy.ts";
import type { RunningProxy } from "../fakes/running-proxy.ts";
import { parseScrape } from "./observe/scrape.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const FORWARDED = { "x-forwarded-for": "203.0.113.7" };
const WORDY = [text("Once upon a time"), finish];
const refused = new StreamError("provider_auth", "the key sk-verysecretkey was refused");

const bringing = (sub: string) => ({
  ...FORWARDED,
  authorization: `Bearer ${mintAccessToken({ sub, exp: Date.now() / 1000 + 60 }, SECRET)}`,
});

interface Readiness {
  readonly status: string;
  readonly providers: readonly { readonly name: string; readonly state: string }[];
  readonly lanes?: readonly { readonly model: string }[];
}

describe("/metrics and /readyz", () => {
  let proxy: RunningProxy;
  afterEach(() => proxy?.close());

  const ask = async (headers: Record<string, string> = {}) => {
    const response = await proxy.post("/v1/streams", { input: "x" }, { prefer: "wait", ...headers });
    assert.equal(response.status, 200);
    await response.text();
  };
  const scrape = async () => parseScrape(await (await proxy.get("/metrics")).text());

  test("a scrape tells what the streams of this proxy did", async () => {
    const agents = { a: { models: ["bad/m", "good/m"] } };
    proxy = await runProxy([fakeProvider("bad", [refused]), fakeProvider("good", WORDY)], { agents });
    await ask();
    await ask();
    const { value, types } = await scrape();
    assert.equal(types.get("ai_stream_streams_total"), "counter");
    assert.equal(value("ai_stream_streams_total", { agent: "a", reason: "stop" }), 2);
    // The second answer knows who was refused.
    for (const cause of ["fallback", "initial"])
      assert.equal(value("ai_stream_attempts_total", { provider: "good", outcome: "complete", cause }), 1);
    assert.ok(value("ai_stream_attempts_total", { provider: "bad", code: "provider_auth" })! >= 1);
    assert.ok(value("ai_stream_retries_total", { cause: "fallback", code: "provider_auth" })! >= 1);
    assert.equal(value("ai_stream_tokens_total", { provider: "good", model: "m", kind: "output" }), 10);
    assert.equal(value("ai_stream_first_token_seconds_count", { agent: "a", provider: "good", model: "m" }), 2);
    assert.equal(value("ai_stream_circuit_state", { provider: "good", model: "m" }), 0);
    assert.equal(value("ai_stream_streams_running"), 0);
    assert.equal(value("ai_stream_budget_spent_usd", { scope: "total" }), 0);
  });

  test("running streams and their viewers are counted while they last", async () => {
    const held = Promise.withResolvers<void>();
    proxy = await runProxy([fakeProvider("p", [text("begun"), held.promise, finish])]);
    const started = (await (await proxy.post("/v1/streams", { input: "x" })).json()) as { id: string };
    const live = await proxy.get(`/v1/streams/${started.id}/live`);
    const socket = await openSocket(proxy);
    socket.send({ type: "sub", s: 1, id: started.id, after: "0" });
    await socket.next("subbed");
    const { value } = await scrape();
    assert.equal(value("ai_stream_streams_running"), 1);
    assert.equal(value("ai_stream_viewers", { transport: "sse" }), 1);
    assert.equal(value("ai_stream_viewers", { transport: "ws" }), 1);
    assert.equal(value("ai_stream_sockets"), 1);
    held.resolve();
    await live.text();
    await socket.next("end");
    assert.equal((await scrape()).value("ai_stream_streams_running"), 0);
    socket.close();
    await socket.closed;
  });

  test("a closed proxy tells metrics to this machine and to the operator's token, and to nobody else", async () => {
    proxy = await runProxy([fakeProvider("p", WORDY)], { access: { secret: SECRET } });
    const status = async (headers?: Record<string, string>) => {
      const response = await proxy.get("/metrics", headers);
      const body = await response.text();
      if (response.status === 200) return 200;
      assert.doesNotMatch(body, /ai_stream_/);
      return [response.status, (JSON.parse(body) as { error: { code: string } }).error.code];
    };
    assert.equal(await status(), 200);
    assert.equal(await status(bringing("operator")), 200);
    assert.deepEqual(await status(FORWARDED), [401, "unauthenticated"]);
    assert.deepEqual(await status(bringing("v_visitor")), [403, "forbidden"]);
    assert.deepEqual(await status({ origin: "https://evil.example" }), [403, "forbidden"]);
  });

  test("readiness names providers to everybody, lanes only to the operator", async () => {
    proxy = await runProxy([fakeProvider("p", WORDY)], {
      access: { secret: SECRET },
      agents: { a: { models: ["p/a-model-of-ours"] } },
    });
    await ask(bringing("v_visitor"));
    const stranger = await (await proxy.get("/readyz", FORWARDED)).text();
    assert.deepEqual(JSON.parse(stranger), {
      status: "ready",
      store: "ok",
      providers: [{ name: "p", state: "ready" }],
    });
    const { lanes } = (await (await proxy.get("/readyz", bringing("operator"))).json()) as Readiness;
    assert.deepEqual(
      lanes?.map(({ model }) => model),
      ["a-model-of-ours"],
    );
  });

  test("when every circuit is open it is not ready, and says of whom", async () => {
    const broken = new StreamError("provider_error", "it broke");
    proxy = await runProxy([fakeProvider("p", [broken])], {
      agents: { a: { models: ["p/m"] } },
      resilience: { attempts: 1, breaker: { failures: 2 } },
    });
    await ask();
    assert.equal((await proxy.get("/readyz")).status, 200);
    await ask();
    const response = await proxy.get("/readyz");
    const { status, providers } = (await response.json()) as Readiness;
    assert.deepEqual([response.status, status, providers], [503, "not_ready", [{ name: "p", state: "open" }]]);
    assert.equal((await scrape()).value("ai_stream_circuit_state", { provider: "p" }), 2);
  });
});
