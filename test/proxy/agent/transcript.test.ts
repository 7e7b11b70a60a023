import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MessageBlock, ToolBlock } from "../../../protocol/index.ts";
import { transcriptOf } from "../../../proxy/agent/transcript.ts";
import type { AttemptRecord } from "../../../proxy/stream-log/stream-log.ts";

const text = (block: number, value: string, kind: "text" | "reasoning" = "text"): MessageBlock => ({
  kind,
  seq: block,
  block,
  text: value,
  open: false,
});
const call = (block: number, change: Partial<ToolBlock> = {}): MessageBlock => ({
  kind: "tool",
  seq: block,
  block,
  callId: `c${block}`,
  name: "look",
  args: { a: 1 },
  argsText: '{"a":1}',
  state: "done",
  runsOn: "proxy",
  result: "seen",
  ...change,
});
const record = (firstBlock: number, nextBlock: number, ...at: number[]): AttemptRecord => ({
  provider: "p",
  firstBlock,
  nextBlock,
  natives: at.map((place) => ({ at: place, value: place })),
});

/** Parts and results by one word each. */
const short = (blocks: readonly MessageBlock[], records: readonly AttemptRecord[]) =>
  transcriptOf(blocks, records).map((message) => {
    if (message.role === "tool") return `${message.callId} ${message.ok ? "ok" : "not ok"}: ${message.result}`;
    return message.parts.map((part) => {
      if (part.type === "native") return `native ${String(part.value)}`;
      return part.type === "tool-call" ? `${part.callId}(${part.argsText})` : "text" in part ? part.text : "";
    });
  });

describe("transcriptOf()", () => {
  test("a plain answer is one message, its thinking before its text", () => {
    assert.deepEqual(transcriptOf([text(0, "hm", "reasoning"), text(1, "hello")], []), [
      {
        role: "assistant",
        parts: [
          { type: "reasoning", text: "hm" },
          { type: "text", text: "hello" },
        ],
      },
    ]);
  });

  test("each step is a message and its results; records stand where they came", () => {
    const blocks = [
      text(0, "hm", "reasoning"),
      call(1),
      call(2, { state: "failed", error: "no" }),
      call(3),
      text(4, "so"),
    ];
    assert.deepEqual(short(blocks, [record(0, 3, 1, 3), record(3, 4, 3)]), [
      ["hm", "native 1", 'c1({"a":1})', 'c2({"a":1})', "native 3"],
      "c1 ok: seen",
      "c2 not ok: no",
      ["native 3", 'c3({"a":1})'],
      "c3 ok: seen",
      ["so"],
    ]);
  });

  test("a call that was not run says so, one whose end is missing that nobody knows", () => {
    const blocks = [call(0, { state: "input" }), call(1, { state: "awaiting" }), call(2, { state: "running" })];
    assert.deepEqual(short(blocks, [record(0, 3)]).slice(1), [
      "c0 not ok: Not run",
      "c1 not ok: Not run: nobody decided",
      "c2 not ok: Its outcome is unknown",
    ]);
  });

  test("a call cut in its arguments is left out, with the thinking that led to it", () => {
    const blocks = [text(0, "I look"), call(1, { state: "input", args: undefined, argsText: '{"a' })];
    assert.deepEqual(short(blocks, [record(0, 2, 0)]), [["I look"]]);
  });

  test("a call with arguments that are no JSON goes back without them", () => {
    const bad = call(0, { args: undefined, argsText: "{", state: "failed", error: "no JSON" });
    assert.deepEqual(short([bad], [record(0, 1)]), [["c0()"], "c0 not ok: no JSON"]);
  });

  test("of an attempt that broke off its text stays, a call it began does not", () => {
    const blocks = [call(0), text(1, "half"), call(2, { state: "input" })];
    assert.deepEqual(short(blocks, [record(0, 1, 0)]), [["native 0", 'c0({"a":1})'], "c0 ok: seen", ["half"]]);
  });

  test("calls that the provider ran stand before what it said of them", () => {
    const theirs = { runsOn: undefined } as unknown as Partial<ToolBlock>;
    assert.deepEqual(short([call(0, theirs), call(1, theirs), text(2, "so")], [record(0, 3)]), [
      ['c0({"a":1})', 'c1({"a":1})'],
      "c0 ok: seen",
      "c1 ok: seen",
      ["so"],
    ]);
  });

  test("nothing is said of an answer without text and calls", () => {
    assert.deepEqual(transcriptOf([text(0, "hm", "reasoning"), text(1, "")], [record(0, 2, 1)]), []);
  });
});
