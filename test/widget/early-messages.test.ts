import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { EarlyMessages } from "../../widget/early-messages.ts";

const kept = new Map<string, string>();
const storage = {
  getItem: (name: string) => kept.get(name) ?? null,
  setItem: (name: string, value: string) => void kept.set(name, value),
  removeItem: (name: string) => void kept.delete(name),
};
const own = Object.getOwnPropertyDescriptor(globalThis, "sessionStorage");

beforeEach(() => Object.defineProperty(globalThis, "sessionStorage", { value: storage, configurable: true }));
afterEach(() => {
  kept.clear();
  if (own === undefined) Reflect.deleteProperty(globalThis, "sessionStorage");
  else Object.defineProperty(globalThis, "sessionStorage", own);
});

const textsOf = ({ messages }: EarlyMessages): string[] => messages.map(({ text }) => text);

test("messages are shown as waiting, in order, with the names of their files", () => {
  const early = new EarlyMessages();
  early.recall("0");
  early.add("one");
  early.add("two", [new File(["x"], "a.txt", { type: "text/plain" })]);
  assert.deepEqual(textsOf(early), ["one", "two"]);
  const [, second] = early.messages;
  assert.deepEqual(second?.attachments, [{ name: "a.txt", mediaType: "text/plain" }]);
  assert.equal(second?.waiting, true);
});

test("after a reload what was not taken over is there once more, files aside, and is recalled once", () => {
  const before = new EarlyMessages();
  before.recall("0");
  const first = before.add("one");
  const second = before.add("two");
  before.add("three", [new File(["x"], "a.txt")]);
  before.remove(first);
  const after = new EarlyMessages();
  after.add("four");
  assert.deepEqual(
    after.recall("0").map(({ id, text }) => [id, text]),
    [[second, "two"]],
  );
  assert.deepEqual(textsOf(after), ["two", "four"]);
  assert.deepEqual(after.recall("0"), []);
  after.hide();
  assert.deepEqual(textsOf(after), []);
  assert.equal(kept.size, 0);
});

test("another element of the page has its own", () => {
  const first = new EarlyMessages();
  first.recall("0");
  first.add("one");
  assert.deepEqual(new EarlyMessages().recall("1"), []);
});

test("where storage is forbidden, full, or has something else, messages last as long as the page", () => {
  for (const other of ["{", "{}", "5", "[null, 1, {}]"]) {
    kept.set("ai-stream:early:0", other);
    assert.deepEqual(new EarlyMessages().recall("0"), []);
  }
  Object.defineProperty(globalThis, "sessionStorage", {
    configurable: true,
    get: () => {
      throw new DOMException("no", "SecurityError");
    },
  });
  const forbidden = new EarlyMessages();
  assert.deepEqual(forbidden.recall("0"), []);
  forbidden.add("one");
  assert.deepEqual(textsOf(forbidden), ["one"]);
});

test("no more are kept than may wait to be sent", () => {
  const early = new EarlyMessages();
  for (let count = 0; count < 25; count++) early.add("x");
  assert.equal(early.messages.length, 20);
});
