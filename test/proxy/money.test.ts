/** What the operator is told of money. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { completeConfig } from "../../proxy/config.ts";
import type { ConfigInput } from "../../proxy/config-schema.ts";
import { logAnswer, warnOfMoney } from "../../proxy/money.ts";
import type { Receipt } from "../../proxy/spend/receipt.ts";
import { Targets } from "../../proxy/targets.ts";
import { fakeProvider } from "../fakes/fake-provider.ts";

type Line = readonly [fields: Record<string, unknown>, text: string];

/** What is warned of, for a configuration on loopback. */
function warnings(input: ConfigInput): Line[] {
  const lines: Line[] = [];
  const config = completeConfig(input, {});
  const names = Object.keys(config.providers);
  const targets = new Targets(config, new Map(names.map((name) => [name, fakeProvider(name)])), null);
  const warn = (fields: object, text: string) => void lines.push([{ ...fields }, text]);
  warnOfMoney(config, targets, { warn } as never);
  return lines;
}

const SOLD = { kind: "openai", apiKey: "k", prices: { known: { input: 1, output: 1 } } } as const;
const secret = "0123456789abcdef";

test("a proxy that sells and has a secret is told when nothing limits a day", () => {
  assert.deepEqual(
    warnings({ providers: { p: SOLD }, access: { secret } }).map(([fields]) => fields["key"]),
    ["access.total.usdPerDay"],
  );
  assert.deepEqual(warnings({ providers: { p: SOLD }, access: { secret, total: { usdPerDay: 1 } } }).length, 1);
  assert.deepEqual(warnings({ providers: { p: SOLD } }), []);
  assert.deepEqual(warnings({ providers: { d: { kind: "demo" } }, access: { secret } }), []);
});

test("a model under a budget whose price nobody knows is named once; one that costs nothing is not", () => {
  const agents = { a: { models: ["p/known", "p/unknown", "d/tour"], budget: { usdPerAnswer: 1 } } };
  const providers = { p: SOLD, d: { kind: "demo" } } as const;
  assert.deepEqual(
    warnings({ providers, agents }).map(([fields]) => fields),
    [{ agent: "a", model: "p/unknown" }],
  );
  const free = { a: { models: ["p/unknown"] } };
  assert.deepEqual(warnings({ providers, agents: free }), []);
});

test("an answer's line says who answered, what it took and how it ended, and nothing of what was said", () => {
  const lines: Line[] = [];
  const booked = { input: 10, output: 20, costUsd: 0.001, estimated: false, estimate: { input: 9, output: 19 } };
  const receipt: Receipt = {
    ...{ version: 1, stream: "s_1", agent: "a", conversation: "c_1", createdAt: 1, endedAt: 9, reason: "stop" },
    ...{ firstTokenMs: 3, totalMs: 8, priceTables: ["t"] },
    attempts: [
      {
        ...{ attempt: 1, provider: "p", model: "m", cause: "initial", mode: "fresh", outcome: "complete" },
        ...{ ms: 8, booked },
      },
    ],
    total: { input: 10, output: 20, costUsd: 0.001, unpriced: 0, estimated: false, estimatedUsd: 0.001 },
  };
  const info = (fields: object, text: string) => void lines.push([{ ...fields }, text]);
  logAnswer({ info } as never, receipt);
  const [fields, text] = lines[0]!;
  assert.equal(text, "an answer ended");
  assert.deepEqual(fields, {
    ...{ stream: "s_1", agent: "a", reason: "stop", error: undefined, firstTokenMs: 3, totalMs: 8 },
    ...{ provider: "p", model: "m", attempts: 1, input: 10, output: 20, estimated: false, costUsd: 0.001 },
  });
});
