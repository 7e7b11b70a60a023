/** All metrics of one proxy, on a registry of its own: nothing is shared with another proxy of the process. */
import { Gauge, Registry } from "prom-client";
import type { TailListener } from "../stream-log/tail.ts";
import { CommitClock } from "./commit-clock.ts";
import type { KnownNames } from "./known-names.ts";
import { registerLaneMetrics } from "./lane-metrics.ts";
import type { Lanes } from "./lane-state.ts";
import { registerLoadMetrics } from "./load-metrics.ts";
import type { LoadState } from "./load-metrics.ts";
import { registerProcessMetrics } from "./process-metrics.ts";
import { StreamFold } from "./stream-fold.ts";
import type { FailedAttempt, FoldSinks, FollowedStream } from "./stream-fold.ts";
import { createStreamMetrics } from "./stream-metrics.ts";
import type { StreamMetrics } from "./stream-metrics.ts";

/** What is counted elsewhere, read at each scrape. */
export interface MetricSources {
  readonly names: KnownNames;
  readonly lanes: Lanes;
  /** Streams this process writes. */
  readonly running: () => number;
  /** Readers of live streams, by transport. */
  readonly viewers: () => Readonly<Record<"sse" | "ws", number>>;
  /** Open WebSockets. */
  readonly sockets: () => number;
  /** US dollars spent and set aside today by all; absent where nothing keeps the account. May reject. */
  readonly spentUsd?: () => Promise<number>;
  readonly onFailedAttempt: (failed: FailedAttempt) => void;
  /** Absent where nothing watches the load. */
  readonly load?: LoadState;
  /** Hears how many milliseconds each timed commit took. */
  readonly onCommit?: (ms: number) => void;
}

/** A stream whose `stream.start` is committed and whose further commits are listened to. */
export interface FollowedTail {
  readonly record: FollowedStream;
  listen(listener: TailListener): () => void;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #streams: StreamMetrics;
  readonly #sinks: FoldSinks;
  readonly #stop: () => void;
  /** Times appends: the pump's hook. */
  readonly commits: CommitClock;
  /** Counts a start that was refused, by the code of its error. */
  readonly startRefused: (code: string) => void;

  constructor(sources: MetricSources) {
    this.#streams = createStreamMetrics(this.#registry);
    this.#sinks = { metrics: this.#streams, names: sources.names, onFailedAttempt: sources.onFailedAttempt };
    this.commits = new CommitClock((seconds) => {
      this.#streams.commit.record(seconds);
      sources.onCommit?.(seconds * 1_000);
    });
    this.startRefused = registerLoadMetrics(this.#registry, sources.load);
    this.#registerGauges(sources);
    registerLaneMetrics(this.#registry, sources.lanes, sources.names);
    this.#stop = registerProcessMetrics(this.#registry);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything, in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Counts what a stream commits from now on, until the returned function is called. */
  follow(tail: FollowedTail): () => void {
    return tail.listen(new StreamFold(tail.record, this.#sinks));
  }

  /** Counts a stream that is gone on with, its writer lost. */
  takenOver(): void {
    this.#streams.takeovers.inc();
  }

  close(): void {
    this.#stop();
    this.#registry.clear();
  }

  #registerGauges({ running, viewers, sockets, spentUsd }: MetricSources): void {
    const registers = [this.#registry];
    new Gauge({
      name: "ai_stream_streams_running",
      help: "Streams this process writes now.",
      registers,
      collect() {
        this.set(running());
      },
    });
    new Gauge({
      name: "ai_stream_viewers",
      help: "Readers of live streams.",
      labelNames: ["transport"],
      registers,
      collect() {
        for (const [transport, count] of Object.entries(viewers())) this.set({ transport }, count);
      },
    });
    new Gauge({
      name: "ai_stream_sockets",
      help: "Open WebSockets.",
      registers,
      collect() {
        this.set(sockets());
      },
    });
    if (spentUsd === undefined) return;
    new Gauge({
      name: "ai_stream_budget_spent_usd",
      help: "US dollars spent or set aside today (UTC).",
      labelNames: ["scope"],
      registers,
      async collect() {
        this.reset();
        try {
          this.set({ scope: "total" }, await spentUsd());
        } catch {
          // A store that fails takes no other metric with it.
        }
      },
    });
  }
}
