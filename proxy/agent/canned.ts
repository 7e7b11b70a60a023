/** The text an operator prepared for when no model can be reached: an attempt of its own, marked as what it is. */
import type { StreamError, StreamEvent } from "../../protocol/index.ts";
import type { Progress } from "./step-plan.ts";

/** Shown where the provider's name stands. */
const PROVIDER = "fallback-text";

/** What is told to somebody who stopped, paid no more, or asked for what no model takes: another text is no help. */
const NOT_FOR: ReadonlySet<string> = new Set([
  "cancelled",
  "budget_exhausted",
  "draining",
  "internal",
  "context_overflow",
  "provider_invalid_request",
]);

/** True when the text stands in for an answer that failed before anything was shown. */
export const needsCanned = (error: StreamError, { shown }: Progress): boolean => !shown && !NOT_FOR.has(error.code);

/** Moves `progress` on. */
export function cannedEvents(text: string, progress: Progress): StreamEvent[] {
  const attempt = ++progress.attempts;
  const block = progress.nextBlock++;
  return [
    { type: "attempt.start", attempt, provider: PROVIDER, model: "", cause: "fallback", mode: "fresh" },
    { type: "block.start", block, kind: "text", canned: true },
    { type: "delta", block, kind: "text", text },
    { type: "block.end", block },
    { type: "usage", attempt, input: 0, output: 0, final: true, costUsd: 0 },
    { type: "attempt.end", attempt, outcome: "complete" },
  ];
}
