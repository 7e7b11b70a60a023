import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ERROR_CODES, StreamError } from "../../../protocol/index.ts";
import type { ErrorCode } from "../../../protocol/index.ts";
import { retryDelay, waitDelay } from "../../../proxy/route/retry.ts";
import type { NextPlace, RetrySpent } from "../../../proxy/route/retry.ts";

const BUDGET = { attempts: 4, afterContent: 1 };
const FRESH: RetrySpent = { attempts: 0, afterContent: 0, waitedMs: 0 };

const failure = (code: ErrorCode, content = false) => ({ error: new StreamError(code, "x"), content });
const place = (change: Partial<NextPlace> = {}): NextPlace => ({ waitMs: 0, failures: 0, ...change });

test("another place is asked at once, the same one after a jittered wait that grows", () => {
  const after = (attempts: number, next: NextPlace) =>
    retryDelay(failure("provider_overloaded"), BUDGET, { ...FRESH, attempts }, next, 0.5);
  assert.equal(after(0, place()), 0);
  assert.deepEqual([after(0, place({ failures: 1 })), after(2, place({ failures: 3 }))], [250, 1_000]);
});

test("what somebody asked to be waited is waited, unless nobody waits that long", () => {
  const wait = (waitMs: number, random = 0) =>
    retryDelay(failure("provider_rate_limited"), BUDGET, FRESH, place({ waitMs, failures: 1 }), random);
  assert.deepEqual([wait(1_500), wait(1_500, 0.5)], [1_500, 1_625]);
  assert.deepEqual([wait(20_000), wait(20_001)], [20_000, null]);
});

test("nobody waits for more than a minute in all", () => {
  const spent = { ...FRESH, waitedMs: 45_000 };
  assert.equal(retryDelay(failure("provider_rate_limited"), BUDGET, spent, place({ waitMs: 15_000 }), 0), 15_000);
  assert.equal(retryDelay(failure("provider_rate_limited"), BUDGET, spent, place({ waitMs: 15_001 }), 0), null);
});

test("when nobody can be asked, a stream that has begun waits twenty seconds, a new one five, or twenty for a limit", () => {
  const wait = (code: ErrorCode, retryAfterMs: number | undefined, begun: boolean, waitedMs = 0) =>
    waitDelay(new StreamError(code, "x", { retryAfterMs }), begun, waitedMs, 0);
  assert.deepEqual([wait("circuit_open", 20_000, true), wait("circuit_open", 20_001, true)], [20_000, null]);
  assert.deepEqual([wait("circuit_open", 5_000, false), wait("circuit_open", 5_001, false)], [5_000, null]);
  assert.deepEqual([wait("provider_rate_limited", 20_000, false), wait("capacity", 1_000, false)], [20_000, null]);
  assert.deepEqual([wait("capacity", 1_000, true), wait("context_overflow", undefined, true)], [1_000, null]);
  assert.equal(wait("circuit_open", 1, true), 250);
  assert.deepEqual(
    [wait("circuit_open", 5_000, true, 55_001), wait("circuit_open", 5_000, false, 16_000)],
    [null, null],
  );
});

test("a place that cannot answer is followed by another, if there is one", () => {
  assert.equal(retryDelay(failure("provider_auth"), BUDGET, FRESH, place(), 0), 0);
  assert.equal(retryDelay(failure("provider_auth"), BUDGET, FRESH, null, 0), null);
});

test("what the request itself got wrong, or the money, is not tried again", () => {
  for (const code of [
    "provider_invalid_request",
    "cancelled",
    "total_timeout",
    "internal",
    "budget_exhausted",
  ] as const) {
    assert.equal(retryDelay(failure(code), BUDGET, FRESH, place(), 0), null, code);
  }
});

test("the budgets hold for every code, place and moment", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...(Object.keys(ERROR_CODES) as ErrorCode[])),
      fc.boolean(),
      fc.record({
        attempts: fc.integer({ min: 0, max: 5 }),
        afterContent: fc.integer({ min: 0, max: 2 }),
        waitedMs: fc.integer({ min: 0, max: 70_000 }),
      }),
      fc.record({ waitMs: fc.integer({ min: 0, max: 60_000 }), failures: fc.integer({ min: 0, max: 5 }) }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (code, content, spent, next, random) => {
        const delayMs = retryDelay(failure(code, content), BUDGET, spent, next, random);
        if (delayMs === null) return;
        assert.ok(spent.attempts < BUDGET.attempts - 1);
        assert.ok(!content || spent.afterContent < BUDGET.afterContent);
        assert.ok(delayMs >= next.waitMs && delayMs <= 20_250 && spent.waitedMs + delayMs <= 60_000);
      },
    ),
  );
});
