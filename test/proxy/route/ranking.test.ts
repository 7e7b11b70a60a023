import assert from "node:assert/strict";
import { beforeEach, mock, suite, test } from "node:test";
import { Router } from "../../../proxy/route/router.ts";
import { counted, fail, failure, NEED, open, taken, target } from "./routing.ts";

const NOW = Date.UTC(2026, 0, 1);
const NEVER = () => 0.999;

suite("ranking", () => {
  beforeEach(() => {
    mock.timers.reset();
    mock.timers.enable({ apis: ["Date"], now: NOW });
  });

  async function measure(
    router: Router,
    one: ReturnType<typeof target>,
    firstTokenMs: number,
    tokensPerSecond: number,
  ) {
    const passage = taken(open(router, [one]));
    mock.timers.tick(firstTokenMs);
    passage.firstContent();
    mock.timers.tick(10_000);
    passage.end({ error: null, outputTokens: tokensPerSecond * 10 });
    await counted();
  }

  test("fastest: by the time to the end of the answer that is wanted", async () => {
    const router = new Router({ random: NEVER });
    const [eager, quick] = [target("a/m"), target("b/m")];
    await measure(router, eager!, 200, 20);
    await measure(router, quick!, 1_000, 200);
    const where = (outputTokens: number) => {
      const passage = taken(open(router, [eager!, quick!], { strategy: "fastest" }), { ...NEED, outputTokens });
      passage.end({ error: failure("cancelled"), outputTokens: 0 });
      return passage;
    };
    assert.equal(where(10).target.id, "a/m");
    assert.deepEqual(where(1_000).note, { by: "fastest", why: "1 s to the first token, 200 tokens/s", skipped: [] });
  });

  test("fastest: what nobody asked lately is tried once, and now and then another than the best", async () => {
    let random = 0.999;
    const router = new Router({ random: () => random });
    const targets = [target("a/m"), target("b/m")];
    const by = () => {
      const { target: where, note } = taken(open(router, targets, { strategy: "fastest" }));
      return [where.id, note.by];
    };
    await measure(router, targets[0]!, 200, 50);
    assert.deepEqual(by(), ["b/m", "explore"]);
    assert.deepEqual(by(), ["a/m", "fastest"]);
    random = 0.04;
    assert.deepEqual(by(), ["a/m", "explore"]);
    random = 0.999;
    mock.timers.tick(300_000);
    assert.deepEqual(by(), ["a/m", "explore"]);
  });

  test("fastest: a target that becomes slow is left within a few answers", async () => {
    const router = new Router({ random: NEVER });
    const targets = [target("a/m"), target("b/m")];
    for (let call = 0; call < 50; call++) await measure(router, targets[0]!, 100, 50);
    await measure(router, targets[1]!, 500, 50);
    let calls = 0;
    for (; taken(open(router, targets, { strategy: "fastest" })).target.id === "a/m"; calls++) {
      await measure(router, targets[0]!, 3_000, 50);
      assert.ok(calls < 3);
    }
  });

  test("cheapest: by price and expected tokens, unknown prices last", () => {
    const router = new Router();
    const targets = [target("a/m"), target("b/m", { price: 3 }), target("c/m", { price: 1 })];
    const route = open(router, targets, { strategy: "cheapest" });
    const asked = Array.from({ length: 3 }, () => {
      const passage = taken(route);
      fail(route, passage, "provider_error");
      return [passage.target.id, passage.note.why];
    });
    assert.deepEqual(asked, [
      ["c/m", "about 0.0014 USD"],
      ["b/m", "about 0.0042 USD"],
      ["a/m", "its price is unknown"],
    ]);
  });

  test("an answer that was cut at its length tells nothing of how long answers are", () => {
    const router = new Router();
    const targets = [target("a/m", { price: 1 })];
    const expected = () => {
      const passage = taken(open(router, targets, { strategy: "cheapest" }));
      passage.firstContent();
      return { passage, why: passage.note.why };
    };
    expected().passage.end({ error: null, outputTokens: 16, isCut: true });
    const { passage, why } = expected();
    assert.equal(why, "about 0.0014 USD");
    passage.end({ error: null, outputTokens: 3_000 });
    assert.equal(expected().why, "about 0.004 USD");
  });

  test("weights: first choices are drawn in proportion, the rest follows in order", () => {
    let draw = 0;
    const router = new Router({ random: () => draw });
    const targets = [target("a/m", { weight: 1 }), target("b/m", { weight: 3 }), target("c/m")];
    const parts = new Map<string, number>();
    for (draw = 0; draw < 1; draw += 0.01) {
      const route = open(router, targets);
      const passage = taken(route);
      assert.equal(passage.note.by, "weight");
      parts.set(passage.target.id, (parts.get(passage.target.id) ?? 0) + 1);
      passage.end({ error: failure("provider_not_found"), outputTokens: 0 });
      assert.equal(taken(route).target.id, passage.target.id === "a/m" ? "b/m" : "a/m");
    }
    assert.deepEqual(Object.fromEntries(parts), { "a/m": 20, "b/m": 60, "c/m": 20 });
  });
});
