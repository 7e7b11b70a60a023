import assert from "node:assert/strict";
import { test } from "node:test";
import { createParser } from "eventsource-parser";

import { answerOf, chatEvents } from "./answer.ts";

test("answerOf() makes the same tokens each time, and knows where each ends", () => {
  const { tokens, text, ends } = answerOf(300);
  assert.equal(tokens.length, 300);
  assert.equal(ends.at(-1), text.length);
  assert.equal(text.slice(ends[9], ends[10]), tokens[10]);
  assert.equal(answerOf(100).text, text.slice(0, answerOf(100).text.length));
});

test("chatEvents() spell the answer's text, then its end", () => {
  const answer = answerOf(200);
  let text = "";
  const ends: unknown[] = [];
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data === "[DONE]") return ends.push(data);
      const { choices, usage } = JSON.parse(data);
      text += choices[0]?.delta.content ?? "";
      if (choices[0]?.finish_reason) ends.push(choices[0].finish_reason);
      if (usage) ends.push(usage.completion_tokens);
    },
  });
  parser.feed(chatEvents(answer).join(""));
  assert.equal(text, answer.text);
  assert.deepEqual(ends, ["stop", 200, "[DONE]"]);
});
