/** What a page may ask of an answer, and what it must not do to others by asking. */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { Message, WireError } from "../../protocol/index.ts";
import { fakeProvider, finish, text } from "../fakes/fake-provider.ts";
import { runProxy } from "../fakes/running-proxy.ts";
import type { RunningProxy } from "../fakes/running-proxy.ts";

let proxy: RunningProxy;
afterEach(() => proxy?.close());

const ask = async (constraints: unknown) => {
  const response = await proxy.post("/v1/streams", { input: "x", constraints }, { prefer: "wait" });
  return { status: response.status, body: (await response.json()) as Message & { error?: WireError } };
};

test("a page that is in a great hurry opens no circuit for everybody", async () => {
  const slow = () => new Promise((resolve) => setTimeout(resolve, 3));
  proxy = await runProxy([fakeProvider("p", [slow, text("Here."), finish])], {
    agents: { a: { models: ["p/m"] } },
    resilience: { breaker: { failures: 2 } },
  });
  for (let time = 0; time < 3; time++) assert.equal((await ask({ maxFirstTokenMs: 1 })).body.status, "complete");
  const { lanes } = (await (await proxy.get("/readyz")).json()) as { lanes: readonly { circuit: string }[] };
  assert.deepEqual(
    lanes.map(({ circuit }) => circuit),
    ["closed"],
  );
});

test("constraints that make no sense are refused by name", async () => {
  proxy = await runProxy([fakeProvider("p", [text("x"), finish])], { agents: { a: { models: ["p/m"] } } });
  for (const [constraints, field] of [
    [[], "constraints"],
    ["fast", "constraints"],
    [{ maxFirstTokenMs: 0 }, "constraints.maxFirstTokenMs"],
    [{ maxFirstTokenMs: "1" }, "constraints.maxFirstTokenMs"],
    [{ maxCostUsd: -0.1 }, "constraints.maxCostUsd"],
    [{ maxCostUsd: 1e9 }, "constraints.maxCostUsd"],
  ] as const) {
    const { status, body } = await ask(constraints);
    assert.deepEqual([status, body.error?.code, body.error?.field], [400, "invalid_request", field]);
  }
  assert.equal((await ask({})).status, 200);
  assert.equal(
    (await ask({ maxFirstTokenMs: 1, maxCostUsd: 0 })).status,
    200,
    "what is free costs no more than nothing",
  );
});
