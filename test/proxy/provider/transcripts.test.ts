/** The project's own transcripts, written from the providers' documents: they mean the same in every format. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import fc from "fast-check";
import { answerOf, decodeAll, openerFor, split } from "./decoding.ts";

const TRANSCRIPTS = [
  ["openai-chat", "openai-chat.sse"],
  ["openai-responses", "openai-responses.sse"],
  ["anthropic-messages", "anthropic.sse"],
  ["ollama-chat", "ollama.jsonl"],
  ["ag-ui", "ag-ui.sse"],
] as const;

for (const [api, file] of TRANSCRIPTS) {
  const body = readFileSync(join(import.meta.dirname, "transcripts", file));
  const open = openerFor(api, "openai");

  suite(`transcript ${file}`, () => {
    test("decodes to its text, thoughts, call and figures", () => {
      const { events, error } = decodeAll(open, [body]);
      const { text, reasoning, toolCalls, usage, finish } = answerOf(events);
      assert.equal(error, null);
      assert.deepEqual(
        { text, reasoning, toolCalls },
        {
          text: "Bateaux à quai 🛥️ 港へ",
          reasoning: "The port first, then the tide.",
          toolCalls: [{ id: "call_1", name: "tide", arguments: '{"port":"Sète"}', argumentsValid: true }],
        },
      );
      assert.equal(finish?.reason, "tool_calls");
      assert.deepEqual([usage?.input, usage?.output, usage?.final], [40, 25, true]);
    });

    test("any split of its bytes gives the same events", () => {
      const whole = decodeAll(open, [body]);
      const bytes = Array.from({ length: body.length - 1 }, (_, index) => index + 1);
      assert.deepEqual(decodeAll(open, split(body, bytes)), whole);
      fc.assert(
        fc.property(fc.uniqueArray(fc.integer({ min: 1, max: body.length }), { maxLength: 60 }), (offsets) => {
          assert.deepEqual(
            decodeAll(
              open,
              split(
                body,
                offsets.toSorted((a, b) => a - b),
              ),
            ),
            whole,
          );
        }),
      );
    });

    test("a cut at any byte is upstream_truncated until the answer is complete, and the answer after", () => {
      const reader = open();
      const whole = answerOf(decodeAll(open, [body]).events);
      for (let length = 0; length <= body.length; length++) {
        if (length > 0) reader.push(body.subarray(length - 1, length));
        const { events, error } = decodeAll(open, [body.subarray(0, length)]);
        if (error === null) {
          const { text, toolCalls, finish } = answerOf(events);
          assert.deepEqual([text, toolCalls, finish?.reason], [whole.text, whole.toolCalls, whole.finish?.reason]);
        } else {
          assert.equal(error, "upstream_truncated");
        }
        // A last line of JSON is whole without its newline.
        if (api !== "ollama-chat") assert.equal(error === null, reader.complete, `after ${length} bytes`);
      }
    });
  });
}
