import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeStartRequest, isStreamError } from "../../protocol/index.ts";
import type { StartRequest } from "../../protocol/index.ts";

const LIMITS = { inputChars: 100, attachmentsBytes: 64 };
const decode = (fields: Record<string, unknown>) => decodeStartRequest({ input: "hi", ...fields }, LIMITS);
const attachment = { name: "a.png", mediaType: "image/png", data: "AAAA" };
const tool = { name: "look", description: "looks", parameters: { type: "object" } };

test("a full request decodes to itself, and fields nobody knows are dropped", () => {
  const request: StartRequest = {
    input: "hi",
    agent: "support",
    conversation: "c_1",
    parent: "m_1",
    sendId: "x",
    model: "p/m",
    temperature: 0,
    instructions: "be brief",
    attachments: [attachment],
    history: [{ role: "user", text: "a" }],
    tools: [tool],
    constraints: { maxFirstTokenMs: 1_000, maxCostUsd: 0.5 },
  };
  assert.deepEqual(decode({ ...request, apiKey: "k", __proto__: {} }), request);
});

test("absent and null fields stay absent", () => {
  assert.deepEqual(decode({ agent: null, temperature: undefined }), { input: "hi" });
});

test("what is over a limit is payload_too_large, and what fits exactly is taken", () => {
  assert.equal(decode({ input: "x".repeat(100) }).input.length, 100);
  const full = { ...attachment, data: "A".repeat(84) };
  assert.equal(decode({ attachments: [full] }).attachments?.length, 1);
  const cases: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ input: "x".repeat(101) }, "input"],
    [{ attachments: [{ ...attachment, data: "A".repeat(88) }] }, "attachments"],
    [{ attachments: [full, attachment] }, "attachments"],
  ];
  for (const [fields, field] of cases) {
    assert.throws(
      () => decode(fields),
      (error) => isStreamError(error) && error.code === "payload_too_large" && error.field === field,
    );
  }
});

test("every bad field is refused by its path", () => {
  const cases: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ input: undefined }, "input"],
    [{ input: "" }, "input"],
    [{ input: " \n" }, "input"],
    [{ input: 7 }, "input"],
    [{ agent: "" }, "agent"],
    [{ agent: "x".repeat(129) }, "agent"],
    [{ conversation: 1 }, "conversation"],
    [{ parent: {} }, "parent"],
    [{ sendId: "" }, "sendId"],
    [{ temperature: 3 }, "temperature"],
    [{ temperature: Number.NaN }, "temperature"],
    [{ temperature: "1" }, "temperature"],
    [{ instructions: "x".repeat(101) }, "instructions"],
    [{ attachments: {} }, "attachments"],
    [{ attachments: Array.from({ length: 17 }, () => attachment) }, "attachments"],
    [{ attachments: [null] }, "attachments[0]"],
    [{ attachments: [attachment, { ...attachment, name: "" }] }, "attachments[1].name"],
    [{ attachments: [{ ...attachment, mediaType: "image" }] }, "attachments[0].mediaType"],
    [{ attachments: [{ ...attachment, mediaType: "text/html; x" }] }, "attachments[0].mediaType"],
    [{ attachments: [{ ...attachment, data: "A" }] }, "attachments[0].data"],
    [{ attachments: [{ ...attachment, data: "A+_=" }] }, "attachments[0].data"],
    [{ history: [{ role: "system", text: "x" }] }, "history[0].role"],
    [{ history: [{ role: "user", text: "" }] }, "history[0].text"],
    [{ history: Array.from({ length: 201 }, () => ({ role: "user", text: "x" })) }, "history"],
    [{ tools: [{ ...tool, name: "a b" }] }, "tools[0].name"],
    [{ tools: [{ ...tool, parameters: [] }] }, "tools[0].parameters"],
    [{ constraints: [] }, "constraints"],
    [{ constraints: { maxFirstTokenMs: 0 } }, "constraints.maxFirstTokenMs"],
    [{ constraints: { maxCostUsd: -1 } }, "constraints.maxCostUsd"],
  ];
  for (const [fields, field] of cases) {
    assert.throws(
      () => decode(fields),
      (error) => isStreamError(error) && error.code === "invalid_request" && error.field === field,
      `${JSON.stringify(fields)} should name ${field}`,
    );
  }
});
