import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamError } from "../../../protocol/index.ts";
import type { Message } from "../../../protocol/index.ts";
import { fakeProvider, finish, text } from "../../fakes/fake-provider.ts";
import type { FakeProvider } from "../../fakes/fake-provider.ts";
import { runProxy } from "../../fakes/running-proxy.ts";

const cut = new StreamError("upstream_truncated", "cut");

async function answerOf(provider: FakeProvider): Promise<Message> {
  const proxy = await runProxy([provider]);
  try {
    const response = await proxy.post("/v1/streams", { input: "go" }, { prefer: "wait" });
    return (await response.json()) as Message;
  } finally {
    await proxy.close();
  }
}

test("an agent that has begun to answer is not run again: what it did would be done twice", async () => {
  const agent = Object.assign(fakeProvider("agent", [text("I booked"), cut], [text("again"), finish]), { acts: true });
  const { status, end } = await answerOf(agent);
  assert.deepEqual([agent.requests.length, status, end?.error?.code], [1, "interrupted", "upstream_truncated"]);
});

test("an agent that could not be reached is asked again, and so is a model in mid-answer", async () => {
  const away = new StreamError("provider_overloaded", "busy", { retryAfterMs: 0 });
  const agent = Object.assign(fakeProvider("agent", [away], [text("done"), finish]), { acts: true });
  assert.equal((await answerOf(agent)).status, "complete");
  const model = fakeProvider("model", [text("half"), cut], [text("whole"), finish]);
  assert.equal((await answerOf(model)).status, "complete");
  assert.deepEqual([agent.requests.length, model.requests.length], [2, 2]);
});
