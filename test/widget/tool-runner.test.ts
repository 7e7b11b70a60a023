import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyMessage, StreamError } from "../../protocol/index.ts";
import type { Message, ToolBlock, ToolOutcome } from "../../protocol/index.ts";
import type { PageTools } from "../../widget/page-tools.ts";
import { toolLedger } from "../../widget/tool-ledger.ts";
import { ToolRunner } from "../../widget/tool-runner.ts";
import { until } from "../fakes/client-world.ts";

/** A page, or the same page after a reload: its tools, what it told the proxy, what it could not. */
function page(tools: PageTools, answer: () => Promise<void> = async () => {}) {
  const told: [callId: string, outcome: ToolOutcome][] = [];
  const failures: StreamError[] = [];
  const runner = new ToolRunner({
    tools: () => tools,
    onFailure: (error) => failures.push(error),
    client: {
      toolResult: async (_stream, callId, outcome) => {
        told.push([callId, outcome]);
        await answer();
      },
    },
  });
  return { runner, told, failures };
}

const call = (change: Partial<ToolBlock> = {}): ToolBlock => ({
  kind: "tool",
  seq: 4,
  callId: "call_1",
  name: "book",
  args: { seat: 7 },
  argsText: "",
  state: "running",
  runsOn: "page",
  ...change,
});

const answer = (stream: string, ...blocks: ToolBlock[]): Message => ({ ...emptyMessage("i"), stream, blocks });

const settled = (stream: string, seq = 4): Promise<void> =>
  until(() => toolLedger.note(`${stream}/${seq}`)?.state === "settled");

/** A tool that counts. */
function counting(run: () => unknown = () => "done") {
  const runs: unknown[] = [];
  const tools: PageTools = {
    book: {
      description: "d",
      run: (args) => {
        runs.push(args);
        return run();
      },
    },
  };
  return { runs, tools };
}

test("a call that waits for the page runs once, however often it is seen, and its result is told", async () => {
  const { runs, tools } = counting();
  const { runner, told } = page(tools);
  toolLedger.add("s_once");
  for (let look = 0; look < 3; look++) runner.follow(answer("s_once", call()));
  await settled("s_once");
  page(tools).runner.follow(answer("s_once", call()));
  await new Promise(setImmediate);
  assert.deepEqual(runs, [{ seat: 7 }]);
  assert.deepEqual(told, [["call_1", { result: "done" }]]);
});

test("calls of others, of the proxy, not yet begun, or of answers that ended do not run", async () => {
  const { runs, tools } = counting();
  const { runner } = page(tools);
  toolLedger.add("s_not");
  runner.follow(answer("s_of_another_browser", call()));
  runner.follow({ ...answer("s_not", call()), status: "interrupted" });
  const { runsOn: _runsOn, ...input } = call({ seq: 9, state: "input" });
  for (const block of [call({ runsOn: "proxy" }), call({ state: "done" }), call({ name: "toString" }), input]) {
    runner.follow(answer("s_not", block));
  }
  await new Promise(setImmediate);
  assert.deepEqual(runs, []);
});

test("calls of one answer run side by side; a call id used again is another call", async () => {
  const gate = Promise.withResolvers<void>();
  const { runs, tools } = counting(() => gate.promise);
  const { runner, told } = page(tools);
  toolLedger.add("s_many");
  runner.follow(answer("s_many", call(), call({ seq: 5, callId: "call_2" }), call({ seq: 6 })));
  await until(() => runs.length === 3);
  gate.resolve();
  await Promise.all([4, 5, 6].map((seq) => settled("s_many", seq)));
  assert.equal(told.length, 3);
});

test("a page left while a tool ran does not run it again: its outcome is unknown", async () => {
  const { runs, tools } = counting(() => new Promise(() => {}));
  const before = page(tools);
  toolLedger.add("s_left");
  before.runner.follow(answer("s_left", call()));
  await until(() => runs.length === 1);
  before.runner.close();
  const after = page(tools);
  after.runner.follow(answer("s_left", call()));
  await settled("s_left");
  assert.equal(runs.length, 1);
  assert.match(JSON.stringify(after.told), /outcome is unknown/);
  assert.deepEqual(before.told, []);
});

test("a result that could not be told before a reload is told after it", async () => {
  const { runs, tools } = counting();
  const before = page(tools, () => new Promise(() => {}));
  toolLedger.add("s_untold");
  before.runner.follow(answer("s_untold", call()));
  await until(() => before.told.length === 1);
  // A reload ends the work without a word: nothing of that page's comes any more.
  const note = toolLedger.note("s_untold/4");
  assert.equal(note?.state, "ended");
  toolLedger.add("s_reloaded");
  toolLedger.put("s_reloaded/4", note);
  const after = page(tools);
  after.runner.follow(answer("s_reloaded", call()));
  await settled("s_reloaded");
  assert.deepEqual(after.told, [["call_1", { result: "done" }]]);
  assert.equal(runs.length, 1);
});

test("a call that ended elsewhere aborts what runs here, and nothing is told", async () => {
  const signals: AbortSignal[] = [];
  const { runner, told, failures } = page({
    book: {
      description: "d",
      run: (_args, { signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    },
  });
  toolLedger.add("s_elsewhere");
  runner.follow(answer("s_elsewhere", call()));
  await until(() => signals.length === 1);
  runner.follow(answer("s_elsewhere", call({ state: "done" })));
  assert.equal(signals[0]?.aborted, true);
  await new Promise(setImmediate);
  assert.deepEqual([told, failures], [[], []]);
});

test("an outcome that somebody else was first with is settled; any other refusal is told to the page", async () => {
  const { tools } = counting();
  const late = page(tools, () => Promise.reject(new StreamError("conflict", "another outcome came first")));
  toolLedger.add("s_late");
  late.runner.follow(answer("s_late", call()));
  await settled("s_late");
  assert.deepEqual(late.failures, []);
  const refused = page(tools, () => Promise.reject(new StreamError("forbidden", "no")));
  toolLedger.add("s_refused");
  refused.runner.follow(answer("s_refused", call()));
  await until(() => refused.failures.length === 1);
  assert.equal(refused.failures[0]?.code, "forbidden");
});

test("a tool that is set after its call began runs at the next look", async () => {
  const { runs, tools } = counting();
  const set: Record<string, PageTools[string]> = {};
  const { runner } = page(set);
  toolLedger.add("s_set_later");
  runner.follow(answer("s_set_later", call()));
  Object.assign(set, tools);
  runner.follow(answer("s_set_later", call()));
  await settled("s_set_later");
  assert.equal(runs.length, 1);
});

test("notes older than a day are cleared away when a stream is added", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000 });
  toolLedger.add("s_old");
  toolLedger.put("s_old/4", { state: "settled" });
  t.mock.timers.setTime(86_400_000);
  toolLedger.add("s_new");
  assert.equal(toolLedger.has("s_old"), true);
  t.mock.timers.setTime(86_402_000);
  toolLedger.add("s_newer");
  assert.deepEqual([toolLedger.has("s_old"), toolLedger.has("s_new")], [false, true]);
  assert.equal(toolLedger.note("s_old/4"), null);
});
