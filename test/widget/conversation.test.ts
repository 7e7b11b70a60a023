import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyMessage } from "../../protocol/index.ts";
import type { ChatMessage, ConversationSnapshot } from "../../widget/chat.ts";
import { Conversation } from "../../widget/conversation.ts";

const question = (id: string, parent: string | null): ChatMessage => ({
  role: "user",
  id,
  parent,
  text: id,
  attachments: [],
  state: "sent",
});
const answer = (id: string, parent: string): ChatMessage => ({ ...emptyMessage("i"), id, parent });
const ids = (conversation: Conversation): string[] => conversation.branch.map(({ id }) => id);

test("the branch runs from the first message to the head, whatever other branches there are", () => {
  const conversation = new Conversation();
  for (const message of [question("q1", null), answer("a1", "q1"), question("q2", "a1"), answer("a2", "q2")]) {
    conversation.put(message);
  }
  conversation.put(question("q3", "a1"));
  conversation.show("a2");
  assert.deepEqual(ids(conversation), ["q1", "a1", "q2", "a2"]);
  conversation.show("q3");
  assert.deepEqual(ids(conversation), ["q1", "a1", "q3"]);
  assert.equal(conversation.lastAnswer?.id, "a1");
  conversation.remove("q3");
  assert.deepEqual(ids(conversation), ["q1", "a1"]);
});

test("a snapshot is shown from its head, without what only the wire needs", () => {
  const snapshot = {
    id: "c_1",
    agent: "default",
    head: "a1",
    messages: [
      { role: "user", id: "q1", parent: null, text: "q1", attachments: [], ts: 1 },
      { ...emptyMessage("i"), id: "a1", parent: "q1", ts: 2 },
    ],
  } as ConversationSnapshot;
  const conversation = Conversation.from(snapshot);
  assert.equal(conversation.id, "c_1");
  assert.deepEqual(conversation.branch, [question("q1", null), answer("a1", "q1")]);
});

test("parents that form a circle do not hang the page", () => {
  const conversation = new Conversation();
  conversation.put(question("q1", "a1"));
  conversation.put(answer("a1", "q1"));
  conversation.show("a1");
  assert.equal(conversation.branch.length, 2);
});

test("the branch is the same array until something changes", () => {
  const conversation = new Conversation();
  conversation.put(question("q1", null));
  conversation.show("q1");
  assert.equal(conversation.branch, conversation.branch);
});

test("the versions of a question are those with its parent, in the order they were asked", () => {
  const conversation = new Conversation();
  for (const message of [question("q1", null), answer("a1", "q1"), question("q2", "a1"), answer("a2", "q2")]) {
    conversation.put(message);
  }
  conversation.put(question("q3", "a1"));
  conversation.put(question("q4", null));
  assert.deepEqual(
    ["q1", "q2", "q3", "q4", "a1", "none"].map((id) => conversation.versions(id).map((version) => version.id)),
    [["q1", "q4"], ["q2", "q3"], ["q2", "q3"], ["q1", "q4"], [], []],
  );
});

test("showing a version shows what was said last behind it, in whichever of its branches", () => {
  const conversation = new Conversation();
  const messages = [
    question("q1", null),
    answer("a1", "q1"),
    question("q2", null),
    answer("a2", "q2"),
    question("q3", "a1"),
    question("q4", "a1"),
    answer("a4", "q4"),
    answer("a3", "q3"),
  ];
  for (const message of messages) conversation.put(message);
  conversation.show("a2");
  conversation.showThrough("q1");
  assert.deepEqual(ids(conversation), ["q1", "a1", "q3", "a3"]);
  conversation.showThrough("q4");
  assert.deepEqual(ids(conversation), ["q1", "a1", "q4", "a4"]);
  conversation.showThrough("q2");
  assert.deepEqual(ids(conversation), ["q2", "a2"]);
});
