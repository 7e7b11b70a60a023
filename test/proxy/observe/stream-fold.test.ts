import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Registry } from "prom-client";
import type { StreamEvent } from "../../../protocol/index.ts";
import { KnownNames } from "../../../proxy/observe/known-names.ts";
import { StreamFold } from "../../../proxy/observe/stream-fold.ts";
import type { FailedAttempt } from "../../../proxy/observe/stream-fold.ts";
import { createStreamMetrics } from "../../../proxy/observe/stream-metrics.ts";
import { makeBatch } from "../../../proxy/stream-log/batch.ts";
import { attemptEnd, attemptStart, batchAt, delta, OVERLOADED, streamEnd, usage } from "./entries.ts";
import { parseScrape } from "./scrape.ts";

const NAMES = new KnownNames({ agents: { a: { models: ["p/m", { model: "q/n" }] } }, providers: { p: {}, q: {} } });

function world(agent = "a") {
  const registry = new Registry();
  const failed: FailedAttempt[] = [];
  const metrics = createStreamMetrics(registry);
  const fold = new StreamFold(
    { id: "s_1", agent, createdAt: 1_000 },
    { metrics, names: NAMES, onFailedAttempt: (attempt) => failed.push(attempt) },
  );
  return { fold, failed, scrape: async () => parseScrape(await registry.metrics()) };
}

