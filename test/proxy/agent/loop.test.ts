import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { StreamError, visibleText } from "../../../protocol/index.ts";
import { defineTool } from "../../../proxy/agent/define-tool.ts";
import type { JsonTool } from "../../../proxy/agent/define-tool.ts";
import type { ProviderEvent, ProviderMessage } from "../../../proxy/provider/provider.ts";
import { openAgentRun, toolBlocks } from "../../fakes/agent-run.ts";
import { calls, fakeProvider, finish, text } from "../../fakes/fake-provider.ts";

const CITY = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const PAGE = [{ name: "look", description: "looks", parameters: {} }];

const tool = (run: JsonTool<Record<string, unknown>>["run"], options: Partial<JsonTool<never>> = {}) =>
  defineTool({ description: "d", parameters: CITY, ...options, run });

const said = (answer: string) => [text(answer), finish];
const never = () => new Promise<never>(() => {});

/** The messages of a request after the question, in short. */
const told = (messages: readonly ProviderMessage[]) =>
  messages.slice(1).map((message) => {
    if (message.role === "tool") return [message.callId, message.ok, message.result];
    return message.parts.map((part) => ("text" in part ? part.text : part.type === "tool-call" ? part.callId : part));
  });

describe("runAnswer()", () => {
  test("asks, runs the calls of a step side by side, and asks again until the model stops", async () => {
    const both = Promise.withResolvers<void>();
    const began: string[] = [];
    const meet = async (name: string) => {
      began.push(name);
      if (began.length === 2) both.resolve();
      await both.promise;
    };
    await using agent = await openAgentRun({
      own: {
        weather: tool(async ({ city }) => (await meet("weather"), { city, sky: "clear" })),
        time: tool(async () => (await meet("time"), "12:00")),
      },
      page: PAGE,
    });
    const provider = fakeProvider(
      "p",
      [calls(["a", "weather", { city: "Lisbon" }], ["b", "time", { city: "Lisbon" }])],
      [calls(["c", "look", { at: "map" }])],
      said("Sunny."),
    );
    const running = agent.run([provider]);
    const start = await agent.saw((entry) => entry.type === "tool.start" && entry.runsOn === "page");
    assert.deepEqual(start.type === "tool.start" && start.args, { at: "map" });
    assert.equal(agent.inbox.answer("c", { result: { seen: true } }), true);
    const message = await running;

    assert.deepEqual([message.status, message.end?.reason, message.steps], ["complete", "stop", 3]);
    assert.equal(visibleText(message), "Sunny.");
    assert.deepEqual(
      provider.requests.map(({ messages }) => told(messages)),
      [
        [],
        [
          ["a", "b"],
          ["a", true, '{"city":"Lisbon","sky":"clear"}'],
          ["b", true, "12:00"],
        ],
        [
          ["a", "b"],
          ["a", true, '{"city":"Lisbon","sky":"clear"}'],
          ["b", true, "12:00"],
          ["c"],
          ["c", true, '{"seen":true}'],
        ],
      ],
    );
    assert.deepEqual(
      provider.requests[0]!.tools.map(({ name }) => name),
      ["weather", "time", "look"],
    );
    const steps = (await agent.entries()).flatMap((entry) => (entry.type === "step.end" ? [entry.reason] : []));
    assert.deepEqual(steps, ["tool_calls", "tool_calls", "stop"]);
  });

  test("a call has begun in the store before its tool runs", async () => {
    let types: string[] = [];
    const look = tool(async () => {
      types = (await agent.entries()).map(({ type }) => type);
    });
    await using agent = await openAgentRun({ own: { look } });
    await agent.run([fakeProvider("p", [calls(["a", "look", { city: "x" }])], said("ok"))]);
    assert.equal(types.at(-1), "tool.start");
  });

  test("thinking, signatures, text and calls go back in the order they came, to the end of the answer", async () => {
    const thinking = (signature: string): ProviderEvent[] => [
      { type: "block.start", block: 0, kind: "reasoning" },
      { type: "delta", block: 0, text: "hm" },
      { type: "block.end", block: 0 },
      { type: "native", value: { signature } },
      { type: "block.start", block: 1, kind: "text" },
      { type: "delta", block: 1, text: "wait" },
      { type: "block.end", block: 1 },
      { type: "block.start", block: 2, kind: "tool", name: "look", callId: signature },
      { type: "delta", block: 2, text: '{"city":"x"}' },
      { type: "block.end", block: 2, args: { city: "x" } },
      { type: "native", value: "last" },
      { type: "finish", reason: "tool_calls", raw: null },
    ];
    await using agent = await openAgentRun({ own: { look: tool(() => "seen") } });
    const provider = fakeProvider("p", [thinking("s1")], [thinking("s2")], said("done"));
    await agent.run([provider]);
    const step = (signature: string) => [
      {
        role: "assistant",
        parts: [
          { type: "reasoning", text: "hm" },
          { type: "native", provider: "p", value: { signature } },
          { type: "text", text: "wait" },
          { type: "tool-call", callId: signature, name: "look", argsText: '{"city":"x"}' },
          { type: "native", provider: "p", value: "last" },
        ],
      },
      { role: "tool", callId: signature, name: "look", ok: true, result: "seen" },
    ];
    assert.deepEqual(provider.requests[2]!.messages.slice(1), [...step("s1"), ...step("s2")]);
    assert.doesNotMatch(JSON.stringify(await agent.entries()), /signature|last/);
    const records = (await agent.log.readRecords("c_1")).get("s_1")!;
    assert.deepEqual(
      records.map(({ firstBlock, nextBlock, natives }) => [firstBlock, nextBlock, natives.length]),
      [
        [0, 3, 2],
        [3, 6, 2],
      ],
    );
  });

  test("cancel ends a running tool at once and no other model call is made", async () => {
    let signal: AbortSignal | undefined;
    const provider = fakeProvider("p", [calls(["a", "slow", { city: "x" }])]);
    const slow = tool((_args, context) => ((signal = context.signal), never()));
    await using agent = await openAgentRun({ own: { slow } });
    const running = agent.run([provider]);
    await agent.saw(({ type }) => type === "tool.start");
    agent.stop.abort(new StreamError("cancelled", "stopped"));
    const message = await running;
    assert.deepEqual([message.status, toolBlocks(message)[0]!.state], ["cancelled", "failed"]);
    assert.equal(signal?.aborted, true);
    assert.equal(provider.requests.length, 1);
  });

  test("a call of something nobody declared leaves all calls of the step to whoever asked", async () => {
    let ran = 0;
    await using agent = await openAgentRun({ own: { look: tool(() => ++ran) } });
    const message = await agent.run([fakeProvider("p", [calls(["a", "look", { city: "x" }], ["b", "elsewhere", {}])])]);
    assert.deepEqual([message.status, message.end?.reason, ran], ["complete", "tool_calls", 0]);
    assert.deepEqual(
      toolBlocks(message).map(({ state }) => state),
      ["input", "input"],
    );
  });

  test("after the last step its calls are run and the stream ends max_steps", async () => {
    await using agent = await openAgentRun({ own: { look: tool(() => "seen") }, maxSteps: 2 });
    const provider = fakeProvider("p", [calls(["a", "look", { city: "x" }])]);
    const message = await agent.run([provider]);
    assert.deepEqual([message.status, message.end?.reason], ["complete", "max_steps"]);
    assert.deepEqual([provider.requests.length, toolBlocks(message).length], [2, 2]);
  });

  test("a name a call had before becomes another, for a server that counts from 0 in every step", async () => {
    await using agent = await openAgentRun({ own: { look: tool(({ city }) => city) } });
    const call = (city: string) => [calls(["call_0", "look", { city }], ["", "look", { city: `${city}!` }])];
    const provider = fakeProvider("p", call("one"), call("two"), said("ok"));
    const message = await agent.run([provider]);
    const ids = toolBlocks(message).map(({ callId }) => callId);
    assert.equal(new Set(ids).size, 4);
    assert.deepEqual(
      toolBlocks(message).map(({ result }) => result),
      ["one", "one!", "two", "two!"],
    );
  });

  test("a later step that fails restarts alone: earlier steps stay, no tool runs twice, attempts count on", async () => {
    let ran = 0;
    await using agent = await openAgentRun({ own: { look: tool(() => ++ran) } });
    const cut = new StreamError("upstream_truncated", "cut", { retryAfterMs: 0 });
    const [one, two] = [
      fakeProvider("one", [calls(["a", "look", { city: "x" }])], [text("par"), cut]),
      fakeProvider("two", said("whole")),
    ];
    const message = await agent.run([one, two]);
    assert.deepEqual([visibleText(message), ran, message.attempts, message.steps], ["whole", 1, 3, 2]);
    assert.equal(toolBlocks(message)[0]!.state, "done");
    assert.deepEqual(told(two.requests[0]!.messages), told(one.requests[1]!.messages));
  });

  test("the next step goes to the target that answered the one before", async () => {
    const refused = new StreamError("provider_overloaded", "busy");
    const [one, two] = [
      fakeProvider("one", [refused]),
      fakeProvider("two", [calls(["a", "look", { city: "x" }])], said("ok")),
    ];
    await using agent = await openAgentRun({ own: { look: tool(() => "seen") } });
    await agent.run([one, two]);
    assert.deepEqual([one.requests.length, two.requests.length], [1, 2]);
  });

  test("a call the provider ran itself is not run again, and its result goes back in its place", async () => {
    let ran = 0;
    const script: ProviderEvent[] = [
      { type: "block.start", block: 0, kind: "tool", name: "look", callId: "theirs" },
      { type: "block.end", block: 0, args: {} },
      { type: "tool.result", callId: "theirs", ok: true, result: { found: 1 } },
      { type: "block.start", block: 1, kind: "text" },
      { type: "delta", block: 1, text: "then" },
      { type: "block.end", block: 1 },
      { type: "block.start", block: 2, kind: "tool", name: "look", callId: "ours" },
      { type: "delta", block: 2, text: '{"city":"x"}' },
      { type: "block.end", block: 2, args: { city: "x" } },
      { type: "finish", reason: "tool_calls", raw: null },
    ];
    const provider = fakeProvider("p", [script], said("ok"));
    await using agent = await openAgentRun({ own: { look: tool(() => ++ran) } });
    const message = await agent.run([provider]);
    assert.deepEqual(
      toolBlocks(message).map(({ runsOn }) => runsOn),
      [undefined, "proxy"],
    );
    assert.equal(ran, 1);
    assert.deepEqual(told(provider.requests[1]!.messages), [
      ["theirs"],
      ["theirs", true, '{"found":1}'],
      ["then", "ours"],
      ["ours", true, "1"],
    ]);
  });
});
