/** One answer from its first step to the reason it ended: the model is asked, its calls are run, it is asked again. */
import { StreamError } from "../../protocol/index.ts";
import type { EndReason, MessageBlock, ToolBlock } from "../../protocol/index.ts";
import type { ProviderMessage } from "../provider/provider.ts";
import type { Route } from "../route/route.ts";
import type { Meter } from "../spend/meter.ts";
import type { AttemptRecord, ResumeRecord } from "../stream-log/stream-log.ts";
import type { TargetlessRequest } from "./attempt.ts";
import { cannedEvents, needsCanned } from "./canned.ts";
import type { AnswerOutput } from "./output.ts";
import { runStep } from "./step.ts";
import type { Progress, StepPlan, StepResult } from "./step-plan.ts";
import type { StreamTools } from "./stream-tools.ts";
import { transcriptOf } from "./transcript.ts";
import type { OpenStep, Unfinished } from "./unfinished.ts";

export type { AnswerOutput } from "./output.ts";
export { UnfinishedFold } from "./unfinished.ts";
export type { Unfinished } from "./unfinished.ts";

export interface Answer {
  readonly route: Route;
  readonly targets: StepPlan["targets"];
  readonly meter: Meter;
  readonly request: TargetlessRequest;
  readonly tools: StreamTools;
  readonly maxSteps: number;
  readonly onPartial: StepPlan["onPartial"];
  readonly hedgeAfterMs: StepPlan["hedgeAfterMs"];
  /** Said in place of an answer when no model can be reached; null says nothing. */
  readonly fallbackText: string | null;
  /** What becomes of it when nobody watches; a number of milliseconds stops it after that long alone. */
  readonly orphanPolicy: "finish" | "detached" | { readonly cancelAfterMs: number };
}

export interface AnswerEnd {
  readonly reason: EndReason;
  readonly error?: StreamError;
}

/** An answer that another process began. */
export interface Resumption {
  readonly state: Unfinished;
  /** Of the attempts that were complete. */
  readonly records: readonly AttemptRecord[];
  readonly resume: ResumeRecord | null;
}

/** Never rejects for what a provider or a tool does: every failure becomes the end of the answer. */
export async function runAnswer(
  answer: Answer,
  output: AnswerOutput,
  signal: AbortSignal,
  from: Resumption | null = null,
): Promise<AnswerEnd> {
  const { request, maxSteps, tools, meter } = answer;
  const progress = progressOf(from);
  const records = [...(from?.records ?? [])];
  let open = from?.state.open ?? null;
  if (open === null && from !== null && from.state.over !== null) return endedBefore(from.state.over);
  for (let step = (from?.state.steps ?? 0) + 1; ; step++) {
    if (step > maxSteps) return { reason: "max_steps" };
    if (open === null) await output.write([{ type: "step.start", step, maxSteps }]);
    // The money goes to an answer from what is known, not to more calls.
    const windsUp = step > 1 && meter.isLow;
    let result: StepResult;
    if (open?.answered === true) {
      result = answeredBefore(open);
    } else {
      const said = transcriptOf(step === 1 ? [] : blocksBefore(output, open), records);
      const isFirst = said.length === 0 && !windsUp && request.tools === tools.declared;
      const plan = isFirst ? answer : { ...answer, request: goneOn(answer, said, windsUp) };
      const resumption = open === null ? null : { open, resume: from!.resume };
      result = await runStep(plan, progress, output, signal, resumption);
      if (result.error === null && result.record !== null) records.push(result.record);
    }
    const isRun = !windsUp && (await ranCalls(result, tools, output, signal));
    const end = stepEnd(result, progress, windsUp, signal);
    if (end.error !== undefined && answer.fallbackText !== null && needsCanned(end.error, progress)) {
      await output.write(cannedEvents(answer.fallbackText, progress));
    }
    await output.write([{ type: "step.end", step, reason: end.reason }]);
    if (!isRun || end.reason !== "tool_calls") return end;
    open = null;
    // What the next step is asked with is what is committed.
    await output.flush();
  }
}

/** What the model is asked once something was said: all of it. */
function goneOn({ request, tools }: Answer, said: readonly ProviderMessage[], windsUp: boolean): TargetlessRequest {
  const asked = { ...request, tools: tools.declared, messages: [...request.messages, ...said] };
  return windsUp ? { ...asked, windUp: true } : asked;
}

/** Only the end itself was missing; why a step failed is told by its attempt. */
function endedBefore(reason: EndReason): AnswerEnd {
  if (reason !== "error" && reason !== "interrupted") return { reason };
  return { reason, error: new StreamError("orphaned", "The proxy stopped as the answer failed") };
}

const progressOf = (from: Resumption | null): Progress => ({
  attempts: from?.state.attempts ?? 0,
  nextBlock: from?.state.nextBlock ?? 0,
  shown: from?.state.shown ?? false,
  callIds: new Set(from?.state.callIds),
});

/** What was said in earlier steps: a partial answer of this one is no part of what it is asked with. */
const blocksBefore = (output: AnswerOutput, open: OpenStep | null): readonly MessageBlock[] => {
  const { blocks } = output.message();
  return open === null ? blocks : blocks.filter(({ seq }) => seq <= open.start);
};

/** The model's answer is in the log; only why it stopped is told by its calls alone. */
const answeredBefore = ({ calls, ran }: OpenStep): StepResult => ({
  reason: ran || calls.size > 0 ? "tool_calls" : "stop",
  error: null,
  calls,
  record: null,
});

function stepEnd(result: StepResult, progress: Progress, windsUp: boolean, signal: AbortSignal): AnswerEnd {
  if (result.error !== null) return failedEnd(result.error, progress.shown);
  if (result.reason !== "tool_calls") return { reason: result.reason };
  if (signal.aborted) return failedEnd(StreamError.from(signal.reason), progress.shown);
  // It was asked not to call anything any more.
  return { reason: windsUp ? "budget" : "tool_calls" };
}

/** False when there was nothing to run, or a call that nobody here can run: then all are left to whoever asked. */
async function ranCalls(
  result: StepResult,
  tools: StreamTools,
  output: AnswerOutput,
  signal: AbortSignal,
): Promise<boolean> {
  if (result.error !== null || result.reason !== "tool_calls") return false;
  const { calls } = result;
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
  if (error.code === "budget_exhausted") return { reason: "budget", error };
  return { reason: shown ? "interrupted" : "error", error };
}
