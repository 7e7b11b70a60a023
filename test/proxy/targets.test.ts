import assert from "node:assert/strict";
import { test } from "node:test";
import { completeConfig, ConfigError } from "../../proxy/config.ts";
import type { ConfigInput } from "../../proxy/config-schema.ts";
import type { Provider } from "../../proxy/provider/provider.ts";
import type { PriceTable } from "../../proxy/route/price.ts";
import { Targets } from "../../proxy/targets.ts";

const TABLE: PriceTable = {
  version: "t 1",
  cost: () => 1,
  contextTokens: (_seller, model) => (model === "known" ? 8_192 : undefined),
};

const provider = (name: string): Provider => ({
  name,
  stream: () => assert.fail("nobody is asked"),
  check: () => assert.fail("nobody is asked"),
});

function targetsOf(input: ConfigInput): Targets {
  const config = completeConfig(input, {});
  const providers = new Map(Object.keys(config.providers).map((name) => [name, provider(name)]));
  return new Targets(config, providers, TABLE);
}

test("a target has what its provider's configuration and the price table say of it", () => {
  const targets = targetsOf({
    providers: {
      gpt: {
        kind: "openai",
        apiKeys: ["k-1", { key: "k-2", weight: 3 }],
        maxConcurrent: 8,
        timers: { firstContentMs: 9_000 },
        models: { known: { images: false, prices: { input: 1, output: 1 } }, large: { contextTokens: 1_000_000 } },
      },
      aws: { kind: "bedrock", region: "eu-west-1", apiKey: "k-3" },
    },
    agents: { a: { models: [{ model: "gpt/known", weight: 3 }, "gpt/large", "aws/org/m"], route: "fastest" } },
    resilience: { connectMs: 5_000 },
  });
  const [known, large, aws] = targets.find([{ model: "gpt/known", weight: 3 }, "gpt/large", "aws/org/m"], "high");
  assert.deepEqual([known!.id, known!.model, known!.weight, known!.maxConcurrent], ["gpt/known", "known", 3, 8]);
  assert.deepEqual(known!.capabilities, { contextTokens: 8_192, images: false, tools: undefined });
  assert.equal(known!.pricing({ input: 1_000_000, output: 0, final: true }).priceTable, "configuration");
  assert.equal(large!.capabilities?.contextTokens, 1_000_000);
  assert.deepEqual([large!.timers.connectMs, large!.timers.firstContentMs], [5_000, 9_000]);
  assert.deepEqual([aws!.id, aws!.model, aws!.region], ["aws/org/m", "org/m", "eu-west-1"]);
});

test("how hard a model is asked to think decides how long it is waited for", () => {
  const targets = targetsOf({
    providers: { claude: { kind: "anthropic", apiKey: "k" } },
    agents: { a: { models: ["claude/claude-sonnet-4-6"] } },
  });
  const firstContentMs = (reasoning?: "none" | "high") =>
    targets.find(["claude/claude-sonnet-4-6"], reasoning)[0]!.timers.firstContentMs;
  assert.deepEqual([firstContentMs(), firstContentMs("none"), firstContentMs("high")], [30_000, 30_000, 300_000]);
});

test("a weight that is none, and a provider that is not there, are told with their path", () => {
  const input: ConfigInput = {
    providers: { gpt: { kind: "openai", apiKeys: [{ key: "k-secret-1", weight: 0 }] } },
    agents: { a: { models: [{ model: "other/m", weight: 1 }] } },
  };
  assert.throws(
    () => completeConfig(input, {}),
    (thrown: unknown) => thrown instanceof ConfigError && !thrown.message.includes("k-secret-1"),
  );
  assert.throws(
    () => completeConfig({ ...input, providers: { gpt: { kind: "openai", apiKey: "k" } } }, {}),
    /agents\.a\.models\[0\]: found "other\/m", expected one of the providers gpt/,
  );
});