describe("StreamFold", () => {
  test("counts an answer: its end, its attempt, its tokens and its first token", async () => {
    const { fold, scrape, failed } = world();
    fold.committed(batchAt(1_100, attemptStart(1)));
    fold.committed(batchAt(1_500, delta(), delta()));
    fold.committed(batchAt(1_900, delta()));
    const more = { reasoning: 2, cacheRead: 4, cacheWrite: 1, costUsd: 0.25 };
    fold.committed(batchAt(2_000, usage(1, 10, 20, more), attemptEnd(1), streamEnd("stop", 1_000)));
    const { value } = await scrape();
    assert.equal(value("ai_stream_streams_total", { agent: "a", reason: "stop" }), 1);
    assert.equal(value("ai_stream_stream_seconds_sum", { agent: "a" }), 1);
    assert.equal(value("ai_stream_first_token_seconds_sum", { agent: "a", provider: "p", model: "m" }), 0.5);
    assert.equal(value("ai_stream_attempt_first_token_seconds_sum", { provider: "p", model: "m" }), 0.4);
    assert.equal(
      value("ai_stream_attempts_total", { cause: "initial", mode: "fresh", outcome: "complete", code: "" }),
      1,
    );
    const tokens = ["input", "output", "reasoning", "cache_read", "cache_write"].map((kind) =>
      value("ai_stream_tokens_total", { provider: "p", model: "m", kind }),
    );
    assert.deepEqual(tokens, [10, 20, 2, 4, 1]);
    assert.equal(value("ai_stream_cost_usd_total", { provider: "p", model: "m" }), 0.25);
    assert.equal(value("ai_stream_commit_events_count"), 4);
    assert.equal(value("ai_stream_commit_events_sum"), 7);
    assert.deepEqual(failed, []);
  });

  test("a failed attempt counts with its code, what follows as a retry, and it is told without any text", async () => {
    const { fold, scrape, failed } = world();
    fold.committed(batchAt(1_100, attemptStart(1)));
    fold.committed(batchAt(1_400, attemptEnd(1, "error", { ...OVERLOADED, retryAfterMs: 2_000 })));
    fold.committed(
      batchAt(1_500, { type: "reset", to: 1, cause: "provider_overloaded" }, attemptStart(2, "q/n", "fallback")),
    );
    fold.committed(batchAt(1_700, delta(), attemptEnd(2), streamEnd()));
    const { value } = await scrape();
    assert.equal(
      value("ai_stream_attempts_total", { provider: "p", outcome: "error", code: "provider_overloaded" }),
      1,
    );
    assert.equal(value("ai_stream_attempts_total", { provider: "q", outcome: "complete", cause: "fallback" }), 1);
    assert.equal(value("ai_stream_retries_total", { cause: "fallback", code: "provider_overloaded" }), 1);
    assert.equal(value("ai_stream_resets_total", { code: "provider_overloaded" }), 1);
    assert.equal(value("ai_stream_first_token_seconds_sum", { provider: "q", model: "n" }), 0.7);
    assert.equal(value("ai_stream_first_token_seconds_count", { provider: "p" }), undefined);
    const told = { stream: "s_1", agent: "a", attempt: 1, provider: "p", model: "m", cause: "initial", mode: "fresh" };
    assert.deepEqual(failed, [{ ...told, code: "provider_overloaded", retryable: true, retryAfterMs: 2_000, ms: 300 }]);
    assert.doesNotMatch(JSON.stringify(failed), /PRIVATE/);
  });

  test("of two attempts that race, the first token belongs to the one that was not superseded", async () => {
    const { fold, scrape } = world();
    fold.committed(batchAt(1_000, attemptStart(1, "p/m")));
    fold.committed(batchAt(1_200, attemptStart(2, "q/n", "hedge")));
    fold.committed(batchAt(1_500, delta()));
    fold.committed(batchAt(1_500, attemptEnd(1, "superseded")));
    fold.committed(batchAt(1_900, delta(), attemptEnd(2), streamEnd()));
    const { value } = await scrape();
    assert.equal(value("ai_stream_attempt_first_token_seconds_sum", { provider: "q" }), 0.3);
    assert.equal(value("ai_stream_attempt_first_token_seconds_count", { provider: "p" }), undefined);
    assert.equal(value("ai_stream_retries_total"), undefined);
  });

  test("usage that is reported again, lower, or after the attempt's end is counted once", async () => {
    const { fold, scrape } = world();
    fold.committed(batchAt(1_000, attemptStart(1), usage(1, 10, 1), usage(1, 10, 5), usage(1, 8, 5)));
    fold.committed(batchAt(1_100, attemptEnd(1, "superseded"), usage(1, 10, 9)));
    const { value } = await scrape();
    assert.equal(value("ai_stream_tokens_total", { kind: "input" }), 10);
    assert.equal(value("ai_stream_tokens_total", { kind: "output" }), 9);
  });

  test("names that are not in the configuration are other", async () => {
    const { fold, scrape } = world("forgotten");
    fold.committed(batchAt(1_000, attemptStart(1, "p/anything-a-page-wrote"), attemptEnd(1), streamEnd()));
    const { value, samples } = await scrape();
    assert.equal(value("ai_stream_attempts_total", { provider: "p", model: "other" }), 1);
    assert.equal(value("ai_stream_streams_total", { agent: "other" }), 1);
    assert.ok(!samples.some(({ labels }) => Object.values(labels).some((label) => /page|forgotten/.test(label))));
  });

  test("tool calls count by whether they went well", async () => {
    const { fold, scrape } = world();
    const end = (ok: boolean): StreamEvent => ({ type: "tool.end", callId: "c", ok, ms: 3 });
    fold.committed(batchAt(1_000, end(true), end(true), end(false)));
    const { value } = await scrape();
    assert.equal(value("ai_stream_tool_calls_total", { ok: "true" }), 2);
    assert.equal(value("ai_stream_tool_calls_total", { ok: "false" }), 1);
  });

  test("however the entries are cut into commits, all but the sizes of commits is the same", async () => {
    const events: StreamEvent[] = [
      attemptStart(1),
      delta(),
      attemptEnd(1, "error", OVERLOADED),
      attemptStart(2, "q/n", "retry"),
      delta(),
      delta(),
      usage(2, 3, 4),
      attemptEnd(2),
      streamEnd(),
    ];
    const text = async (sizes: readonly number[]) => {
      const { fold, scrape } = world();
      for (let at = 0, index = 0; at < events.length; index++) {
        const size = sizes[index % sizes.length]!;
        fold.committed(makeBatch(events.slice(at, at + size), at + 1, 1_500));
        at += size;
      }
      return (await scrape()).samples.filter(({ name }) => !name.startsWith("ai_stream_commit_"));
    };
    const whole = await text([events.length]);
    assert.ok(whole.length > 10);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 9 }), async (sizes) =>
        assert.deepEqual(await text(sizes), whole),
      ),
      { numRuns: 50 },
    );
  });
});
