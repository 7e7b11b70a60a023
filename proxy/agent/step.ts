/** One step: a model is asked until it answers or the budget is spent, with retries and fallbacks. */
import { setTimeout as delay } from "node:timers/promises";
import { StreamError } from "../../protocol/index.ts";
import type { AttemptCause, Reset } from "../../protocol/index.ts";
import type { FinishReason } from "../provider/provider.ts";
import { isTargetUnable, nextAttempt } from "../route/retry.ts";
import type { RetryBudget } from "../route/retry.ts";
import type { Target } from "../route/target.ts";
import type { AttemptRecord } from "../stream-log/stream-log.ts";
import { runAttempt } from "./attempt.ts";
import type { TargetlessRequest } from "./attempt.ts";
import type { AnswerOutput } from "./output.ts";

/** What the steps of a stream hand on to each other. */
export interface Progress {
  /** Attempts made so far. */
  attempts: number;
  /** The first block number that is free. */
  nextBlock: number;
  /** The target that answered last: it has the conversation in its cache, and can read its own thinking. */
  target: number;
  /** Something a reader sees was written. */
  shown: boolean;
  /** Targets that cannot answer at all. */
  readonly unable: Set<number>;
  /** Ids of all calls. */
  readonly callIds: Set<string>;
}

export interface StepPlan {
  /** In the order in which they are tried; never empty. */
  readonly targets: readonly Target[];
  readonly request: TargetlessRequest;
  /** Of this step: an earlier one's failures cost it nothing. */
  readonly budget: RetryBudget;
}

/** What the model said, or why there is no more to be had. */
export type StepResult =
  | {
      readonly reason: FinishReason;
      readonly error: null;
      readonly calls: ReadonlySet<string>;
      readonly record: AttemptRecord | null;
    }
  | { readonly reason: null; readonly error: StreamError };

/** Never rejects for what a provider does. Moves `progress` on. */
export async function runStep(
  { targets, request, budget }: StepPlan,
  progress: Progress,
  output: AnswerOutput,
  signal: AbortSignal,
): Promise<StepResult> {
  const start = output.seq();
  const { unable, callIds } = progress;
  let cause: AttemptCause = "initial";
  let reset: Reset | null = null;
  let afterContent = 0;
  let shown = false;

  for (let made = 1; ; made++) {
    const { target, nextBlock: firstBlock } = progress;
    const attempt = ++progress.attempts;
    const { provider, model } = targets[target]!;
    await output.write([{ type: "attempt.start", attempt, provider: provider.name, model, cause, mode: "fresh" }]);
    const { note } = output;
    const plan = { attempt, target: targets[target]!, request, firstBlock, callIds, reset, note };
    const result = await runAttempt(plan, output.write, signal);
    progress.nextBlock = result.nextBlock;
    shown ||= result.content;
    progress.shown ||= shown;
    if (result.error === null) return result;

    const { error } = result;
    if (isTargetUnable(error)) unable.add(target);
    const failure = { error, attempts: made, afterContent, content: shown, target, unable, targets: targets.length };
    const mayRepeat = !signal.aborted && !(provider.acts === true && result.nextBlock > firstBlock);
    const retry = mayRepeat ? nextAttempt(failure, budget, Math.random()) : null;
    if (retry === null) return { reason: null, error };

    output.note({ phase: "retrying", detail: error.code, delayMs: retry.delayMs });
    if (!(await waited(retry.delayMs, signal))) return { reason: null, error: StreamError.from(signal.reason) };
    if (result.nextBlock > firstBlock) reset = { type: "reset", to: start, cause: error.code };
    if (shown) afterContent++;
    cause = retry.target === target ? "retry" : "fallback";
    progress.target = retry.target;
  }
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
