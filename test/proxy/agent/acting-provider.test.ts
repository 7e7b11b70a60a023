import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamError, visibleText } from "../../../protocol/index.ts";
import type { LogEntry, Message, StreamEvent } from "../../../protocol/index.ts";
import { UNBILLED } from "../../../proxy/provider/provider.ts";
import { openAgentRun } from "../../fakes/agent-run.ts";
import { fakeProvider, finish, text } from "../../fakes/fake-provider.ts";
import type { FakeProvider } from "../../fakes/fake-provider.ts";
import { runProxy } from "../../fakes/running-proxy.ts";

const cut = new StreamError("upstream_truncated", "cut");
const late = new StreamError("first_token_timeout", "nothing came");

/** Events of an earlier process, from the second entry on. */
const logged = (events: readonly StreamEvent[]): LogEntry[] =>
  events.map((event, index) => ({ ...event, seq: index + 2, ts: 1 }));

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

test("an agent that failed in silence may have acted: it is not run again, but a model may answer", async () => {
  const agent = Object.assign(fakeProvider("agent", [late], [text("again"), finish]), { acts: true });
  const { status, end } = await answerOf(agent);
  assert.deepEqual([agent.requests.length, status, end?.error?.code], [1, "error", "first_token_timeout"]);

  const second = Object.assign(fakeProvider("agent", [late], [text("again"), finish]), { acts: true });
  const other = Object.assign(fakeProvider("other", [text("again"), finish]), { acts: true });
  const model = fakeProvider("model", [text("Nobody is there."), finish]);
  await using run = await openAgentRun();
  assert.equal(visibleText(await run.run([second, other, model])), "Nobody is there.");
  assert.deepEqual([second.requests.length, other.requests.length], [1, 0]);
});

test("an agent whose writer died is not run again, whether it had said something or not", async () => {
  const start = {
    type: "attempt.start",
    attempt: 1,
    provider: "agent",
    model: "m",
    cause: "initial",
    mode: "fresh",
  } as const;
  const failed = { type: "attempt.end", attempt: 1, outcome: "error", error: late.toJSON() } as const;
  for (const left of [[start], [start, failed]]) {
    const agent = Object.assign(fakeProvider("agent", [text("again"), finish]), { acts: true });
    await using run = await openAgentRun();
    await run.left(logged([{ type: "step.start", step: 1, maxSteps: 8 }, ...left]));
    const { status, end } = await run.goOn([agent]);
    assert.deepEqual([agent.requests.length, status, end?.error?.code], [0, "error", "orphaned"]);
  }
});

test("an agent that could not be reached is asked again, and so is a model in mid-answer", async () => {
  const away = new StreamError("provider_overloaded", "busy", { retryAfterMs: 0 });
  UNBILLED.add(away);
  const agent = Object.assign(fakeProvider("agent", [away], [text("done"), finish]), { acts: true });
  assert.equal((await answerOf(agent)).status, "complete");
  const model = fakeProvider("model", [text("half"), cut], [text("whole"), finish]);
  assert.equal((await answerOf(model)).status, "complete");
  assert.deepEqual([agent.requests.length, model.requests.length], [2, 2]);
});
