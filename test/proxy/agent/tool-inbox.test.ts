import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { StreamError } from "../../../protocol/index.ts";
import { defineTool } from "../../../proxy/agent/define-tool.ts";
import type { ProviderMessage } from "../../../proxy/provider/provider.ts";
import { openAgentRun, toolBlocks } from "../../fakes/agent-run.ts";
import { calls, fakeProvider, finish, settle, text } from "../../fakes/fake-provider.ts";

const PAGE = [{ name: "look", description: "looks", parameters: {} }];
const said = (answer: string) => [text(answer), finish];
const resultsOf = (messages: readonly ProviderMessage[]) => messages.filter(({ role }) => role === "tool");

describe("a call that waits", () => {
  const approved = (run: () => unknown) =>
    defineTool({ description: "pays", parameters: { type: "object" }, approval: "always", run });
  const open = async (options: { waitMs?: number; run?: () => unknown } = {}) => {
    let ran = 0;
    const { run = () => ++ran, waitMs = 60_000 } = options;
    const agent = await openAgentRun({ own: { pay: approved(run) }, page: PAGE, waitMs });
    return { agent, ran: () => ran };
  };
  const pay = () => fakeProvider("p", [calls(["a", "pay", { city: "x" }])], said("ok"));
  const isAsking = (entry: { type: string }) => entry.type === "tool.start";

  test("runs after a yes, and the log tells when it did", async () => {
    const { agent, ran } = await open();
    await using _agent = agent;
    const running = agent.run([pay()]);
    const start = await agent.saw(isAsking);
    assert.deepEqual(start.type === "tool.start" && [start.approval, start.args], [true, { city: "x" }]);
    assert.equal(ran(), 0);
    agent.inbox.answer("a", { approve: true });
    const [call] = toolBlocks(await running);
    assert.deepEqual([call!.state, call!.result, call!.approval], ["done", 1, true]);
    const starts = (await agent.entries()).filter(isAsking);
    assert.equal(starts.length, 2);
    assert.equal("approval" in starts[1]!, false);
  });

  test("is not run after a no, and the model is told", async () => {
    const { agent, ran } = await open();
    await using _agent = agent;
    const provider = pay();
    const running = agent.run([provider]);
    await agent.saw(isAsking);
    agent.inbox.answer("a", { approve: false });
    assert.equal((await running).end?.reason, "stop");
    assert.equal(ran(), 0);
    assert.deepEqual(resultsOf(provider.requests[1]!.messages), [
      { role: "tool", callId: "a", name: "pay", ok: false, result: "Denied by the user" },
    ]);
  });

  test("is not run when nobody decides in time", async () => {
    const { agent, ran } = await open({ waitMs: 1 });
    await using _agent = agent;
    const [call] = toolBlocks(await agent.run([pay()]));
    assert.deepEqual([call!.error, ran()], ["Nobody said yes in time", 0]);
  });

  test("on the page fails when the page says so", async () => {
    const { agent } = await open();
    await using _agent = agent;
    const running = agent.run([fakeProvider("p", [calls(["a", "look", {}])], said("ok"))]);
    await agent.saw(isAsking);
    agent.inbox.answer("a", { error: "no map here" });
    assert.equal(toolBlocks(await running)[0]!.error, "no map here");
  });

  test("on the page fails when the page says nothing in time, and what it says later is refused", async () => {
    const { agent } = await open({ waitMs: 1 });
    await using _agent = agent;
    const message = await agent.run([fakeProvider("p", [calls(["a", "look", {}])], said("ok"))]);
    assert.equal(toolBlocks(message)[0]!.error, "The page gave no result in 1 ms");
    assert.throws(() => agent.inbox.answer("a", { result: 1 }), /another outcome came first/);
  });

  test("on the page with arguments that are no object is never shown to the page as its own", async () => {
    const { agent } = await open();
    await using _agent = agent;
    const message = await agent.run([fakeProvider("p", [calls(["a", "look", "text"])], said("ok"))]);
    const [call] = toolBlocks(message);
    assert.deepEqual([call!.runsOn, call!.state], ["proxy", "failed"]);
  });

  test("ends at once when the answer is stopped", async () => {
    const { agent, ran } = await open();
    await using _agent = agent;
    const running = agent.run([pay()]);
    await agent.saw(isAsking);
    agent.stop.abort(new StreamError("cancelled", "stopped"));
    const message = await running;
    assert.deepEqual([message.status, ran()], ["cancelled", 0]);
    assert.throws(() => agent.inbox.answer("a", { approve: true }), /another outcome came first/);
  });

  test("takes the first outcome, the same again, and no other", async () => {
    const { agent } = await open();
    await using _agent = agent;
    const running = agent.run([fakeProvider("p", [calls(["a", "look", {}])], said("ok"))]);
    await agent.saw(isAsking);
    assert.throws(() => agent.inbox.answer("a", { approve: true }), /expected result or error/);
    assert.equal(agent.inbox.answer("a", { result: { x: 1 } }), true);
    assert.equal(agent.inbox.answer("a", { result: { x: 1 } }), true);
    assert.throws(() => agent.inbox.answer("a", { result: { x: 2 } }), /another outcome came first/);
    assert.equal(agent.inbox.answer("unknown", { result: 1 }), false);
    assert.deepEqual(toolBlocks(await running)[0]!.result, { x: 1 });
  });

  test("for a person takes no time from the answer", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      await using agent = await openAgentRun({ page: PAGE, totalMs: 1_000 });
      const running = agent.run([fakeProvider("p", [calls(["a", "look", {}])], said("ok"))]);
      await agent.saw(isAsking);
      // The pump's part of the same turn: it waits now.
      await settle();
      mock.timers.tick(50_000);
      agent.inbox.answer("a", { result: 1 });
      assert.equal((await running).status, "complete");
    } finally {
      mock.timers.reset();
    }
  });
});
