import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sseParser } from "../../../widget/connection/sse-lines.ts";
import type { SseEvent } from "../../../widget/connection/sse-lines.ts";

const parse = (...parts: readonly string[]): SseEvent[] => {
  const feed = sseParser();
  return parts.flatMap((part) => feed(part));
};

test("events with id, name and data, and comments that are none", () => {
  const body = ': hi\n\nid: i1.1\ndata: {"a":1}\n\nevent: status\ndata: x\n\n: beat\n\ndata:y\n\n';
  assert.deepEqual(parse(body), [
    { id: "i1.1", event: "", data: '{"a":1}' },
    { id: "i1.1", event: "status", data: "x" },
    { id: "i1.1", event: "", data: "y" },
  ]);
});

test("any split of the text gives the same events", () => {
  const line = fc.oneof(
    fc.constantFrom("", "", ": beat", "event: bye", "data", "retry: 5"),
    fc.string({ unit: "grapheme-ascii" }).map((text) => `data: ${text.replaceAll("\n", "")}`),
    fc.nat(99).map((seq) => `id: i1.${seq}`),
  );
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(400)), (lines, cuts) => {
      const body = lines.map((text) => `${text}\n`).join("");
      const places = [0, ...cuts.map((cut) => Math.min(cut, body.length)).toSorted((a, b) => a - b), body.length];
      const parts = places.slice(1).map((to, index) => body.slice(places[index], to));
      assert.deepEqual(parse(...parts), parse(body));
    }),
  );
});

test("an unfinished event is not given", () => {
  assert.deepEqual(parse("data: a\n"), []);
});

test("an event without end is refused instead of filling the memory", () => {
  const feed = sseParser();
  assert.throws(() => {
    for (let count = 0; count < 20; count++) feed("x".repeat(1_000_000));
  }, RangeError);
});
