import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { StreamError } from "../../../protocol/index.ts";
import { logCircuit, logFailedAttempt } from "../../../proxy/observe/failure-log.ts";
import { loggerTo } from "../../../proxy/observe/logger.ts";
import { Router } from "../../../proxy/route/router.ts";
import type { Target } from "../../../proxy/route/target.ts";
import { fakeProvider, settle, unpriced } from "../../fakes/fake-provider.ts";

const WARN = 40;
const INFO = 30;

function recording() {
  const lines: string[] = [];
  return { logger: loggerTo({ write: (line: string) => void lines.push(line) }, "info"), lines };
}
const fieldsOf = (line: string) => {
  const { time: _time, ...fields } = JSON.parse(line) as Record<string, unknown>;
  return fields;
};

describe("the log of failures", () => {
  test("a failed attempt is one line at warn, in codes", () => {
    const { logger, lines } = recording();
    const place = { stream: "s_1", agent: "a", attempt: 2, provider: "p", model: "m" };
    const failed = { ...place, cause: "retry", mode: "fresh", code: "provider_overloaded", retryable: true, ms: 12 };
    logFailedAttempt(logger)(failed);
    assert.deepEqual(lines.map(fieldsOf), [{ level: WARN, ...failed, msg: "an attempt failed" }]);
  });

  test("a circuit that opens is told at warn, with how long; one that closes at info", (t) => {
    t.mock.timers.enable({ apis: ["Date"], now: 50_000 });
    const { logger, lines } = recording();
    logCircuit(logger)({ provider: "p", model: "m", key: "#1", openUntil: 65_000 }, "open");
    logCircuit(logger)({ provider: "p", model: "m", region: "eu", key: "#1" }, "closed");
    const lane = { provider: "p", model: "m" };
    assert.deepEqual(lines.map(fieldsOf), [
      { level: WARN, ...lane, key: "#1", openMs: 15_000, msg: "a circuit opened" },
      { level: INFO, ...lane, region: "eu", key: "#1", msg: "a circuit closed" },
    ]);
  });

  test("the router's circuits are told as they open, open again after a failed probe, and close", async (t) => {
    t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
    const { logger, lines } = recording();
    const router = new Router({
      breaker: { failures: 2, windowMs: 60_000, halfOpenAfterMs: 10_000 },
      onCircuit: logCircuit(logger),
    });
    const timers = { connectMs: 0, firstContentMs: 0, livenessMs: 0, betweenContentMs: 0 };
    const target: Target = { id: "p/m", provider: fakeProvider("p"), model: "m", timers, pricing: unpriced };
    const call = async (error: StreamError | null) => {
      const plan = {
        targets: [target],
        strategy: "order",
        limits: {},
        budget: { attempts: 1, afterContent: 0 },
      } as const;
      const passage = router.open(plan).take({ inputTokens: 1, outputTokens: undefined, images: false, tools: false });
      assert.ok(!(passage instanceof StreamError));
      if (error === null) passage.firstContent();
      passage.end({ error, outputTokens: 1 });
      await settle();
    };
    const broken = new StreamError("provider_error", "PRIVATE");
    await call(broken);
    await call(broken);
    t.mock.timers.setTime(1_010_000);
    await call(broken);
    t.mock.timers.setTime(1_030_000);
    await call(null);
    const lane = { provider: "p", model: "m" };
    assert.deepEqual(lines.map(fieldsOf), [
      { level: WARN, ...lane, openMs: 10_000, msg: "a circuit opened" },
      { level: WARN, ...lane, openMs: 20_000, msg: "a circuit opened" },
      { level: INFO, ...lane, msg: "a circuit closed" },
    ]);
  });
});
