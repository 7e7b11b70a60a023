/** One stream's committed entries folded into metrics: structure counts, text passes by. */
import { ERROR_CODES } from "../../protocol/index.ts";
import type { LogEntry, WireError } from "../../protocol/index.ts";
import type { Batch } from "../stream-log/batch.ts";
import type { TailListener } from "../stream-log/tail.ts";
import type { KnownNames } from "./known-names.ts";
import type { StreamMetrics, TokenKind } from "./stream-metrics.ts";

/** An attempt that failed, in codes: no text of anybody. */
export interface FailedAttempt {
  readonly stream: string;
  readonly agent: string;
  readonly attempt: number;
  readonly provider: string;
  readonly model: string;
  readonly cause: string;
  readonly mode: string;
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  /** Milliseconds the attempt took. */
  readonly ms: number;
}

export interface FoldSinks {
  readonly metrics: StreamMetrics;
  readonly names: KnownNames;
  readonly onFailedAttempt: (failed: FailedAttempt) => void;
}

/** What is known of the stream before its first entry comes. */
export interface FollowedStream {
  readonly id: string;
  readonly agent: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

interface Attempt {
  readonly start: AttemptStart;
  /** When its first content came. Two attempts race only before it: the one that is not superseded gave it. */
  firstAt: number | null;
  isOpen: boolean;
  /** What was counted of it: its reports are cumulative, and may come after its end. Null before the first. */
  spent: Spent | null;
}

type Entry<Type extends LogEntry["type"]> = Extract<LogEntry, { readonly type: Type }>;
type AttemptStart = Entry<"attempt.start">;

type Spent = Record<TokenKind | "usd", number>;

export class StreamFold implements TailListener {
  readonly #stream: FollowedStream;
  readonly #agent: string;
  readonly #sinks: FoldSinks;
  /** A few at most: one for each call of a provider. */
  #attempts: readonly Attempt[] = [];
  /** True until the attempts under way have content: the only time a delta is looked at. */
  #awaitsContent = false;
  #firstTokenTold = false;
  #lastFailure = "";

  constructor(stream: FollowedStream, sinks: FoldSinks) {
    this.#stream = stream;
    this.#agent = sinks.names.agent(stream.agent);
    this.#sinks = sinks;
  }

  committed({ entries }: Batch): void {
    this.#sinks.metrics.batch.record(entries.length);
    for (const entry of entries) {
      if (entry.type !== "delta") this.#apply(entry);
      else if (this.#awaitsContent) this.#firstContent(entry.ts);
    }
  }

  noted(): void {
    // Nothing that is only said counts.
  }

  #apply(entry: LogEntry): void {
    const { metrics } = this.#sinks;
    switch (entry.type) {
      case "attempt.start":
        return this.#started(entry);
      case "usage":
        return this.#used(entry);
      case "attempt.end":
        return this.#attemptEnded(entry);
      case "reset":
        return metrics.resets.inc({ code: codeOf(entry.cause) });
      case "tool.end":
        return metrics.toolCalls.inc({ agent: this.#agent, ok: String(entry.ok) });
      case "stream.end":
        metrics.streams.inc({ agent: this.#agent, reason: entry.reason });
        return metrics.seconds.observe({ agent: this.#agent }, entry.timings.totalMs / 1000);
      case "stream.start":
      case "step.start":
      case "step.end":
      case "block.start":
      case "block.end":
      case "delta":
      case "tool.start":
      case "source":
    }
  }

  #started(entry: AttemptStart): void {
    const { cause } = entry;
    this.#attempts = this.#attempts.concat({ start: entry, firstAt: null, isOpen: true, spent: null });
    this.#awaitsContent = true;
    if (cause === "initial" || cause === "hedge") return;
    this.#sinks.metrics.retries.inc({ cause, code: this.#lastFailure });
  }

  #firstContent(ts: number): void {
    this.#awaitsContent = false;
    for (const attempt of this.#attempts) if (attempt.isOpen) attempt.firstAt ??= ts;
  }

  #used({ attempt, ...usage }: Entry<"usage">): void {
    const used = this.#attempt(attempt);
    if (used === undefined) return;
    const labels = this.#target(used.start);
    const spent = (used.spent ??= { ...NOTHING });
    const { metrics } = this.#sinks;
    const rise = (kind: keyof Spent, total: number | undefined, count: (by: number) => void) => {
      const by = (total ?? 0) - spent[kind];
      // A counter never falls: a report that corrects an earlier one downwards waits until it is reached again.
      if (!(by > 0)) return;
      spent[kind] += by;
      count(by);
    };
    const tokens = (kind: TokenKind, total: number | undefined) =>
      rise(kind, total, (by) => metrics.tokens.inc({ ...labels, kind }, by));
    tokens("input", usage.input);
    tokens("output", usage.output);
    tokens("reasoning", usage.reasoning);
    tokens("cache_read", usage.cacheRead);
    tokens("cache_write", usage.cacheWrite);
    rise("usd", usage.costUsd, (by) => metrics.cost.inc(labels, by));
  }

  #attemptEnded({ attempt, outcome, error, ts }: Entry<"attempt.end">): void {
    const ended = this.#attempt(attempt);
    if (ended?.isOpen !== true) return;
    ended.isOpen = false;
    const { start, firstAt } = ended;
    const { metrics, onFailedAttempt } = this.#sinks;
    const labels = this.#target(start);
    const code = error === undefined ? "" : codeOf(error.code);
    metrics.attempts.inc({ ...labels, cause: start.cause, mode: start.mode, outcome, code });
    if (firstAt !== null && outcome !== "superseded") this.#tellFirstToken(labels, firstAt, start.ts);
    if (outcome !== "error" || error === undefined) return;
    this.#lastFailure = code;
    onFailedAttempt({ ...this.#failed(start, error), ms: ts - start.ts });
  }

  #tellFirstToken(labels: { provider: string; model: string }, firstAt: number, at: number): void {
    const { attemptFirstToken, firstToken } = this.#sinks.metrics;
    attemptFirstToken.observe(labels, Math.max(0, firstAt - at) / 1000);
    if (this.#firstTokenTold) return;
    this.#firstTokenTold = true;
    firstToken.observe({ agent: this.#agent, ...labels }, Math.max(0, firstAt - this.#stream.createdAt) / 1000);
  }

  #failed({ attempt, provider, model, cause, mode }: AttemptStart, error: WireError): Omit<FailedAttempt, "ms"> {
    const { code, retryable, retryAfterMs } = error;
    return {
      stream: this.#stream.id,
      agent: this.#stream.agent,
      ...{ attempt, provider, model, cause, mode, code, retryable },
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  }

  #attempt(number: number): Attempt | undefined {
    return this.#attempts.find(({ start }) => start.attempt === number);
  }

  #target({ provider, model }: AttemptStart): { provider: string; model: string } {
    const { names } = this.#sinks;
    return { provider: names.provider(provider), model: names.model(provider, model) };
  }
}

const NOTHING: Spent = { input: 0, output: 0, reasoning: 0, cache_read: 0, cache_write: 0, usd: 0 };

/** A label has the codes of the protocol as its values, and no others. */
const codeOf = (code: string): string => (Object.hasOwn(ERROR_CODES, code) ? code : "other");
