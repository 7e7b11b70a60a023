import assert from "node:assert/strict";
import { test } from "node:test";
import { ERROR_CODES, isStreamError, StreamError } from "../../protocol/index.ts";
import type { ErrorCode } from "../../protocol/index.ts";

test("an error crosses the wire without its cause", () => {
  const error = new StreamError("rate_limited", "Too many", {
    cause: new Error("sk-secret"),
    retryAfterMs: 5,
    field: "input",
  });
  const wire = JSON.stringify(error);
  assert.doesNotMatch(wire, /secret|cause|stack/);
  const back = StreamError.fromWire(JSON.parse(wire));
  assert.deepEqual(back.toJSON(), error.toJSON());
  assert.deepEqual(back.toJSON(), {
    code: "rate_limited",
    message: "Too many",
    retryable: true,
    retryAfterMs: 5,
    field: "input",
  });
});

test("every code has an HTTP status of a failure", () => {
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    const { http } = new StreamError(code, "x");
    assert.ok(http >= 400 && http <= 599, code);
  }
});

test("a code of a newer version reads as internal, also one that names an object's own method", () => {
  for (const code of ["hologram", "toString", "__proto__"]) {
    const error = StreamError.fromWire({ code: code as ErrorCode, message: "m", retryable: true });
    assert.equal(error.code, "internal");
    assert.equal(error.message, "m");
  }
});

test("a foreign error becomes internal and its text stays here", () => {
  const error = StreamError.from(new TypeError("sk-secret"));
  assert.equal(error.code, "internal");
  assert.doesNotMatch(JSON.stringify(error), /secret/);
  assert.equal(StreamError.from(error), error);
});

test("isStreamError() knows an error of another copy of the package", () => {
  const other = Object.assign(new Error("x"), { name: "StreamError", code: "capacity" });
  assert.equal(isStreamError(other), true);
  assert.equal(isStreamError(new Error("x")), false);
  assert.equal(isStreamError({ name: "StreamError", code: "x" }), false);
});
