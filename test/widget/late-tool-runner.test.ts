import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyMessage } from "../../protocol/index.ts";
import type { Message } from "../../protocol/index.ts";
import { LateToolRunner } from "../../widget/late-tool-runner.ts";
import type { ToolRunner, ToolRunnerOptions } from "../../widget/tool-runner.ts";
import { turns } from "../fakes/turns.ts";

const TOOLS = { mark: { description: "Marks", run: () => null } };

const answer = (cursor: string): Message => ({ ...emptyMessage("i1"), cursor });

/** A runner whose code comes at the attempt of this number, and what it is told from then on. */
function lateRunner(success: number, tools: () => ToolRunnerOptions["tools"]) {
  const told: string[] = [];
  let loads = 0;
  class Runner {
    follow({ cursor }: Message): void {
      told.push(cursor);
    }
    close(): void {
      told.push("close");
    }
  }
  const options = { tools: () => tools()(), client: { toolResult: async () => {} }, onFailure: () => {} };
  const late = new LateToolRunner(options, async () => {
    if (++loads < success) throw new TypeError("Failed to fetch dynamically imported module");
    return { ToolRunner: Runner as unknown as typeof ToolRunner };
  });
  return { late, told, loads: () => loads };
}

test("a page without tools loads nothing; one whose tools come later does then", async () => {
  let tools: ToolRunnerOptions["tools"] = () => ({});
  const { late, told, loads } = lateRunner(1, () => tools);
  late.follow(answer("i1.1"));
  await turns(3);
  assert.equal(loads(), 0);
  tools = () => TOOLS;
  late.follow(answer("i1.2"));
  late.follow(answer("i1.3"));
  await turns(3);
  assert.equal(loads(), 1);
  late.follow(answer("i1.4"));
  late.close();
  assert.deepEqual(told, ["i1.3", "i1.4", "close"]);
});

test("what cannot be loaded is tried again until it can, and then takes up the latest state", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { late, told, loads } = lateRunner(4, () => () => TOOLS);
  late.follow(answer("i1.1"));
  for (let failure = 1; failure < 4; failure++) {
    await turns(3);
    t.mock.timers.tick(20_000);
  }
  await turns(3);
  assert.equal(loads(), 4);
  assert.deepEqual(told, ["i1.1"]);
});

test("a conversation that is closed meanwhile runs nothing and tries no more", async () => {
  const { late, told, loads } = lateRunner(2, () => () => TOOLS);
  late.follow(answer("i1.1"));
  await turns(3);
  late.close();
  await turns(3);
  assert.equal(loads(), 1);
  assert.deepEqual(told, []);
});
