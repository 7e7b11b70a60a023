import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StreamError } from "../../../protocol/index.ts";
import { KeyRing } from "../../../proxy/provider/key-ring.ts";

const limited = (retryAfterMs?: number): StreamError =>
  new StreamError("provider_rate_limited", "slow", { retryAfterMs });

const next = (ring: KeyRing, model?: string): string | undefined => ring.next(model)?.secret;

test("keys take turns, each with an id that may be told", () => {
  const ring = new KeyRing(["a", "b", "c"]);
  assert.deepEqual([next(ring), next(ring), next(ring), next(ring)], ["a", "b", "c", "a"]);
  assert.deepEqual(
    ring.keys.map(({ id }) => id),
    ["#1", "#2", "#3"],
  );
});

test("no keys give none", () => assert.equal(new KeyRing([]).next(), null));

test("a heavier key is taken more often, and not in a row", () => {
  const ring = new KeyRing([{ key: "a", weight: 3 }, "b", { key: "c" }]);
  assert.equal(Array.from({ length: 10 }, () => next(ring)).join(""), "abacaabaca");
});

test("in any run of turns each key has its part, give or take one turn", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 100 }),
      (weights, turns) => {
        const ring = new KeyRing(weights.map((weight, index) => ({ key: String(index), weight })));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const taken = weights.map(() => 0);
        for (let turn = 0; turn < turns; turn++) taken[Number(ring.take()!.secret)]!++;
        for (const [index, weight] of weights.entries()) {
          assert.ok(
            Math.abs(taken[index]! - (turns * weight) / total) < weights.length,
            `${taken.join()} of ${weights.join()}`,
          );
        }
        // After whole rounds the parts are exact.
        for (let turn = turns; turn % total !== 0; turn++) taken[Number(ring.take()!.secret)]!++;
        const rounds = Math.ceil(turns / total);
        assert.deepEqual(
          taken,
          weights.map((weight) => weight * rounds),
        );
      },
    ),
  );
});

test("a limited key rests as long as the provider asked", () => {
  let now = 0;
  const ring = new KeyRing(["a", "b"], () => now);
  const [a, b] = ring.keys;
  ring.failed(a!, limited(500));
  assert.deepEqual([next(ring), next(ring)], ["b", "b"]);
  assert.deepEqual([ring.restMs(a!), ring.restCode(a!), ring.restMs(b!)], [500, "provider_rate_limited", 0]);
  now = 500;
  assert.deepEqual([ring.restMs(a!), ring.restCode(a!)], [0, undefined]);
});

test("a limit without a hint is waited for longer while it goes on, and anew after an answer", () => {
  let now = 0;
  const ring = new KeyRing(["a"], () => now);
  const [key] = ring.keys;
  const rests: number[] = [];
  for (let call = 0; call < 8; call++) {
    ring.failed(key!, limited());
    // A call that was under way all the time: the same limit.
    ring.failed(key!, limited());
    rests.push(ring.restMs(key!));
    now += ring.restMs(key!);
  }
  assert.deepEqual(rests, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  ring.succeeded(key!);
  ring.failed(key!, limited());
  assert.equal(ring.restMs(key!), 1_000);
});

test("limits and permissions are a model's, a spent account is spent for every model", () => {
  const ring = new KeyRing(["a"], () => 0);
  const [key] = ring.keys;
  ring.failed(key!, limited(500), "large");
  ring.failed(key!, new StreamError("provider_auth", "x"), "secret");
  assert.deepEqual(
    [ring.restMs(key!, "large"), ring.restMs(key!, "secret"), ring.restMs(key!, "small")],
    [500, 60_000, 0],
  );
  ring.failed(key!, new StreamError("provider_quota", "x"), "large");
  assert.equal(ring.restMs(key!, "small"), 300_000);
  assert.equal(ring.restCode(key!, "large"), "provider_quota");
});

test("when all rest, the one that is ready first is tried by who asks in any case", () => {
  const ring = new KeyRing(["a", "b"], () => 0);
  ring.failed(ring.keys[0]!, limited(900));
  ring.failed(ring.keys[1]!, limited(500));
  assert.equal(next(ring), "b");
});

test("a failure that is not the key's rests no key", () => {
  const ring = new KeyRing(["a", "b"], () => 0);
  ring.failed(ring.keys[0]!, new StreamError("provider_error", "x"));
  ring.failed(ring.keys[0]!, new StreamError("context_overflow", "x"));
  assert.equal(next(ring), "a");
});
