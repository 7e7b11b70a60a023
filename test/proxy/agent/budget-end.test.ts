/** What becomes of an answer whose money runs out, and of one that comes near it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamError, visibleText } from "../../../protocol/index.ts";
import type { Message } from "../../../protocol/index.ts";
import { defineTool } from "../../../proxy/agent/define-tool.ts";
import type { ProviderEvent, ProviderRequest } from "../../../proxy/provider/provider.ts";
import { freeMeter } from "../../../proxy/spend/free-meter.ts";
import type { Meter } from "../../../proxy/spend/meter.ts";
import { openAgentRun } from "../../fakes/agent-run.ts";
import { calls, fakeProvider, finish, more, text } from "../../fakes/fake-provider.ts";

const endOf = ({ status, end }: Message) => [status, end?.reason, end?.error?.code];

const spent = new StreamError("budget_exhausted", "this answer's budget is spent", { retryAfterMs: 5_000 });

/** Counts characters; refuses more once so many were read. */
function purse(chars: number, { low = Infinity, maxOutputTokens = undefined as number | undefined } = {}): Meter {
  let read = 0;
  let refusal: StreamError | null = null;
  return {
    ...freeMeter,
    get isLow() {
      return read >= low;
    },
    get refusal() {
      return refusal;
    },
    async begin() {
      if (read >= chars) return (refusal = spent);
      return {
        maxOutputTokens,
        read(events) {
          for (const event of events) if (event.type === "delta") read += event.text.length;
          if (read < chars) return undefined;
          refusal = spent;
          return Promise.resolve(false);
        },
        end: () => ({ input: 0, output: 0, estimated: true }),
      };
    },
  };
}

test("the hard limit cuts cleanly: what was read is shown, the provider is hung up, nobody else is asked", async () => {
  const provider = fakeProvider("p", [text("12345"), more("67890"), more("never"), finish]);
  await using agent = await openAgentRun({ meter: purse(10), fallbackText: "not this" });
  const message = await agent.run([provider, provider]);
  assert.deepEqual([visibleText(message), ...endOf(message)], ["1234567890", "interrupted", "budget", spent.code]);
  assert.deepEqual([provider.requests.length, provider.open, message.attempts], [1, 0, 1]);
});

test("an answer whose last words reach the limit is complete", async () => {
  await using agent = await openAgentRun({ meter: purse(5) });
  const message = await agent.run([fakeProvider("p", [[...text("12345"), ...finish]])]);
  assert.deepEqual(endOf(message), ["complete", "stop", undefined]);
});

test("nothing is asked when there is nothing left, and the reader is told when there will be", async () => {
  const provider = fakeProvider("p", [text("x"), finish]);
  await using agent = await openAgentRun({ meter: purse(0) });
  const message = await agent.run([provider]);
  assert.deepEqual([provider.requests.length, message.end?.error?.retryAfterMs], [0, 5_000]);
  assert.equal(message.end?.reason, "budget");
});

test("the length asked for is what can be paid; reaching it is the budget's end, reaching one's own is not", async () => {
  const long = (reason: "length"): ProviderEvent[] => [
    { type: "block.end", block: 0 },
    { type: "finish", reason, raw: null },
  ];
  const asked = async (maxOutputTokens?: number) => {
    const provider = fakeProvider("p", [text("x"), long("length")]);
    const request = { messages: [], tools: [], ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) };
    await using agent = await openAgentRun({ meter: purse(99, { maxOutputTokens: 50 }), request });
    const message = await agent.run([provider]);
    return [provider.requests[0]!.maxOutputTokens, message.end?.reason];
  };
  assert.deepEqual(await asked(), [50, "budget"]);
  assert.deepEqual(await asked(40), [40, "length"]);
  assert.deepEqual(await asked(60), [50, "budget"]);
});

test("near the limit the model is asked to wind up; one that calls again is not obeyed", async () => {
  let runs = 0;
  const look = defineTool({ description: "d", parameters: {}, run: () => ++runs });
  const windUps = (requests: readonly ProviderRequest[]) => requests.map(({ windUp }) => windUp === true);
  const call = (id: string) => [[...calls([id, "look", { why: "because" }])]];

  const good = fakeProvider("p", call("a"), [text("That is what I know."), finish]);
  await using agent = await openAgentRun({ own: { look }, meter: purse(1_000, { low: 10 }) });
  const message = await agent.run([good]);
  assert.deepEqual(windUps(good.requests), [false, true]);
  assert.deepEqual(endOf(message), ["complete", "stop", undefined]);

  const stubborn = fakeProvider("p", call("a"), call("b"), call("c"));
  await using other = await openAgentRun({ own: { look }, meter: purse(1_000, { low: 10 }) });
  const cutOff = await other.run([stubborn]);
  assert.deepEqual([stubborn.requests.length, cutOff.end?.reason, cutOff.status], [2, "budget", "interrupted"]);
  assert.equal(runs, 2);
});
