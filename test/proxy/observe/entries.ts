/** Committed entries of a stream, made from short notes of what happened. */
import type { StreamEvent, WireError } from "../../../protocol/index.ts";
import { makeBatch } from "../../../proxy/stream-log/batch.ts";
import type { Batch } from "../../../proxy/stream-log/batch.ts";

export const attemptStart = (
  attempt: number,
  to = "p/m",
  cause: "initial" | "retry" | "fallback" | "hedge" = "initial",
): StreamEvent => {
  const [provider, model] = to.split("/") as [string, string];
  return { type: "attempt.start", attempt, provider, model, cause, mode: "fresh" };
};

export const attemptEnd = (
  attempt: number,
  outcome: "complete" | "error" | "cancelled" | "superseded" = "complete",
  error?: WireError,
): StreamEvent => ({ type: "attempt.end", attempt, outcome, ...(error === undefined ? {} : { error }) });

export const delta = (text = "word"): StreamEvent => ({ type: "delta", block: 0, kind: "text", text });

export const usage = (attempt: number, input: number, output: number, more: object = {}): StreamEvent => ({
  type: "usage",
  attempt,
  input,
  output,
  final: true,
  ...more,
});

export const streamEnd = (reason: "stop" | "interrupted" = "stop", totalMs = 1_000): StreamEvent => ({
  type: "stream.end",
  reason,
  usage: { input: 0, output: 0, final: true },
  timings: { totalMs },
  digest: 0,
});

export const OVERLOADED: WireError = {
  code: "provider_overloaded",
  message: "busy with PRIVATE words",
  retryable: true,
};

/** A batch of one stream's events, committed at `ts` milliseconds. */
export const batchAt = (ts: number, ...events: readonly StreamEvent[]): Batch => makeBatch(events, 1, ts);
