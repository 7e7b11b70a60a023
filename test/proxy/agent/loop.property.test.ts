import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import fc from "fast-check";
import { StreamError } from "../../../protocol/index.ts";
import type { ToolOutcome } from "../../../protocol/index.ts";
import { defineTool, ToolError } from "../../../proxy/agent/define-tool.ts";
import { openAgentRun, toolBlocks } from "../../fakes/agent-run.ts";
import { calls, fakeProvider, finish, text } from "../../fakes/fake-provider.ts";

/** How one call goes: what it names, what becomes of it, and after how many turns of the event loop. */
const call = fc.record({
  name: fc.constantFrom("run", "ask", "page", "elsewhere"),
  good: fc.boolean(),
  outcome: fc.constantFrom("value", "throw", "error", "never", "circular"),
  turns: fc.nat(3),
});
const step = fc.record({ calls: fc.array(call, { minLength: 1, maxLength: 4 }), breaks: fc.boolean() });
const script = fc.record({
  steps: fc.array(step, { maxLength: 4 }),
  maxSteps: fc.integer({ min: 1, max: 5 }),
  /** Stopped once so many entries are committed; beyond the end: not at all. */
  stopAt: fc.option(fc.nat(60), { nil: Infinity }),
});

type Going = Parameters<Parameters<typeof call.map>[0]>[0];

const PARAMETERS = { type: "object", properties: { id: { type: "string" } }, required: ["id"] };
const cut = new StreamError("upstream_truncated", "cut", { retryAfterMs: 0 });

async function go({ outcome, turns }: Going): Promise<unknown> {
  for (let left = turns; left > 0; left--) await turn();
  if (outcome === "throw") throw new Error("SECRET");
  if (outcome === "error") throw new ToolError("no");
  if (outcome === "never") return new Promise<never>(() => {});
  const value: Record<string, unknown> = { turns };
  if (outcome === "circular") value["self"] = value;
  return value;
}

const outcomeOf = ({ name, outcome, turns }: Going): ToolOutcome | null => {
  if (outcome === "never") return null;
  if (name === "ask") return { approve: outcome !== "error" };
  return outcome === "value" ? { result: turns } : { error: outcome };
};

test("whatever calls do, and whenever the answer is stopped, each ends once, none runs twice, the log holds", async () => {
  await fc.assert(
    fc.asyncProperty(script, async ({ steps, maxSteps, stopAt }) => {
      const going = new Map<string, Going>();
      const ran = new Map<string, number>();
      const scripts = steps.flatMap(({ calls: made, breaks }, index) => {
        const asked = made.map((each, number): [string, string, unknown] => {
          const id = `${index}.${number}`;
          going.set(id, each);
          return [id, each.name, each.good ? { id } : { id: 7 }];
        });
        return [...(breaks ? [[text("half"), cut]] : []), [calls(...asked)]];
      });
      const run = async ({ id }: Record<string, unknown>) => {
        ran.set(String(id), (ran.get(String(id)) ?? 0) + 1);
        return go(going.get(String(id))!);
      };
      const shared = { description: "d", parameters: PARAMETERS, timeoutMs: 2, run };
      await using agent = await openAgentRun({
        own: { run: defineTool(shared), ask: defineTool({ ...shared, approval: "always" }) },
        page: [{ name: "page", description: "d", parameters: {} }],
        maxSteps,
        waitMs: 2,
      });
      const provider = fakeProvider("p", ...scripts, [text("done"), finish]);
      const answering = agent.saw((entry) => {
        if (entry.seq >= stopAt) agent.stop.abort(new StreamError("cancelled", "stopped"));
        if (entry.type === "tool.start" && (entry.runsOn === "page" || entry.approval === true)) {
          const each = going.get(entry.callId)!;
          const outcome = outcomeOf(each);
          // As a page would: at once or a little later, perhaps too late.
          if (outcome !== null) void answerAfter(each.turns, () => agent.inbox.answer(entry.callId, outcome));
        }
        return entry.type === "stream.end";
      });
      // Checks the log's own invariants.
      const message = await agent.run([provider]);
      await answering;

      const blocks = toolBlocks(message);
      assert.equal(new Set(blocks.map(({ callId }) => callId)).size, blocks.length);
      for (const { state, callId } of blocks) {
        assert.ok(state === "done" || state === "failed" || (state === "input" && !ran.has(callId)), state);
      }
      for (const times of ran.values()) assert.equal(times, 1);
      for (const { callId, name, state } of blocks) {
        const { good } = going.get(callId)!;
        if (state === "done") assert.ok(name === "page" || (good && ran.get(callId) === 1));
      }
      // Every result that is asked for is there, right after the calls and in their order.
      for (const { messages } of provider.requests) {
        messages.forEach((each, index) => {
          if (each.role !== "assistant") return;
          const asked = each.parts.flatMap((part) => (part.type === "tool-call" ? [part.callId] : []));
          const given = messages.slice(index + 1, index + 1 + asked.length);
          assert.deepEqual(
            given.map((result) => (result.role === "tool" ? result.callId : null)),
            asked,
          );
        });
      }
      assert.ok(message.steps <= maxSteps);
      assert.doesNotMatch(JSON.stringify(message), /SECRET/);
    }),
    { numRuns: 100 },
  );
});

async function answerAfter(turns: number, answer: () => void): Promise<void> {
  for (let left = turns; left > 0; left--) await turn();
  try {
    answer();
  } catch {
    // Too late: the time was up, or the answer was stopped.
  }
}
