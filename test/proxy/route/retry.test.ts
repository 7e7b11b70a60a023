import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ERROR_CODES, StreamError } from "../../../protocol/index.ts";
import type { ErrorCode } from "../../../protocol/index.ts";
import { nextAttempt } from "../../../proxy/route/retry.ts";
import type { Failure } from "../../../proxy/route/retry.ts";

const BUDGET = { attempts: 4, afterContent: 1 };

const failure = (code: ErrorCode, change: Partial<Failure> = {}, retryAfterMs?: number): Failure => ({
  error: new StreamError(code, "x", { retryAfterMs }),
  attempts: 1,
  afterContent: 0,
  content: false,
  target: 0,
  unable: new Set(),
  targets: 1,
  ...change,
});

test("a failure that may pass is tried again, on another target at once and on the same one after a jittered wait", () => {
  assert.deepEqual(nextAttempt(failure("provider_overloaded", { targets: 2 }), BUDGET, 0.5), { target: 1, delayMs: 0 });
  assert.deepEqual(nextAttempt(failure("provider_overloaded"), BUDGET, 0.5), { target: 0, delayMs: 250 });
  assert.deepEqual(nextAttempt(failure("provider_overloaded", { attempts: 3 }), BUDGET, 0.5), {
    target: 0,
    delayMs: 1_000,
  });
});

test("a provider's hint is obeyed, unless it is longer than anybody waits", () => {
  assert.equal(nextAttempt(failure("provider_rate_limited", {}, 1_500), BUDGET, 0)?.delayMs, 1_500);
  assert.equal(nextAttempt(failure("provider_rate_limited", {}, 60_000), BUDGET, 0), null);
  assert.equal(nextAttempt(failure("provider_rate_limited", { targets: 2 }, 60_000), BUDGET, 0)?.target, 1);
});

test("a target that cannot answer is left for the next able one, never tried again", () => {
  assert.equal(nextAttempt(failure("provider_auth", { unable: new Set([0]) }), BUDGET, 0), null);
  assert.equal(nextAttempt(failure("provider_auth", { unable: new Set([0, 1]), targets: 3 }), BUDGET, 0)?.target, 2);
});

test("what the request itself got wrong is not tried again", () => {
  for (const code of ["provider_invalid_request", "cancelled", "total_timeout", "internal"] as const) {
    assert.equal(nextAttempt(failure(code, { targets: 3 }), BUDGET, 0), null, code);
  }
});

test("the budgets hold for every code, target count and moment", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...(Object.keys(ERROR_CODES) as ErrorCode[])),
      fc.record({
        attempts: fc.integer({ min: 1, max: 6 }),
        afterContent: fc.integer({ min: 0, max: 2 }),
        content: fc.boolean(),
        targets: fc.integer({ min: 1, max: 4 }),
      }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (code, change, random) => {
        const next = nextAttempt(failure(code, change), BUDGET, random);
        if (change.attempts >= BUDGET.attempts) assert.equal(next, null);
        if (change.content && change.afterContent >= BUDGET.afterContent) assert.equal(next, null);
        if (next !== null) assert.ok(next.delayMs >= 0 && next.delayMs <= 20_000 && next.target < change.targets);
      },
    ),
  );
});
