import assert from "node:assert/strict";
import { test } from "node:test";
import type { Usage } from "../../../protocol/index.ts";
import { loadPriceTable, pricingOf } from "../../../proxy/route/price.ts";
import type { PriceTable } from "../../../proxy/route/price.ts";

const usage = (change: Partial<Usage> = {}): Usage => ({ input: 1_000_000, output: 100_000, final: true, ...change });
const table: PriceTable = { version: "t 1", cost: (_seller, model) => (model === "known" ? 2 : undefined) };

test("a configured price wins: plain, cached and output tokens each at their own", () => {
  const price = pricingOf({ input: 3, output: 15, cacheRead: 0.3 }, table, { vendor: "openai" }, "known");
  const priced = price(usage({ cacheRead: 400_000, cacheWrite: 100_000 }));
  // 500k plain and 100k written at 3, 400k read at 0.3, 100k output at 15.
  assert.equal(priced.costUsd?.toFixed(6), (1.5 + 0.3 + 0.12 + 1.5).toFixed(6));
  assert.equal(priced.priceTable, "configuration");
});

test("the table's price is told with the table's version; an unknown price is absent, never invented", () => {
  assert.deepEqual(pricingOf(undefined, table, { vendor: "openai" }, "known")(usage()), {
    ...usage(),
    costUsd: 2,
    priceTable: "t 1",
  });
  assert.deepEqual(pricingOf(undefined, table, { vendor: "openai" }, "unknown")(usage()), usage());
  assert.deepEqual(pricingOf(undefined, table, null, "known")(usage()), usage());
  assert.deepEqual(pricingOf(undefined, null, { vendor: "openai" }, "known")(usage()), usage());
});

test("what a provider says it took is kept", () => {
  assert.deepEqual(
    pricingOf({ input: 1, output: 1 }, table, null, "m")(usage({ costUsd: 0.5 })),
    usage({ costUsd: 0.5 }),
  );
});

test("the public table knows the vendors' models, by name and by address, without any network", async () => {
  const { version, cost } = await loadPriceTable();
  assert.match(version, /^genai-prices \d+\.\d+\.\d+$/);
  for (const [seller, model] of [
    [{ vendor: "openai" }, "gpt-5-mini"],
    [{ vendor: "anthropic" }, "claude-sonnet-4-6"],
    [{ vendor: "aws" }, "amazon.nova-pro-v1:0"],
    [{ vendor: "groq" }, "openai/gpt-oss-120b"],
    [{ url: "https://api.mistral.ai/v1" }, "mistral-small-latest"],
  ] as const) {
    const dollars = cost(seller, model, usage());
    assert.ok(dollars !== undefined && dollars > 0 && dollars < 100, `${model}: ${dollars}`);
    const cached = cost(seller, model, usage({ cacheRead: 2_000_000 }));
    assert.ok(cached !== undefined && cached <= dollars, `${model} cached: ${cached}`);
  }
  assert.equal(cost({ vendor: "openai" }, "no-such-model", usage()), undefined);
  assert.equal(cost({ url: "http://127.0.0.1:1" }, "gpt-5-mini", usage()), undefined);
});

test("figures that do not add up are priced as far as they make sense, and never break an answer", async () => {
  const { cost } = await loadPriceTable();
  const claude = (change: Partial<Usage>) => cost({ vendor: "anthropic" }, "claude-sonnet-4-6", usage(change));
  assert.equal(claude({ cacheWrite: 5_000_000 }), claude({ cacheWrite: 1_000_000 }));
  assert.equal(
    claude({ cacheRead: 800_000, cacheWrite: 800_000 }),
    claude({ cacheRead: 800_000, cacheWrite: 200_000 }),
  );
  assert.equal(claude({ input: Number.NaN }), undefined);
  assert.equal(claude({ output: -1 }), undefined);
});
