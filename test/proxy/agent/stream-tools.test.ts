import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineTool, ToolError } from "../../../proxy/agent/define-tool.ts";
import type { JsonTool } from "../../../proxy/agent/define-tool.ts";
import type { ProviderMessage } from "../../../proxy/provider/provider.ts";
import { openAgentRun, toolBlocks } from "../../fakes/agent-run.ts";
import { calls, fakeProvider, finish, text } from "../../fakes/fake-provider.ts";

const CITY = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

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

describe("StreamTools", () => {
  test("wrong arguments are answered with what is wrong; a second time the tool is withdrawn", async () => {
    let ran = 0;
    await using agent = await openAgentRun({ own: { look: tool(() => ++ran) } });
    const bad = (id: string) => [calls([id, "look", { city: 7 }])];
    const provider = fakeProvider("p", bad("a"), bad("b"), [calls(["c", "look", { city: "x" }])], said("sorry"));
    const message = await agent.run([provider]);
    const errors = toolBlocks(message).map(({ error }) => error);
    assert.match(errors[0]!, /city must be string, found 7. Correct them and call it again/);
    assert.match(errors[1]!, /Do not call look again/);
    assert.match(errors[2]!, /Do not call look again/);
    assert.deepEqual([ran, message.end?.reason], [0, "stop"]);
    assert.deepEqual(told(provider.requests[1]!.messages)[1], ["a", false, errors[0]]);
  });

  test("a corrected call runs, and its tool may be called wrongly once more later", async () => {
    await using agent = await openAgentRun({ own: { look: tool(() => "seen") } });
    const call = (id: string, args: object) => [calls([id, "look", args])];
    const good = { city: "x" };
    const message = await agent.run([
      fakeProvider("p", call("a", {}), call("b", good), call("c", {}), call("d", good), said("ok")),
    ]);
    assert.deepEqual(
      toolBlocks(message).map(({ state }) => state),
      ["failed", "done", "failed", "done"],
    );
  });

  test("of a tool that fails the model hears its own words only if the tool meant it to", async () => {
    const secret = new Error("connect postgres://root:hunter2@db");
    await using agent = await openAgentRun({
      own: {
        breaks: tool(() => Promise.reject(secret)),
        says: tool(() => {
          throw new ToolError("There is no such city");
        }),
        circular: tool(() => {
          const value: Record<string, unknown> = {};
          value["self"] = value;
          return value;
        }),
      },
    });
    const args = { city: "x" };
    const message = await agent.run([
      fakeProvider("p", [calls(["a", "breaks", args], ["b", "says", args], ["c", "circular", args])], said("ok")),
    ]);
    assert.deepEqual(
      toolBlocks(message).map(({ ok: _ok, error, state }: { ok?: unknown; error?: string; state: string }) => [
        state,
        error,
      ]),
      [
        ["failed", "breaks failed"],
        ["failed", "There is no such city"],
        ["failed", "The tool returned something that is not JSON"],
      ],
    );
    assert.deepEqual(agent.failures, [["breaks", secret]]);
    assert.doesNotMatch(JSON.stringify(await agent.entries()), /hunter2|at .*loop\.test/);
  });

  test("a tool that takes too long is given up, and its signal says so", async () => {
    let signal: AbortSignal | undefined;
    const slow = tool((_args, context) => ((signal = context.signal), never()), { timeoutMs: 1 });
    await using agent = await openAgentRun({ own: { slow } });
    const message = await agent.run([fakeProvider("p", [calls(["a", "slow", { city: "x" }])], said("ok"))]);
    assert.match(toolBlocks(message)[0]!.error!, /slow did not answer in 1 ms/);
    assert.equal(signal?.aborted, true);
    assert.equal(message.end?.reason, "stop");
  });

  test("a result over the limit is cut, and says so", async () => {
    await using agent = await openAgentRun({
      own: { look: tool(() => ({ text: "x".repeat(500) })) },
      resultChars: 100,
    });
    const provider = fakeProvider("p", [calls(["a", "look", { city: "x" }])], said("ok"));
    const [call] = toolBlocks(await agent.run([provider]));
    assert.match(String(call!.result), /^\{"text":"x{91}\n\[Cut: these are the first 100 of 511 characters\.\]$/);
    assert.equal((told(provider.requests[1]!.messages)[1] as unknown[])[2], call!.result);
  });
});
