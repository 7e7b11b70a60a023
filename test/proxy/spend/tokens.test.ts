import assert from "node:assert/strict";
import { test } from "node:test";
import { countInput, countText } from "../../../proxy/spend/tokens.ts";
import { AttemptAccount } from "../../../proxy/spend/attempt-account.ts";
import type { AttemptBill } from "../../../proxy/spend/meter.ts";
import { fixturesMissing, streamFixtures } from "../../fixtures.ts";
import { fakeProvider, targetOf } from "../../fakes/fake-provider.ts";
import { answerOf, decodeAll, openerFor } from "../provider/decoding.ts";

test("a character counts by its script: prose least, signs and other alphabets more, ideographs most", () => {
  assert.equal(countText(""), 0);
  assert.equal(countText("word word "), 220);
  assert.equal(countText('{"A":1}\n'), 8 * 60);
  assert.equal(countText("Слово"), 5 * 45);
  assert.equal(countText("天気"), 180);
  // An emoji is two code units.
  assert.equal(countText("😀"), 180);
});

test("input is the instructions, every message with its parts, and the tools", () => {
  const plain = { messages: [], tools: [] };
  assert.equal(countInput(plain), 0);
  const image = { type: "image", mediaType: "image/png", data: "AAAA".repeat(10_000) } as const;
  assert.equal(countInput({ ...plain, messages: [{ role: "user", parts: [image] }] }), 1_004);
  const said = countInput({
    ...plain,
    instructions: "a".repeat(100),
    messages: [
      { role: "user", parts: [{ type: "text", text: "b".repeat(100) }] },
      { role: "assistant", parts: [{ type: "tool-call", callId: "1", name: "find", argsText: "{}" }] },
      { role: "tool", callId: "1", name: "find", ok: true, result: "c".repeat(100) },
    ],
  });
  assert.equal(said, 3 * 22 + 3 * 4 + Math.ceil(20 + 0.88 + 1.2));
  const tool = { name: "find", description: "finds", parameters: { type: "object" } };
  assert.ok(countInput({ ...plain, tools: [tool] }) > 5);
});

const APIS = [
  "openai-chat",
  "openai-responses",
  "anthropic-messages",
  "bedrock-converse-stream",
  "bedrock-invoke-stream",
  "ollama-chat",
];
/** Shorter answers say more of what a format adds than of the estimate. */
const LEAST_OUTPUT = 20;

test("the estimate of recorded answers is within a factor of two for nine in ten", { skip: fixturesMissing }, () => {
  const ratios: number[] = [];
  const hidden: number[] = [];
  for (const { api, folder, name, body } of streamFixtures(...APIS)) {
    if (name.includes("/synth-")) continue;
    const { events, error } = decodeAll(openerFor(api, folder), [body]);
    const { usage, reasoning } = answerOf(events);
    if (error !== null || usage?.final !== true || usage.output < LEAST_OUTPUT) continue;
    const account = new AttemptAccount({ more: async () => true, closed: () => {} }, targetOf(fakeProvider("p")), {
      model: "m",
      messages: [],
      tools: [],
    });
    void account.read(events);
    const ratio = (account.end() satisfies AttemptBill).estimate.output / usage.output;
    // Thinking that is paid for and not shown cannot be counted from what is shown.
    const isHidden = (usage.reasoning ?? 0) > reasoning.length;
    (isHidden ? hidden : ratios).push(ratio);
  }
  const at = (values: number[], part: number) => values[Math.floor((values.length - 1) * part)] ?? NaN;
  ratios.sort((one, other) => one - other);
  hidden.sort((one, other) => one - other);
  const within = ratios.filter((ratio) => ratio >= 0.5 && ratio <= 2).length / ratios.length;
  console.log(
    `estimated over final output tokens, ${ratios.length} recorded answers: median ${at(ratios, 0.5).toFixed(2)}, ` +
      `p10 ${at(ratios, 0.1).toFixed(2)}, p90 ${at(ratios, 0.9).toFixed(2)}, ` +
      `within a factor of two ${(within * 100).toFixed(0)} %; ` +
      `${hidden.length} with hidden thinking: median ${at(hidden, 0.5).toFixed(2)}`,
  );
  assert.ok(ratios.length > 40, `only ${ratios.length} answers`);
  assert.ok(at(ratios, 0.5) > 0.8 && at(ratios, 0.5) < 1.25);
  assert.ok(within >= 0.9, `only ${within} within a factor of two`);
});
