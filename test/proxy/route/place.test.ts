import assert from "node:assert/strict";
import { beforeEach, mock, suite, test } from "node:test";
import type { Passage } from "../../../proxy/route/route.ts";
import { Router } from "../../../proxy/route/router.ts";
import { fail, failure, NEED, open, refused, succeed, taken, target } from "./routing.ts";

const NOW = Date.UTC(2026, 0, 1);

suite("Place", () => {
  beforeEach(() => {
    mock.timers.reset();
    mock.timers.enable({ apis: ["Date"], now: NOW });
  });

  test("a limited key rests, another one of the same target is asked at once", () => {
    const router = new Router();
    const targets = [target("a/m", { keys: ["k1", "k2"] }), target("b/m")];
    const route = open(router, targets);
    const first = taken(route);
    assert.equal(first.key?.id, "#1");
    assert.equal(fail(route, first, "provider_rate_limited", 5_000), 0);
    const second = taken(route);
    assert.deepEqual([second.target.id, second.key?.id], ["a/m", "#2"]);
    assert.equal(fail(route, second, "provider_rate_limited", 5_000), 0);
    const third = taken(route);
    assert.deepEqual(third.note.skipped, [{ target: "a/m", why: "all keys rest for 5 s" }]);
    mock.timers.tick(5_000);
    assert.equal(taken(open(router, targets)).target.id, "a/m");
  });

  test("a refused key stays out of the stream, its target only with the last of them", () => {
    const targets = [target("a/m", { keys: ["k1", "k2"] })];
    const route = open(new Router({ random: () => 0 }), targets);
    assert.equal(fail(route, taken(route), "provider_auth"), 0);
    const second = taken(route);
    assert.equal(second.key?.id, "#2");
    assert.equal(fail(route, second, "provider_quota"), null);
  });

  test("a provider without keys that is limited is left alone by every stream as long as it asks", () => {
    const router = new Router({ random: () => 0 });
    const targets = [target("a/m")];
    const route = open(router, targets);
    assert.equal(fail(route, taken(route), "provider_rate_limited", 3_000), 3_000);
    for (const stream of [route, open(router, targets)]) {
      const error = refused(stream);
      assert.deepEqual([error.code, error.retryAfterMs], ["provider_rate_limited", 3_000]);
      assert.match(error.message, /it rests for 3 s/);
    }
    assert.equal(router.states()[0]!.restsUntil, NOW + 3_000);
    taken(open(router, [target("a/other"), target("b/m")]));
    mock.timers.tick(3_000);
    succeed(taken(open(router, targets)));
  });

  test("credentials that are refused rest like a key: the next stream goes elsewhere at once", () => {
    const router = new Router({ random: () => 0 });
    const targets = [target("a/m"), target("b/m")];
    const route = open(router, targets);
    assert.equal(fail(route, taken(route), "provider_auth"), 0);
    assert.equal(taken(open(router, targets)).target.id, "b/m");
    mock.timers.tick(60_000);
    assert.equal(taken(open(router, targets)).target.id, "a/m");
  });

  test("when all rest, the error is theirs and says when; a stream may wait for it before it has begun", () => {
    const router = new Router({ random: () => 0 });
    const targets = [target("a/m", { keys: ["k1", "k2"] })];
    for (const ms of [9_000, 4_000])
      taken(open(router, targets)).end({ error: failure("provider_rate_limited", ms), outputTokens: 0 });
    const route = open(router, targets);
    const error = refused(route);
    assert.deepEqual([error.code, error.retryAfterMs], ["provider_rate_limited", 4_000]);
    assert.match(error.message, /all keys rest for 4 s/);
    assert.equal(route.retry({ error, content: false }), 4_000);
    mock.timers.tick(4_000);
    assert.equal(taken(route).key?.id, "#2");
  });

  const why = (passage: Passage) => passage.note.skipped.map(({ why: reason }) => reason);

  test("a target that cannot take the request is passed over with the reason", () => {
    const router = new Router();
    const small = target("a/m", { capabilities: { contextTokens: 8_192 } });
    const blind = target("b/m", { capabilities: { images: false } });
    const plain = target("c/m", { capabilities: { tools: false } });
    const need = { inputTokens: 9_000, outputTokens: undefined, images: true, tools: true };
    const passage = taken(open(router, [small, blind, plain, target("d/m")]), need);
    assert.equal(passage.target.id, "d/m");
    assert.deepEqual(why(passage), ["context 8192 < 9000 tokens", "takes no images", "takes no tools"]);
    assert.equal(refused(open(router, [small]), need).code, "context_overflow");
    assert.equal(refused(open(router, [blind]), need).code, "provider_invalid_request");
    assert.equal(refused(open(router, [small]), need).retryAfterMs, undefined);
  });

  test("an answer that may be long needs no more room than a quarter of the context", () => {
    const small = target("a/m", { capabilities: { contextTokens: 8_000 } });
    const wanting = (inputTokens: number) => ({ ...NEED, inputTokens, outputTokens: 100_000 });
    taken(open(new Router(), [small]), wanting(6_000));
    refused(open(new Router(), [small]), wanting(6_001));
  });

  test("a provider at its limit is passed over, and has room again when a call ends", () => {
    const router = new Router();
    const busy = target("a/m", { maxConcurrent: 2 });
    const held = [taken(open(router, [busy])), taken(open(router, [busy]))];
    assert.deepEqual(why(taken(open(router, [busy, target("b/m")]))), ["busy: 2 of 2"]);
    const error = refused(open(router, [busy]));
    assert.deepEqual([error.code, error.retryAfterMs], ["capacity", 1_000]);
    held[0]!.end({ error: failure("cancelled"), outputTokens: 0 });
    held[0]!.end({ error: failure("cancelled"), outputTokens: 0 });
    taken(open(router, [busy]));
    refused(open(router, [busy]));
  });

  test("a target known to cost more than the limit is passed over; one of unknown price is not", () => {
    const router = new Router();
    // 1,000 tokens in and 400 out.
    const dear = target("a/m", { price: 100 });
    const limits = { maxCostUsd: 0.1 };
    const passage = taken(open(router, [dear, target("b/m")], { limits }));
    assert.deepEqual([passage.target.id, why(passage)], ["b/m", ["about 0.14 USD > 0.1 USD"]]);
    const error = refused(open(router, [dear], { limits }));
    assert.equal(error.code, "budget_exhausted");
    assert.equal(error.message, "No model can be asked: it would cost more than it may");
  });

  test("a target known to begin later than asked for comes last; with none in time, the fastest is asked", () => {
    const router = new Router();
    const [slow, slower, quick] = [target("a/m"), target("b/m"), target("c/m")] as const;
    for (const [one, ms] of [
      [slow, 2_000],
      [slower, 3_000],
      [quick, 500],
    ] as const) {
      const passage = taken(open(router, [one]));
      mock.timers.tick(ms);
      succeed(passage);
    }
    const limits = { maxFirstTokenMs: 1_000 };
    const passage = taken(open(router, [slower, slow, quick], { limits }));
    assert.deepEqual([passage.target.id, why(passage)[0]], ["c/m", "3 s to the first token > 1 s"]);
    assert.equal(taken(open(router, [slower, slow], { limits })).target.id, "a/m");
  });
});
