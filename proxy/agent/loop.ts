/** One answer from its first step to the reason it ended: attempts, retries and fallbacks, written as events. */
import { setTimeout as delay } from "node:timers/promises";
import { StreamError } from "../../protocol/index.ts";
import type { AttemptCause, EndReason, Reset, StatusNote } from "../../protocol/index.ts";
import { isTargetUnable, nextAttempt } from "../route/retry.ts";
import type { RetryBudget } from "../route/retry.ts";
import type { Target } from "../route/target.ts";
import { runAttempt } from "./attempt.ts";
import type { TargetlessRequest, Write } from "./attempt.ts";

export interface Answer {
  /** In the order in which they are tried; never empty. */
  readonly targets: readonly Target[];
  readonly request: TargetlessRequest;
  readonly maxSteps: number;
  readonly budget: RetryBudget;
}

export interface AnswerOutput {
  readonly write: Write;
  /** Tells viewers what is not in the log: that it waits, and for how long. */
  readonly note: (note: StatusNote) => void;
  /** The seq of the last event written, committed or not. */
  readonly seq: () => number;
}

export interface AnswerEnd {
  readonly reason: EndReason;
  readonly error?: StreamError;
}

/** Never rejects for what a provider does: every failure becomes the end of the answer. */
export async function runAnswer(answer: Answer, output: AnswerOutput, signal: AbortSignal): Promise<AnswerEnd> {
  const step = 1;
  await output.write([{ type: "step.start", step, maxSteps: answer.maxSteps }]);
  const end = await runStep(answer, output, signal);
  await output.write([{ type: "step.end", step, reason: end.reason }]);
  return end;
}

async function runStep(answer: Answer, output: AnswerOutput, signal: AbortSignal): Promise<AnswerEnd> {
  const { targets, request, budget } = answer;
  const start = output.seq();
  const unable = new Set<number>();
  let target = 0;
  let cause: AttemptCause = "initial";
  let firstBlock = 0;
  let reset: Reset | null = null;
  let afterContent = 0;
  let shown = false;

  for (let attempt = 1; ; attempt++) {
    const { provider, model } = targets[target]!;
    await output.write([{ type: "attempt.start", attempt, provider: provider.name, model, cause, mode: "fresh" }]);
    const plan = { attempt, target: targets[target]!, request, firstBlock, reset };
    const { reason, error, content, nextBlock } = await runAttempt(plan, output.write, signal);
    if (reason !== null) return { reason };
    shown ||= content;
    if (isTargetUnable(error)) unable.add(target);
    const failure = { error, attempts: attempt, afterContent, content: shown, target, unable, targets: targets.length };
    const retry = signal.aborted ? null : nextAttempt(failure, budget, Math.random());
    if (retry === null) return failedEnd(error, shown);

    output.note({ phase: "retrying", detail: error.code, delayMs: retry.delayMs });
    if (!(await waited(retry.delayMs, signal))) return failedEnd(StreamError.from(signal.reason), shown);
    if (nextBlock > firstBlock) reset = { type: "reset", to: start, cause: error.code };
    if (shown) afterContent++;
    firstBlock = nextBlock;
    cause = retry.target === target ? "retry" : "fallback";
    target = retry.target;
  }
}

/** What was shown stays, so an answer that failed in the middle is interrupted, not an error. */
function failedEnd(error: StreamError, shown: boolean): AnswerEnd {
  if (error.code === "cancelled") return { reason: "cancelled" };
  return { reason: shown ? "interrupted" : "error", error };
}

/** False when the signal came first. */
async function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(ms, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
