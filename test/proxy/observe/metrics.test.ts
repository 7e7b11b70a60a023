import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { StreamEvent } from "../../../protocol/index.ts";
import { KnownNames } from "../../../proxy/observe/known-names.ts";
import type { LaneState } from "../../../proxy/observe/lane-state.ts";
import { Metrics } from "../../../proxy/observe/metrics.ts";
import type { MetricSources } from "../../../proxy/observe/metrics.ts";
import { emptyMessage } from "../../../protocol/index.ts";
import { makeBatch } from "../../../proxy/stream-log/batch.ts";
import { StreamTail } from "../../../proxy/stream-log/tail.ts";
import { attemptEnd, attemptStart, delta, OVERLOADED, streamEnd, usage } from "./entries.ts";
import { parseScrape } from "./scrape.ts";

const LANES: readonly LaneState[] = [
  { provider: "p", model: "m", key: "#1", circuit: "closed", firstTokenMs: 420, tokensPerSecond: 81 },
  { provider: "p", model: "m", key: "#2", circuit: "open", openUntil: 9e15, restsUntil: 9e15 },
  { provider: "q", model: "n", region: "eu-west-1", circuit: "half_open" },
  { provider: "q", model: "chosen-by-a-page", circuit: "open" },
  { provider: "q", model: "also-chosen", circuit: "closed" },
];

const SOURCES: MetricSources = {
  names: new KnownNames({ agents: { a: { models: ["p/m", "q/n"] } }, providers: { p: {}, q: {} } }),
  lanes: () => LANES,
  running: () => 3,
  viewers: () => ({ sse: 2, ws: 5 }),
  sockets: () => 4,
  spentUsd: async () => 1.25,
  onFailedAttempt: () => {},
};

const EVERYTHING: readonly StreamEvent[] = [
  attemptStart(1),
  delta(),
  attemptEnd(1, "error", OVERLOADED),
  { type: "reset", to: 1, cause: "provider_overloaded" },
  attemptStart(2, "q/n", "fallback"),
  delta(),
  { type: "tool.end", callId: "c", ok: true, ms: 1 },
  usage(2, 3, 4, { costUsd: 0.5 }),
  attemptEnd(2),
  streamEnd(),
];

function tailOf(agent: string): StreamTail {
  const ids = { id: "s_1", inc: "i", term: 1, owner: "o", conversation: "c_1", message: "m_1", parent: "m_0" };
  const record = { ...ids, agent, createdAt: 0, status: "running", tail: 0, first: 1 } as const;
  return new StreamTail(record, emptyMessage("i"));
}

async function withMetrics(use: (metrics: Metrics) => Promise<void>, sources = SOURCES): Promise<void> {
  const metrics = new Metrics(sources);
  try {
    await use(metrics);
  } finally {
    metrics.close();
  }
}

