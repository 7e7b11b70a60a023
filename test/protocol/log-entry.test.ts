import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeEntry, isStreamError, merge } from "../../protocol/index.ts";
import { randomLog } from "../fakes/random-log.ts";

test("every entry of a valid log decodes to itself, merged or not", () => {
  fc.assert(
    fc.property(randomLog(), (log) => {
      for (const entry of [...log, ...merge(log)])
        assert.deepEqual(decodeEntry(JSON.parse(JSON.stringify(entry))), entry);
    }),
  );
});

test("a type this version does not know passes as a skip of the same coverage", () => {
  assert.deepEqual(decodeEntry({ type: "hologram", seq: 7, n: 3, ts: 1, shape: {} }), { type: "skip", seq: 7, n: 3 });
  assert.deepEqual(decodeEntry({ type: "toString", seq: 7 }), { type: "skip", seq: 7, n: 1 });
});

test("a missing or wrong field is refused by its name", () => {
  const delta = { type: "delta", seq: 5, ts: 1, block: 0, kind: "text", text: "a" };
  const cases: readonly (readonly [unknown, string])[] = [
    [null, "entry"],
    [[], "entry"],
    ["delta", "entry"],
    [{ ...delta, seq: 0 }, "seq"],
    [{ ...delta, seq: 1.5 }, "seq"],
    [{ ...delta, seq: "5" }, "seq"],
    [{ ...delta, seq: 2 ** 60 }, "seq"],
    [{ ...delta, n: 0 }, "n"],
    [{ ...delta, n: 6 }, "n"],
    [{ ...delta, n: -1 }, "n"],
    [{ ...delta, type: 3 }, "type"],
    [{ ...delta, block: -1 }, "delta.block"],
    [{ ...delta, text: undefined }, "delta.text"],
    [{ ...delta, text: 7 }, "delta.text"],
    [{ type: "stream.start", seq: 1, id: "s" }, "stream.start.agent"],
    [{ type: "reset", seq: 9, to: "3", cause: "x" }, "reset.to"],
    [{ type: "stream.end", seq: 9, reason: "stop", usage: {}, timings: {}, digest: -1 }, "stream.end.digest"],
    [{ type: "skip", seq: 9 }, "skip.n"],
  ];
  for (const [value, field] of cases) {
    assert.throws(
      () => decodeEntry(value),
      (error) => isStreamError(error) && error.code === "invalid_request" && error.field === field,
      `${JSON.stringify(value)} should name ${field}`,
    );
  }
});

test("any JSON value decodes or is refused with a StreamError, and nothing else happens", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.jsonValue(), fc.record({ type: fc.string(), seq: fc.jsonValue(), n: fc.jsonValue() })),
      (value) => {
        try {
          const entry = decodeEntry(value);
          assert.ok(entry.seq >= (entry.n ?? 1));
        } catch (error) {
          assert.ok(isStreamError(error), String(error));
        }
      },
    ),
  );
});
