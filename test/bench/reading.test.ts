import assert from "node:assert/strict";
import { test } from "node:test";

import { answerOf } from "./answer.ts";
import { Reading } from "./reading.ts";

const ANSWER = answerOf(50);

test("a reading counts tokens however the text is cut", async () => {
  for (const size of [1, 3, 7, ANSWER.text.length]) {
    let seen = 0;
    const reading = new Reading(ANSWER, () => seen++);
    for (let at = 0; at < ANSWER.text.length; at += size) reading.take(ANSWER.text.slice(at, at + size));
    reading.end();
    await reading.done;
    assert.deepEqual([seen, reading.tokens], [50, 50]);
  }
});

test("a reading fails on a lost character, a doubled one, and an early end", async () => {
  const lost = new Reading(ANSWER, () => {});
  lost.take(ANSWER.text.slice(1));
  await assert.rejects(lost.done, /differs/);

  const doubled = new Reading(ANSWER, () => {});
  doubled.take(ANSWER.text.slice(0, 10));
  doubled.take(ANSWER.text.slice(9));
  await assert.rejects(doubled.done, /differs/);

  const short = new Reading(ANSWER, () => {});
  short.take(ANSWER.text.slice(0, -1));
  short.end();
  await assert.rejects(short.done, /Ended after/);
});
