import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { emptyMessage, fold, visibleText } from "../../protocol/index.ts";
import type { LogEntry, Message } from "../../protocol/index.ts";
import type { AssistantMessage } from "../../widget/chat.ts";
import { AiStreamBlockEvent, AiStreamTokenEvent, AiStreamToolEvent } from "../../widget/dom-events.ts";
import * as classes from "../../widget/dom-events.ts";
import { eventsBetween } from "../../widget/message-events.ts";
import { ShownAnswer } from "../../widget/shown-answer.ts";
import { INC, randomLog, simpleLog } from "../fakes/random-log.ts";

const EMPTY = emptyMessage(INC);

/** Plays a log in steps with frames between, until all is shown; gives every state that was on screen. */
function play(log: readonly LogEntry[], stepMs: readonly number[]): AssistantMessage[] {
  const answer = new ShownAnswer(EMPTY, "m_0");
  const states: AssistantMessage[] = [answer.shown];
  let nowMs = 0;
  let message: Message = EMPTY;
  for (const [index, entry] of log.entries()) {
    message = fold(message, [entry]);
    answer.arrive(message, [entry], nowMs);
    for (const end = nowMs + (stepMs[index] ?? 0); nowMs < end; nowMs += 16) states.push(answer.show(nowMs, false));
  }
  do states.push(answer.show((nowMs += 16), false));
  while (answer.isBehind);
  return states;
}

const steps = fc.array(fc.nat(120), { maxLength: 60 });

test("in the end the shown answer is the folded message, unless it is still being written again", () => {
  fc.assert(
    fc.property(randomLog(), steps, (log, stepMs) => {
      const message = fold(EMPTY, log);
      const { voided, ...last } = play(log, stepMs).at(-1)!;
      if (voided === undefined) assert.deepEqual(last, { ...message, parent: "m_0" });
      else assert.equal(message.end, undefined, "what ended is not written again");
    }),
  );
});

test("without a reset every state shows the beginning of the next one's text", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 }), { minLength: 1 }),
      steps,
      (texts, stepMs) => {
        const shown = play(simpleLog(texts), stepMs).map(visibleText);
        for (const [index, text] of shown.entries()) assert.ok((shown[index + 1] ?? text).startsWith(text));
        assert.equal(shown.at(-1), texts.join(""));
      },
    ),
  );
});

test("an answer is not shown as ended before its text is", () => {
  const log = simpleLog(["a".repeat(500)]);
  const answer = new ShownAnswer(EMPTY, null);
  answer.arrive(fold(EMPTY, log), log, 0);
  const early = answer.show(16, false);
  assert.ok(visibleText(early).length < 500);
  assert.deepEqual([early.status, early.end, answer.isBehind], ["running", undefined, true]);
  const late = answer.show(1_000, false);
  assert.deepEqual([late.status, visibleText(late).length], ["complete", 500]);
});

test("all shows everything at once, and what was there before is never paced", () => {
  const log = simpleLog(["a".repeat(500)]);
  const answer = new ShownAnswer(EMPTY, null);
  answer.arrive(fold(EMPTY, log), log, 0);
  assert.equal(visibleText(answer.show(0, true)).length, 500);
  assert.equal(answer.isBehind, false);
  assert.equal(visibleText(new ShownAnswer(fold(EMPTY, log), null).shown).length, 500);
});

test("another text in place of the one shown replaces it, and is not typed again", () => {
  const [wrong, right] = [simpleLog(["Hello", " xou"], false), simpleLog(["Hello", " you", " there"], false)];
  const answer = new ShownAnswer(EMPTY, null);
  answer.arrive(fold(EMPTY, wrong), wrong, 0);
  answer.show(0, true);
  answer.arrive(fold(EMPTY, right), [], 0);
  assert.ok(visibleText(answer.show(1, false)).startsWith("Hello you"));
  assert.equal(visibleText(answer.show(1_000, false)), "Hello you there");
});

/** An answer that showed "Hello you", and what follows; gives what is on screen after each entry, and if it is void. */
function rewrite(events: readonly object[]): [text: string, voided: true | undefined][] {
  const begin = simpleLog(["Hello you"], false);
  const rest = events.map((event, index) => ({ ...event, seq: begin.length + 1 + index, ts: 0 }) as LogEntry);
  const answer = new ShownAnswer(EMPTY, null);
  let message = fold(EMPTY, begin);
  answer.arrive(message, begin, 0);
  answer.show(0, true);
  return rest.map((entry) => {
    message = fold(message, [entry]);
    answer.arrive(message, [entry], 0);
    const { voided, ...shown } = answer.show(0, false);
    return [visibleText(shown), voided];
  });
}

const RESET = { type: "reset", to: 3, cause: "upstream_truncated" };
const BEGIN = { type: "block.start", block: 1, kind: "text" };
const says = (text: string): object => ({ type: "delta", block: 1, kind: "text", text });

test("voided text stays until the new text is as long, and is then replaced at once", () => {
  assert.deepEqual(rewrite([RESET, BEGIN, says("Hel"), says("lo, you there")]), [
    ["Hello you", true],
    ["Hello you", true],
    ["Hello you", true],
    ["Hello, you there", undefined],
  ]);
});

test("what is voided once more stays as it is on screen", () => {
  const again = [
    { ...RESET, to: 3 },
    { ...BEGIN, block: 2 },
    { ...says("Hello there"), block: 2 },
  ];
  assert.deepEqual(
    rewrite([RESET, BEGIN, says("Hel"), ...again]).map(([text]) => text),
    ["Hello you", "Hello you", "Hello you", "Hello you", "Hello you", "Hello there"],
  );
});

test("a shorter new text takes the place of voided text at its end, and a tool call at once", () => {
  const end = {
    type: "stream.end",
    reason: "stop",
    usage: { input: 1, output: 1, final: true },
    timings: {},
    digest: 0,
  };
  assert.deepEqual(rewrite([RESET, BEGIN, says("Hi"), end]).at(-1), ["Hi", undefined]);
  const call = { type: "block.start", block: 2, kind: "tool", callId: "c", name: "ask" };
  assert.deepEqual(rewrite([RESET, BEGIN, says("Hi"), call]).slice(-2), [
    ["Hello you", true],
    ["Hi", undefined],
  ]);
});

test("the token events of an answer without resets add up to its text, and each block is final once", () => {
  fc.assert(
    fc.property(randomLog({ ended: true }), steps, (log, stepMs) => {
      fc.pre(!log.some((entry) => entry.type === "reset"));
      const states = play(log, stepMs);
      const events = states.slice(1).flatMap((after, index) => eventsBetween(classes, states[index]!, after));
      const text = events.map((e) => (e instanceof AiStreamTokenEvent && e.kind === "text" ? e.text : "")).join("");
      assert.equal(text, visibleText(states.at(-1)!));
      const finals = events.filter((event) => event instanceof AiStreamBlockEvent).map(({ block }) => block.seq);
      assert.deepEqual(finals, [...new Set(finals)]);
      const done = states.at(-1)!.blocks.filter((b) => (b.kind === "tool" ? b.ms !== undefined : true));
      assert.equal(finals.length, done.length);
      for (const event of events) if (event instanceof AiStreamToolEvent) assert.equal(event.message, "m_1");
    }),
  );
});
