import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import type { WireError } from "../../protocol/index.ts";
import type { ProbeEvent, ProbeFacts } from "../../proxy/probe-route.ts";
import { fakeProvider } from "../fakes/fake-provider.ts";
import { parseSse, runProxy } from "../fakes/running-proxy.ts";
import type { RunningProxy } from "../fakes/running-proxy.ts";

suite("GET /v1/probe", () => {
  let proxy: RunningProxy;
  before(async () => (proxy = await runProxy([fakeProvider("p")], { delivery: { heartbeatMs: 1_234 } })));
  after(() => proxy.close());

  const eventsOf = async (response: Response) =>
    parseSse(await response.text()).map(({ data }) => JSON.parse(data) as ProbeEvent & Partial<ProbeFacts>);
  const errorOf = async (path: string) => {
    const response = await proxy.get(path);
    const { error } = (await response.json()) as { error: WireError };
    return { status: response.status, ...error };
  };

  test("sends numbered events with the time each was written, as a live stream is sent", async () => {
    const response = await proxy.get("/v1/probe?events=3&everyMs=20", { "last-event-id": "x" });
    assert.match(response.headers.get("content-type")!, /^text\/event-stream/);
    assert.match(response.headers.get("cache-control")!, /no-transform/);
    const [first, ...others] = await eventsOf(response);
    assert.deepEqual([first!.of, first!.everyMs, first!.heartbeatMs, first!.http], [3, 20, 1_234, "1.1"]);
    assert.match(first!.version!, /^\d+\.\d+\.\d+$/);
    assert.deepEqual(first!.received, ["last-event-id"]);
    assert.deepEqual(
      others.map(({ probe }) => probe),
      [1, 2],
    );
    assert.deepEqual(Object.keys(others[0]!), ["probe", "ts"]);
    assert.ok(others[0]!.ts >= first!.ts);
  });

  test("what is out of bounds is refused by name", async () => {
    for (const [query, field] of [
      ["events=1", "events"],
      ["events=x", "events"],
      ["everyMs=1", "everyMs"],
      ["events=20&everyMs=10000", "everyMs"],
    ]) {
      const error = await errorOf(`/v1/probe?${query}`);
      assert.deepEqual([error.status, error.code, error.field], [400, "invalid_request", field], query);
    }
  });

  test("few go on at once; one that is left makes room", async () => {
    const left = new AbortController();
    const ask = () => fetch(`${proxy.url}/v1/probe?events=2&everyMs=60000`, { signal: left.signal });
    const open = await Promise.all(Array.from({ length: 16 }, ask));
    assert.ok(open.every(({ ok }) => ok));
    const refused = await errorOf("/v1/probe");
    assert.deepEqual([refused.status, refused.code, refused.retryAfterMs], [429, "rate_limited", 2_000]);
    left.abort();
    let status = 429;
    while (status === 429) ({ status } = await proxy.get("/v1/probe?events=2&everyMs=20"));
    assert.equal(status, 200);
  });

  test("a foreign page may not probe", async () => {
    assert.equal((await proxy.get("/v1/probe", { origin: "https://evil.example" })).status, 403);
  });
});
