import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { StreamError, visibleText } from "../../../protocol/index.ts";
import type { ProviderEvent } from "../../../proxy/provider/provider.ts";
import { attemptsOf, openAgentRun } from "../../fakes/agent-run.ts";
import { fakeProvider, finish, settle, text } from "../../fakes/fake-provider.ts";

describe("a hedge", () => {
  test("is asked beside a slow target; the faster answers, the other is superseded and hung up", async () => {
    const slow = fakeProvider("slow", [() => new Promise(() => {})]);
    const quick = fakeProvider("quick", [text("Here."), finish]);
    await using agent = await openAgentRun({ hedgeAfterMs: 1 });
    const message = await agent.run([slow, quick]);
    assert.equal(visibleText(message), "Here.");
    assert.deepEqual(await attemptsOf(agent), ["1 slow initial fresh", "2 quick hedge fresh"]);
    const ends = (await agent.entries()).flatMap((entry) => (entry.type === "attempt.end" ? [entry.outcome] : []));
    assert.deepEqual(ends, ["superseded", "complete"]);
    assert.equal(slow.open, 0);
  });

  test("that loses stands in the log after the winner, with what it reported as not final", async () => {
    const asked = Promise.withResolvers<void>();
    const first = fakeProvider("first", [() => asked.promise, text("First."), finish]);
    const usage: ProviderEvent[] = [{ type: "usage", usage: { input: 7, output: 0, final: true } }];
    const second = fakeProvider("second", [usage, () => (asked.resolve(), new Promise(() => {}))]);
    await using agent = await openAgentRun({ hedgeAfterMs: 1 });
    const message = await agent.run([first, second]);
    assert.equal(visibleText(message), "First.");
    assert.deepEqual(await attemptsOf(agent), ["1 first initial fresh", "2 second hedge fresh"]);
    assert.deepEqual([message.usage.input, message.usage.final], [10, false]);
    assert.equal(second.open, 0);
  });

  test("is not asked where there is nobody else, and a stop ends both", async () => {
    const only = fakeProvider("only", [() => new Promise((resolve) => setImmediate(resolve)), text("ok"), finish]);
    await using agent = await openAgentRun({ hedgeAfterMs: 1 });
    assert.equal((await agent.run([only])).attempts, 1);

    const both = [fakeProvider("a", [() => new Promise(() => {})]), fakeProvider("b", [() => new Promise(() => {})])];
    await using stopped = await openAgentRun({ hedgeAfterMs: 1 });
    const running = stopped.run(both);
    while (both[1]!.open === 0) await settle();
    stopped.stop.abort(new StreamError("cancelled", "stopped"));
    assert.equal((await running).status, "cancelled");
    assert.deepEqual(
      both.map(({ open }) => open),
      [0, 0],
    );
  });
});
