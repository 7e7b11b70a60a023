import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamError } from "../../../protocol/index.ts";
import { KeyRing } from "../../../proxy/provider/key-ring.ts";

const limited = (retryAfterMs?: number): StreamError =>
  new StreamError("provider_rate_limited", "slow", { retryAfterMs });

test("keys take turns", () => {
  const ring = new KeyRing(["a", "b", "c"]);
  assert.deepEqual([ring.next(), ring.next(), ring.next(), ring.next()], ["a", "b", "c", "a"]);
});

test("no keys give none", () => assert.equal(new KeyRing([]).next(), null));

test("a limited key rests as long as the provider asked", () => {
  let now = 0;
  const ring = new KeyRing(["a", "b"], () => now);
  ring.failed("a", limited(500));
  assert.deepEqual([ring.next(), ring.next()], ["b", "b"]);
  now = 500;
  assert.equal(ring.next(), "a");
});

test("when all rest, the one that is ready first is tried", () => {
  const ring = new KeyRing(["a", "b"], () => 0);
  ring.failed("a", limited(900));
  ring.failed("b", limited(500));
  assert.equal(ring.next(), "b");
});

test("a failure that is not the key's rests no key", () => {
  const ring = new KeyRing(["a", "b"], () => 0);
  ring.failed("a", new StreamError("provider_error", "x"));
  ring.failed("a", new StreamError("context_overflow", "x"));
  assert.equal(ring.next(), "a");
});
