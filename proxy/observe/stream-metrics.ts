/** What streams did, as Prometheus metrics: names, units, labels (docs/metrics.md). */
import { Counter, Histogram } from "prom-client";
import type { Registry } from "prom-client";
import { HotHistogram } from "./hot-histogram.ts";

/** Up to the default total of an answer, 10 min; fine where a person notices. */
const ANSWER_SECONDS = [0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600];
const FIRST_TOKEN_SECONDS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 20, 30, 60, 120];
/** From an append that shares a transaction in memory to one that waits for a busy disk or a far store. */
const COMMIT_SECONDS = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
const BATCH_EVENTS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

export const TOKEN_KINDS = ["input", "output", "reasoning", "cache_read", "cache_write"] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];

/** Made once per proxy on its own registry, so that two proxies of a process never meet. */
export function createStreamMetrics(registry: Registry) {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: `ai_stream_${name}`, help, labelNames: [...labelNames], registers });
  const histogram = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    buckets: readonly number[],
  ) =>
    new Histogram({ name: `ai_stream_${name}`, help, labelNames: [...labelNames], buckets: [...buckets], registers });

  return {
    streams: counter("streams_total", "Streams that ended, by the reason of their end.", ["agent", "reason"]),
    seconds: histogram("stream_seconds", "From the start of a stream to its end.", ["agent"], ANSWER_SECONDS),
    firstToken: histogram(
      "first_token_seconds",
      "From the start of a stream to the first content a reader could see; provider and model are those that gave it.",
      ["agent", "provider", "model"],
      FIRST_TOKEN_SECONDS,
    ),
    attemptFirstToken: histogram(
      "attempt_first_token_seconds",
      "From the start of an attempt to its own first content.",
      ["provider", "model"],
      FIRST_TOKEN_SECONDS,
    ),
    attempts: counter("attempts_total", "Attempts that ended; code is empty where they did not fail.", [
      "provider",
      "model",
      "cause",
      "mode",
      "outcome",
      "code",
    ]),
    retries: counter(
      "retries_total",
      "Attempts that followed a failed one, by where they went and the failure's code.",
      ["cause", "code"],
    ),
    tokens: counter("tokens_total", "Tokens as the providers reported them; input counts cached tokens too.", [
      "provider",
      "model",
      "kind",
    ]),
    cost: counter("cost_usd_total", "US dollars of the reported tokens, where the price is known.", [
      "provider",
      "model",
    ]),
    resets: counter("resets_total", "Times that shown content was taken back and written anew.", ["code"]),
    takeovers: counter("takeovers_total", "Streams that this process went on with after their writer was lost.", []),
    toolCalls: counter("tool_calls_total", "Calls of tools that ended.", ["agent", "ok"]),
    commit: new HotHistogram({
      name: "ai_stream_commit_seconds",
      help: "From handing events to the store until they are committed; every eighth commit is timed.",
      buckets: COMMIT_SECONDS,
      registry,
    }),
    batch: new HotHistogram({
      name: "ai_stream_commit_events",
      help: "Events that were committed together for one stream.",
      buckets: BATCH_EVENTS,
      registry,
    }),
  };
}

export type StreamMetrics = ReturnType<typeof createStreamMetrics>;
