import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { logCircuit, logFailedAttempt } from "../../../proxy/observe/failure-log.ts";
import { loggerTo } from "../../../proxy/observe/logger.ts";

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
});