describe("Metrics", () => {
  test("the table of docs/metrics.md is what a scrape gives: names, types and labels", () =>
    withMetrics(async (metrics) => {
      const tail = tailOf("a");
      metrics.follow(tail);
      tail.publish(makeBatch(EVERYTHING, 1, 5));
      metrics.commits.end(metrics.commits.begin());
      metrics.startRefused("capacity");
      const { types, samples } = parseScrape(await metrics.text());
      const rows = readFileSync(new URL("../../../docs/metrics.md", import.meta.url), "utf8")
        .split("\n")
        .filter((line) => /^\| `(ai_stream|process|nodejs)_/.test(line))
        .map((line) => line.split("|").map((cell) => cell.trim()));
      const words = (cell: string) => [...cell.matchAll(/`(\w+)`/g)].map(([, word]) => word!);
      const documented = rows.map(
        ([, name, type, , labels]) => [words(name!)[0]!, type!, words(labels!).sort()] as const,
      );
      const scraped = [...types].map(([name, type]) => {
        const own = samples.filter(
          (sample) => sample.name.replace(/_(bucket|sum|count)$/, "") === name || sample.name === name,
        );
        assert.ok(own.length > 0, `${name} has no sample`);
        const labels = new Set(own.flatMap((sample) => Object.keys(sample.labels)));
        labels.delete("le");
        return [name, type, [...labels].sort()] as const;
      });
      const byName = (one: readonly [string, ...unknown[]], other: readonly [string, ...unknown[]]) =>
        one[0] < other[0] ? -1 : 1;
      assert.deepEqual(documented.toSorted(byName), scraped.toSorted(byName));
      for (const [, name, , , , meaning] of rows) assert.notEqual(meaning, "", name);
    }));

  test("every metric has a help text and a histogram's buckets end with its count", () =>
    withMetrics(async (metrics) => {
      for (let commit = 0; commit < 16; commit++) metrics.commits.end(metrics.commits.begin());
      const tail = tailOf("a");
      metrics.follow(tail);
      tail.publish(makeBatch(EVERYTHING, 1, 5));
      const text = await metrics.text();
      const { types, value } = parseScrape(text);
      for (const [name, type] of types) {
        assert.match(text, new RegExp(`^# HELP ${name} \\S`, "m"));
        if (type === "histogram") {
          assert.equal(value(`${name}_bucket`, { le: "+Inf" }), value(`${name}_count`), name);
        }
      }
      assert.equal(value("ai_stream_commit_seconds_count"), 2, "one of eight commits is timed");
      assert.equal(value("ai_stream_commit_events_bucket", { le: "8" }), 0);
      assert.equal(value("ai_stream_commit_events_bucket", { le: "16" }), 1);
      assert.equal(value("ai_stream_commit_events_sum"), EVERYTHING.length);
    }));

  test("lanes are told as they are at the scrape; models that pages chose share the worst of their states", () =>
    withMetrics(async (metrics) => {
      const { value, samples } = parseScrape(await metrics.text());
      const circuit = (labels: Record<string, string>) => value("ai_stream_circuit_state", labels);
      assert.equal(circuit({ provider: "p", model: "m", key: "#1" }), 0);
      assert.equal(circuit({ provider: "p", model: "m", key: "#2" }), 2);
      assert.equal(circuit({ provider: "q", model: "n", region: "eu-west-1", key: "" }), 1);
      assert.equal(circuit({ provider: "q", model: "other" }), 2);
      assert.equal(value("ai_stream_key_resting", { provider: "p", key: "#1" }), 0);
      assert.equal(value("ai_stream_key_resting", { provider: "p", key: "#2" }), 1);
      assert.equal(value("ai_stream_target_first_token_seconds", { provider: "p", model: "m" }), 0.42);
      assert.equal(value("ai_stream_target_tokens_per_second", { provider: "p" }), 81);
      assert.equal(value("ai_stream_streams_running"), 3);
      assert.equal(value("ai_stream_viewers", { transport: "ws" }), 5);
      assert.equal(value("ai_stream_sockets"), 4);
      assert.equal(value("ai_stream_budget_spent_usd", { scope: "total" }), 1.25);
      assert.ok(!samples.some(({ labels }) => labels["model"]?.includes("chosen") === true));
    }));

  test("a lane that is gone at the next scrape is told no more", () => {
    let lanes = LANES;
    return withMetrics(
      async (metrics) => {
        await metrics.text();
        lanes = [];
        const { value } = parseScrape(await metrics.text());
        assert.equal(value("ai_stream_circuit_state"), undefined);
        assert.equal(value("ai_stream_key_resting"), undefined);
      },
      { ...SOURCES, lanes: () => lanes },
    );
  });

  test("two proxies of one process count apart", () =>
    withMetrics((one) =>
      withMetrics(async (other) => {
        const tail = tailOf("a");
        one.follow(tail);
        tail.publish(makeBatch(EVERYTHING, 1, 5));
        assert.equal(parseScrape(await one.text()).value("ai_stream_streams_total", { reason: "stop" }), 1);
        assert.equal(parseScrape(await other.text()).value("ai_stream_streams_total"), undefined);
      }),
    ));

  test("a store that cannot tell what was spent takes no other metric with it", () =>
    withMetrics(
      async (metrics) => {
        const { value } = parseScrape(await metrics.text());
        assert.equal(value("ai_stream_budget_spent_usd"), undefined);
        assert.equal(value("ai_stream_streams_running"), 3);
      },
      { ...SOURCES, spentUsd: () => Promise.reject(new Error("the store failed")) },
    ));

  test("without an account there is no metric of it", () => {
    const { spentUsd: _spentUsd, ...unaccounted } = SOURCES;
    return withMetrics(async (metrics) => {
      assert.equal(parseScrape(await metrics.text()).types.has("ai_stream_budget_spent_usd"), false);
    }, unaccounted);
  });
});
