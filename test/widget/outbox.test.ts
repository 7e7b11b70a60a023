import assert from "node:assert/strict";
import { test } from "node:test";
import { isStreamError } from "../../protocol/index.ts";
import { tabMemory } from "../../widget/connection/memory.ts";
import { Outbox } from "../../widget/outbox.ts";
import type { Outgoing } from "../../widget/outbox.ts";

const message = (sendId: string, more: Partial<Outgoing> = {}): Outgoing => ({
  sendId,
  text: "Hi",
  attachments: [],
  parent: null,
  ...more,
});

test("messages wait in order and outlive a reload together with the conversation", () => {
  const before = new Outbox("reload");
  before.add(message("1"));
  before.add(message("2", { parent: "m_1" }));
  before.add(message("3"));
  before.remove("1", "c_1");
  const after = new Outbox("reload");
  assert.equal(after.conversation, "c_1");
  assert.deepEqual(after.waiting, [message("2", { parent: "m_1" }), message("3")]);
});

test("attachments are too large for the tab's memory: they wait as long as the page lasts", () => {
  const attachment = { name: "a.png", mediaType: "image/png", data: "AAAA" };
  const outbox = new Outbox("attachments");
  outbox.add(message("1", { attachments: [attachment] }));
  assert.equal(outbox.waiting.length, 1);
  assert.equal(new Outbox("attachments").waiting.length, 0);
  assert.doesNotMatch(tabMemory.recall("attachments") ?? "", /AAAA/);
});

test("more than 20 waiting messages are refused", () => {
  const outbox = new Outbox("full");
  for (let count = 0; count < 20; count++) outbox.add(message(String(count)));
  assert.throws(
    () => outbox.add(message("one more")),
    (error) => isStreamError(error) && error.code === "capacity",
  );
});

test("forgetting keeps the other half, clearing leaves nothing behind", () => {
  const outbox = new Outbox("clear");
  outbox.add(message("1"));
  outbox.remove("none", "c_1");
  outbox.forgetConversation();
  assert.deepEqual([outbox.conversation, outbox.waiting.length], [null, 1]);
  outbox.clear();
  assert.equal(tabMemory.recall("clear"), null);
});

test("what is not ours in the tab's memory counts as nothing", () => {
  for (const found of ["", "{", "null", "7", '{"conversation":7,"waiting":{}}', '{"waiting":[null,{"sendId":1},7]}']) {
    tabMemory.remember("foreign", found);
    const outbox = new Outbox("foreign");
    assert.deepEqual([outbox.conversation, outbox.waiting], [null, []], found);
  }
});
