import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatCursor, parseCursor, StreamError } from "../../protocol/index.ts";

test("a cursor parses back to the incarnation and seq it was made of", () => {
  const inc = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
  fc.assert(
    fc.property(inc, fc.nat(999_999_999_999_999), (inc, seq) => {
      assert.deepEqual(parseCursor(formatCursor(inc, seq)), { inc, seq });
    }),
  );
});

test("0 is the start of whatever incarnation there is", () => {
  assert.deepEqual(parseCursor("0"), { inc: null, seq: 0 });
  assert.deepEqual(parseCursor(0), { inc: null, seq: 0 });
});

test("anything else is refused, naming the field and what was found", () => {
  const bad = ["", "1", "i1", "i1.", ".1", "i1.01", "i1.-1", "i1.1.1", "i 1.1", "i1.1e3", `${"x".repeat(65)}.1`];
  for (const cursor of [...bad, `i1.${"9".repeat(16)}`, 1, null, undefined, {}, ["0"], "i1.1\n"]) {
    assert.throws(
      () => parseCursor(cursor, "place"),
      (error) => error instanceof StreamError && error.code === "invalid_request" && error.field === "place",
      JSON.stringify(cursor),
    );
  }
  assert.throws(() => parseCursor("i1.x"), /after: found "i1.x", expected a cursor/);
});
