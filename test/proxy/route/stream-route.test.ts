import assert from "node:assert/strict";
import { beforeEach, mock, suite, test } from "node:test";
import fc from "fast-check";
import { StreamError } from "../../../protocol/index.ts";
import type { ErrorCode } from "../../../protocol/index.ts";
import { Router } from "../../../proxy/route/router.ts";
import type { Target } from "../../../proxy/route/target.ts";
import { counted, fail, failure, NEED, open, succeed, taken, target } from "./routing.ts";

const NOW = Date.UTC(2026, 0, 1);
const NEVER = () => 0.999;

async function failAlone(router: Router, where: Target, calls: number): Promise<void> {
  const passages = Array.from({ length: calls }, () => taken(open(router, [where])));
  for (const passage of passages) passage.end({ error: failure("provider_error"), outputTokens: 0 });
  await counted();
}

suite("StreamRoute", () => {
  beforeEach(() => {
    mock.timers.reset();
    mock.timers.enable({ apis: ["Date"], now: NOW });
  });

  test("a failure goes to the next target at once and comes back to the first after a wait", () => {
    const route = open(new Router({ random: () => 0.5 }), [target("a/m"), target("b/m")]);
    const first = taken(route);
    assert.deepEqual(first.note, { by: "order", why: "first of 2", skipped: [] });
    assert.equal(fail(route, first, "provider_error"), 0);
    const second = taken(route);
    assert.deepEqual(second.note, {
      by: "order",
      why: "second of 2",
      skipped: [{ target: "a/m", why: "failed with provider_error" }],
    });
    assert.equal(fail(route, second, "upstream_truncated"), 500);
    assert.equal(taken(route).target.id, "a/m");
  });

  test("the target that answered a step is asked first in the next", () => {
    const route = open(new Router(), [target("a/m"), target("b/m")]);
    fail(route, taken(route), "provider_error");
    succeed(taken(route));
    const next = taken(route);
    assert.deepEqual([next.target.id, next.note.by], ["b/m", "sticky"]);
    fail(route, next, "provider_error");
    assert.equal(taken(route).target.id, "a/m");
  });

  test("the budget is the stream's: each step's first attempt is free, what follows a failure is not", () => {
    const route = open(new Router({ random: NEVER }), [target("a/m")], { budget: { attempts: 3, afterContent: 1 } });
    for (let step = 0; step < 2; step++) {
      assert.notEqual(fail(route, taken(route), "provider_error"), null);
      succeed(taken(route));
    }
    assert.equal(fail(route, taken(route), "provider_error"), null);
  });

  test("after something was shown, only an attempt that broke off again has no other after it", () => {
    const route = open(new Router(), [target("a/m"), target("b/m"), target("c/m")]);
    const goesOn = (says: boolean): boolean => {
      const passage = taken(route);
      if (says) passage.firstContent();
      passage.end({ error: failure("upstream_truncated"), outputTokens: 0 });
      return route.retry({ error: failure("upstream_truncated"), content: true }) !== null;
    };
    assert.deepEqual([goesOn(true), goesOn(false), goesOn(true)], [true, true, false]);
  });

  test("a hedge that lost has broken nothing off", () => {
    const route = open(new Router(), [target("a/m"), target("b/m")], { budget: { attempts: 4, afterContent: 0 } });
    const first = taken(route);
    const hedge = taken(route, NEED, first);
    first.firstContent();
    hedge.end({ error: failure("cancelled"), outputTokens: 0 });
    first.end({ error: failure("upstream_truncated"), outputTokens: 0 });
    assert.equal(route.retry({ error: failure("upstream_truncated"), content: true }), null);
  });

  test("a stream that has shown something goes where least failed lately, and probes nobody", async () => {
    const [a, b, c, d] = [target("a/m"), target("b/m"), target("c/m"), target("d/m")];
    for (const [content, next] of [
      [true, "d/m"],
      [false, "b/m"],
    ] as const) {
      const router = new Router();
      await failAlone(router, b, 5);
      mock.timers.tick(15_000);
      await failAlone(router, c, 1);
      const route = open(router, [a, b, c, d]);
      const passage = taken(route);
      if (content) passage.firstContent();
      passage.end({ error: failure("upstream_truncated"), outputTokens: 0 });
      assert.notEqual(route.retry({ error: failure("upstream_truncated"), content }), null);
      assert.equal(taken(route).target.id, next);
    }
  });

  test("while those in order fail, one that may have come back is asked out of turn, by streams without content", async () => {
    const router = new Router();
    const [a, b] = [target("a/m"), target("b/m")];
    await failAlone(router, a, 5);
    await failAlone(router, b, 1);
    const first = () => taken(open(router, [a, b]));
    assert.equal(first().target.id, "b/m");
    mock.timers.tick(2_000);
    const probe = first();
    const skipped = [{ target: "b/m", why: "100 % of its calls failed" }];
    assert.deepEqual(probe.note, { by: "order", why: "it may have come back", skipped });
    assert.deepEqual([probe.target.id, first().target.id], ["a/m", "b/m"]);
    succeed(probe);
    await counted();
    assert.equal(first().target.id, "a/m");
  });

  test("a stream that was taken over goes on with what was left", () => {
    const plan = { spent: { attempts: 2, afterContent: 1 } };
    const route = open(new Router(), [target("a/m"), target("b/m")], plan);
    const broken = taken(route);
    broken.firstContent();
    broken.end({ error: failure("idle_timeout"), outputTokens: 0 });
    assert.equal(route.retry({ error: failure("idle_timeout"), content: true }), null);
    assert.notEqual(route.retry({ error: failure("idle_timeout"), content: false }), null);
    assert.equal(route.retry({ error: failure("idle_timeout"), content: false }), null);
  });

  test("a target that cannot answer stays out of the stream, and of no other stream", () => {
    const router = new Router({ random: () => 0.25 });
    const targets = [target("a/m"), target("b/m")];
    const route = open(router, targets);
    fail(route, taken(route), "provider_not_found");
    // Nobody is left but the one that just failed.
    assert.equal(fail(route, taken(route), "provider_error"), 250);
    assert.equal(taken(route).target.id, "b/m");
    assert.equal(taken(open(router, targets)).target.id, "a/m");
  });

  test("a hint is obeyed up to twenty seconds; with another target nobody waits", () => {
    const alone = open(new Router({ random: () => 0 }), [target("a/m")]);
    assert.equal(fail(alone, taken(alone), "provider_overloaded", 1_500), 1_500);
    mock.timers.tick(1_500);
    assert.equal(fail(alone, taken(alone), "provider_overloaded", 30_000), null);
    const two = open(new Router({ random: () => 0 }), [target("a/m"), target("b/m")]);
    assert.equal(fail(two, taken(two), "provider_overloaded", 5_000), 0);
    assert.equal(fail(two, taken(two), "provider_not_found"), 5_000);
  });

  test("an input that was too large is not sent to a model that takes no more", () => {
    const sized = (id: string, contextTokens: number) => target(id, { capabilities: { contextTokens } });
    const route = open(new Router(), [sized("a/m", 8_000), sized("b/m", 4_000), sized("c/m", 16_000)]);
    assert.equal(fail(route, taken(route), "context_overflow"), 0);
    assert.equal(taken(route).target.id, "c/m");
  });

  test("a call that was given up for another is no failure of its target", () => {
    const route = open(new Router({ random: NEVER }), [target("a/m"), target("b/m")]);
    const slow = taken(route);
    const hedge = taken(route, NEED, slow);
    slow.end({ error: failure("cancelled"), outputTokens: 0 });
    assert.equal(fail(route, hedge, "provider_error"), 0);
    assert.equal(taken(route).target.id, "a/m");
  });

  test("a target that a hedge has overtaken is known to be slow, at least as slow as it was waited for", () => {
    const router = new Router({ random: NEVER });
    const targets = [target("a/m"), target("b/m")];
    for (const [index, ms] of [200, 900].entries()) {
      const passage = taken(open(router, [targets[index]!]));
      mock.timers.tick(ms);
      succeed(passage);
    }
    const fastest = () => taken(open(router, targets, { strategy: "fastest" }));
    const slow = fastest();
    assert.equal(slow.target.id, "a/m");
    mock.timers.tick(2_000);
    slow.end({ error: failure("cancelled"), outputTokens: 0 });
    const chosen = fastest();
    assert.equal(chosen.target.id, "b/m");
    // One that is stopped early has told nothing.
    mock.timers.tick(10);
    chosen.end({ error: failure("cancelled"), outputTokens: 0 });
    assert.equal(router.states().find(({ provider }) => provider === "b")!.firstTokenMs, 900);
  });

  test("a hedge goes to another target than the one under way", () => {
    const route = open(new Router(), [target("a/m"), target("b/m")]);
    const first = taken(route);
    assert.equal(taken(route, NEED, first).target.id, "b/m");
    const alone = open(new Router(), [target("a/m")]);
    const only = taken(alone);
    assert.ok(alone.take(NEED, only) instanceof StreamError);
  });

  test("an answer that is taken up again answers the step, and is no probe", async () => {
    const router = new Router();
    const targets = [target("a/m"), target("b/m")];
    const route = open(router, targets);
    const passages = [taken(route), ...Array.from({ length: 4 }, () => taken(open(router, targets)))];
    for (const passage of passages) passage.end({ error: failure("upstream_truncated"), outputTokens: 0 });
    await counted();
    mock.timers.tick(15_000);
    const again = passages[0]!.again();
    again.firstContent();
    again.end({ error: null, outputTokens: 100 });
    await counted();
    assert.deepEqual([router.states()[0]?.circuit, router.states()[0]?.firstTokenMs], ["half_open", undefined]);
    const next = taken(route);
    assert.deepEqual([next.target.id, next.note.by], ["a/m", "sticky"]);
  });

  test("every passage is an error with a code or a way, and the attempts stay within the budget", async () => {
    const codes: ErrorCode[] = [
      "provider_error",
      "provider_overloaded",
      "provider_auth",
      "provider_quota",
      "provider_not_found",
      "provider_rate_limited",
      "provider_invalid_request",
      "context_overflow",
      "first_token_timeout",
      "cancelled",
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          targets: fc.integer({ min: 1, max: 4 }),
          keys: fc.integer({ min: 0, max: 3 }),
          strategy: fc.constantFrom("order" as const, "fastest" as const, "cheapest" as const),
          attempts: fc.integer({ min: 1, max: 6 }),
          afterContent: fc.integer({ min: 0, max: 2 }),
          maxConcurrent: fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }),
        }),
        fc.array(
          fc.record({
            code: fc.option(fc.constantFrom(...codes), { nil: null }),
            retryAfterMs: fc.option(fc.integer({ min: 1, max: 40_000 }), { nil: undefined }),
            content: fc.boolean(),
            ms: fc.integer({ min: 0, max: 30_000 }),
          }),
          { maxLength: 40 },
        ),
        async ({ targets, keys, strategy, maxConcurrent, ...budget }, outcomes) => {
          const router = new Router({ random: () => 0.3, breaker: { failures: 2 } });
          const all = Array.from({ length: targets }, (_, index) =>
            target(`p${index}/m`, {
              price: index,
              keys: Array.from({ length: keys }, (_key, id) => `k${id}`),
              ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
            }),
          );
          const route = open(router, all, { strategy, budget });
          let followed = 0;
          let afterContent = 0;
          let waited = 0;
          for (const { code, retryAfterMs, content, ms } of outcomes) {
            const passage = route.take(NEED);
            if (passage instanceof StreamError) {
              assert.ok(passage.message.length > 0 && passage.code !== "internal");
              if (passage.retryAfterMs === undefined) break;
              assert.ok(passage.retryAfterMs > 0);
              mock.timers.tick(passage.retryAfterMs);
              continue;
            }
            if (content) passage.firstContent();
            mock.timers.tick(ms);
            const error = code === null ? null : failure(code, retryAfterMs);
            passage.end({ error, outputTokens: 10 });
            await counted();
            if (error === null) continue;
            const delayMs = route.retry({ error, content });
            if (delayMs === null) break;
            followed++;
            afterContent += content ? 1 : 0;
            waited += delayMs;
            mock.timers.tick(delayMs);
          }
          assert.ok(followed <= budget.attempts - 1 && afterContent <= budget.afterContent && waited <= 60_000);
        },
      ),
      { numRuns: 300 },
    );
  });
});
