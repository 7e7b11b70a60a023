/** One answer from its first step to the reason it ended: the model is asked, its calls are run, it is asked again. */
import { StreamError } from "../../protocol/index.ts";
import type { EndReason, ToolBlock } from "../../protocol/index.ts";
import type { RetryBudget } from "../route/retry.ts";
import type { Target } from "../route/target.ts";
import type { AttemptRecord } from "../stream-log/stream-log.ts";
import type { TargetlessRequest } from "./attempt.ts";
import type { AnswerOutput } from "./output.ts";
import { runStep } from "./step.ts";
import type { Progress } from "./step.ts";
import type { StreamTools } from "./stream-tools.ts";
import { transcriptOf } from "./transcript.ts";

export type { AnswerOutput } from "./output.ts";

export interface Answer {
  /** In the order in which they are tried; never empty. */
  readonly targets: readonly Target[];
  readonly request: TargetlessRequest;
  readonly tools: StreamTools;
  readonly maxSteps: number;
  /** Of each step. */
  readonly budget: RetryBudget;
}

export interface AnswerEnd {
  readonly reason: EndReason;
  readonly error?: StreamError;
}

/** Never rejects for what a provider or a tool does: every failure becomes the end of the answer. */
export async function runAnswer(answer: Answer, output: AnswerOutput, signal: AbortSignal): Promise<AnswerEnd> {
  const { targets, request, budget, maxSteps, tools } = answer;
  const progress = newProgress();
  const records: AttemptRecord[] = [];
  for (let step = 1; ; step++) {
    await output.write([{ type: "step.start", step, maxSteps }]);
    const said = transcriptOf(step === 1 ? [] : output.message().blocks, records);
    const asked = { ...request, tools: tools.declared, messages: [...request.messages, ...said] };
    const result = await runStep({ targets, request: asked, budget }, progress, output, signal);
    if (result.error === null && result.record !== null) records.push(result.record);
    const isRun = result.error === null && (await ranCalls(result, tools, output, signal));
    const isStopped = signal.aborted && result.reason === "tool_calls";
    const error = isStopped ? StreamError.from(signal.reason) : result.error;
    const end: AnswerEnd = error === null ? { reason: result.reason! } : failedEnd(error, progress.shown);
    await output.write([{ type: "step.end", step, reason: end.reason }]);
    if (!isRun || error !== null) return end;
    if (step === maxSteps) return { reason: "max_steps" };
    // What the next step is asked with is what is committed.
    await output.flush();
  }
}

const newProgress = (): Progress => ({
  attempts: 0,
  nextBlock: 0,
  target: 0,
  shown: false,
  unable: new Set(),
  callIds: new Set(),
});

/** False when there was nothing to run, or a call that nobody here can run: then all are left to whoever asked. */
async function ranCalls(
  { reason, calls }: { readonly reason: EndReason; readonly calls: ReadonlySet<string> },
  tools: StreamTools,
  output: AnswerOutput,
  signal: AbortSignal,
): Promise<boolean> {
  if (reason !== "tool_calls" || calls.size === 0) return false;
  await output.flush();
  const isCall = (block: { readonly kind: string }): block is ToolBlock => block.kind === "tool";
  const waiting = output
    .message()
    .blocks.filter(isCall)
    .filter(({ callId }) => calls.has(callId));
  if (signal.aborted || !waiting.every((call) => tools.knows(call))) return false;
  await tools.run(waiting, output, signal);
  return true;
}

/** What was shown stays, so an answer that failed in the middle is interrupted, not an error. */
function failedEnd(error: StreamError, shown: boolean): AnswerEnd {
  if (error.code === "cancelled") return { reason: "cancelled" };
  return { reason: shown ? "interrupted" : "error", error };
}
