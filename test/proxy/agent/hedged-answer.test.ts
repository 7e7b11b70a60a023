import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { StreamError, visibleText } from "../../../protocol/index.ts";
import type { ProviderEvent } from "../../../proxy/provider/provider.ts";
import { Router } from "../../../proxy/route/router.ts";
import type { Receipt } from "../../../proxy/spend/receipt.ts";
import { Treasury } from "../../../proxy/spend/treasury.ts";
import { openSqliteLog } from "../../../proxy/stream-log/sqlite-log.ts";
import { attemptsOf, openAgentRun } from "../../fakes/agent-run.ts";
import { fakeProvider, finish, settle, targetOf, text } from "../../fakes/fake-provider.ts";
import { INPUT_NANO, OUTPUT_NANO, runPaid } from "../../fakes/paid-streams.ts";

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

  test("that loses is paid for by what it reported and said", async () => {
    const asked = Promise.withResolvers<void>();
    const both = Promise.withResolvers<void>();
    const first = fakeProvider("first", [() => asked.promise, () => both.promise, text("First."), finish]);
    const usage: ProviderEvent[] = [{ type: "usage", usage: { input: 7, output: 2, final: false } }];
    const second = fakeProvider("second", [usage, () => (asked.resolve(), new Promise(() => {}))]);
    const log = openSqliteLog(":memory:");
    const ended: Receipt[] = [];
    void asked.promise.then(() => both.resolve());
    await runPaid(
      log,
      new Treasury(log.ledger, { total: 1, perVisitor: undefined, perAddress: undefined }),
      [first, second],
      {
        answer: { hedgeAfterMs: 1 },
        pump: { onEnd: (receipt) => ended.push(receipt) },
      },
    );
    const [, loser] = ended[0]!.attempts;
    assert.deepEqual([loser!.provider, loser!.outcome], ["second", "superseded"]);
    assert.deepEqual([loser!.booked!.input, loser!.booked!.output, loser!.booked!.estimated], [7, 2, true]);
    assert.equal(Math.round(loser!.booked!.costUsd! * 1e9), 7 * INPUT_NANO + 2 * OUTPUT_NANO);
    await log.close();
  });

  test("a target that fails beside its hedge has failed: its end says why, and its circuit hears of it", async () => {
    const down = new StreamError("provider_error", "down");
    const asked = Promise.withResolvers<void>();
    const first = fakeProvider("first", [() => asked.promise, down]);
    const second = fakeProvider("second", [
      () => (asked.resolve(), new Promise((go) => setTimeout(go, 5))),
      text("Here."),
      finish,
    ]);
    const opened: string[] = [];
    const router = new Router({
      breaker: { failures: 1 },
      random: () => 0,
      onCircuit: ({ provider, model }, state) => opened.push(`${provider}/${model} ${state}`),
    });
    const targets = [first, second].map((provider) => targetOf(provider));
    const budget = { attempts: 4, afterContent: 1 };
    const route = router.open({ targets, strategy: "order", limits: {}, budget });
    await using agent = await openAgentRun({ hedgeAfterMs: 1, route });
    const message = await agent.run([first, second]);
    assert.equal(visibleText(message), "Here.");
    const ends = (await agent.entries()).flatMap((entry) => (entry.type === "attempt.end" ? [entry] : []));
    assert.deepEqual(
      ends.map(({ outcome, error }) => [outcome, error?.code]),
      [
        ["error", "provider_error"],
        ["complete", undefined],
      ],
    );
    assert.deepEqual(opened, ["first/m open"]);
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

describe("an agent that acts", () => {
  const acting = (name: string, ...scripts: Parameters<typeof fakeProvider>[1][]) =>
    Object.assign(fakeProvider(name, ...scripts), { acts: true });
  const slow = [() => new Promise((resolve) => setTimeout(resolve, 10)), text("Done."), finish] as const;

  test("has no hedge beside it, and is none: what it does would be done twice", async () => {
    const agentFirst = acting("agent", slow);
    const other = fakeProvider("other", [text("x"), finish]);
    await using one = await openAgentRun({ hedgeAfterMs: 1 });
    assert.equal(visibleText(await one.run([agentFirst, other])), "Done.");
    assert.equal(other.requests.length, 0);

    const agentSecond = acting("agent", [text("x"), finish]);
    await using two = await openAgentRun({ hedgeAfterMs: 1 });
    assert.equal(visibleText(await two.run([fakeProvider("model", slow), agentSecond])), "Done.");
    assert.equal(agentSecond.requests.length, 0);
  });
});
