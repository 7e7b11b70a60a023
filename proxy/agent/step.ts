/** One step: a model is asked until it answers or nothing is left to try; a later attempt goes on from an earlier one where it can. */
import { StreamError } from "../../protocol/index.ts";
import type { AttemptCause, AttemptMode, Reset, StreamEvent } from "../../protocol/index.ts";
import type { Passage } from "../route/route.ts";
import { abandon } from "./abandon.ts";
import { attemptStart } from "./attempt-start.ts";
import { listen } from "./attempt.ts";
import type { Call, TargetlessRequest } from "./attempt.ts";
import { raceToContent } from "./hedge.ts";
import { needOf, openCall } from "./open-call.ts";
import { orphaned, orphanedCall } from "./orphaned-call.ts";
import type { AnswerOutput } from "./output.ts";
import { pause } from "./pause.ts";
import { settleLost } from "./lost-call.ts";
import { readOn } from "./read-on.ts";
import { Speech } from "./speech.ts";
import type { Progress, StepPlan, StepResult, StepResumption } from "./step-plan.ts";
import type { OpenStep } from "./unfinished.ts";

/** A call, and what it says. */
interface Spoken {
  readonly call: Call;
  readonly speech: Speech;
}

/** A partial text that another call may go on with. */
interface Held extends Spoken {
  readonly error: StreamError;
}

/** The connection broke, not the answer: a provider that keeps it can be asked for the rest. */
const BROKEN: ReadonlySet<string> = new Set([
  "upstream_truncated",
  "upstream_protocol",
  "idle_timeout",
  "connect_timeout",
  "orphaned",
]);

/** Never rejects for what a provider does. Moves `progress` on. */
export const runStep = (
  plan: StepPlan,
  progress: Progress,
  output: AnswerOutput,
  signal: AbortSignal,
  from: StepResumption | null = null,
): Promise<StepResult> => new Step(plan, progress, output, signal).run(from);

class Step {
  readonly #plan: StepPlan;
  readonly #progress: Progress;
  readonly #output: AnswerOutput;
  readonly #signal: AbortSignal;
  /** The seq before the step's first content: what a restart goes back to. */
  #start: number;
  /** What the next speech of its own begins with. */
  #reset: Reset | null = null;
  /** Where the latest attempt went; null before the first. */
  #asked: string | null = null;
  #shown = false;
  /** The next attempt is the first after a takeover. */
  #isTakenOver = false;
  /** Of a hedge that lost: in the log once the winner's attempt has ended, since only one is open at a time. */
  #superseded: readonly StreamEvent[] = [];

  constructor(plan: StepPlan, progress: Progress, output: AnswerOutput, signal: AbortSignal) {
    this.#plan = plan;
    this.#progress = progress;
    this.#output = output;
    this.#signal = signal;
    this.#start = output.seq();
  }

  async run(from: StepResumption | null): Promise<StepResult> {
    const refusal = () => this.#plan.meter.refusal;
    let next = from === null ? await this.#ask(null) : await this.#takeOver(from);
    for (;;) {
      if (next instanceof StreamError) return { reason: null, error: next };
      const { call, speech } = next;
      const error = await listen(call, speech, this.#output.write, refusal, this.#signal);
      this.#progress.nextBlock = speech.nextBlock;
      this.#shown ||= speech.content;
      this.#progress.shown ||= this.#shown;
      if (error === null) return this.#complete(next);
      next = await this.#goOn({ ...next, error });
    }
  }

  /** What another process left under way is a call that has just broken off. */
  async #takeOver({ open, resume }: StepResumption): Promise<Spoken | StreamError> {
    const { attempt, parts, calls, firstBlock, shown, asked } = open;
    this.#start = open.start;
    this.#shown = shown;
    this.#asked = asked;
    this.#isTakenOver = true;
    if (shown) this.#reset = { type: "reset", to: open.start, cause: "orphaned" };
    if (attempt === null) return this.#isOver(open) ? orphaned() : this.#ask(null);
    const { targets, meter, request } = this.#plan;
    const { nextBlock, callIds } = this.#progress;
    const known = targets.find(({ id }) => id === `${attempt.provider}/${attempt.model}`);
    const target = known ?? targets[0]!;
    const kept = known !== undefined && attempt.isWhole ? resume : null;
    const opened = kept === null ? null : await meter.begin(target, { ...request, model: target.model }, true);
    const isPaid = opened !== null && !(opened instanceof StreamError);
    const said = { parts, nextBlock, calls, resume: isPaid ? kept!.resume : null };
    const speech = new Speech({ firstBlock, callIds, reset: null, note: this.#output.note, said });
    speech.begin(attempt.attempt, target.pricing, attempt.reported);
    return { speech, call: orphanedCall(attempt, target, kept, isPaid ? opened : null) };
  }

  /** True when its last attempt had failed so that no other was to follow; only the step's end is not in the log. */
  #isOver({ shown, asked }: OpenStep): boolean {
    const { targets, onPartial } = this.#plan;
    return (shown && onPartial === "end") || targets.find(({ id }) => id === asked)?.provider.acts === true;
  }

  async #complete({ call, speech }: Spoken): Promise<StepResult> {
    const { output: outputTokens } = call.meter.end();
    call.passage.end({ error: null, outputTokens, isCut: speech.reason === "length" });
    const record = speech.record(call.target.provider.name);
    await this.#output.write([...speech.close(null), ...this.#superseded], record ?? undefined);
    const reason = speech.reason === "length" && call.isCapped ? "budget" : speech.reason!;
    return { reason, error: null, calls: speech.calls, record };
  }

  /** What follows a failed attempt; when nothing does, its failure. */
  async #goOn(failed: Held): Promise<Spoken | StreamError> {
    const { call, speech, error } = failed;
    call.passage.end({ error, outputTokens: 0 });
    // Of an agent that was asked nobody knows what it did.
    const acted = call.target.provider.acts === true && !speech.unbilled;
    const waitMs = this.#mayGoOn(failed) ? this.#plan.route.retry({ error, content: this.#shown, acted }) : null;
    if (waitMs === null) return this.#close(failed, error);
    this.#output.note({ phase: "retrying", detail: error.code, delayMs: waitMs });
    const isKept = speech.resume !== null && BROKEN.has(error.code) && call.target.provider.reattach !== undefined;
    const isHeld = isKept || speech.plainBlock !== null;
    if (!isHeld) await this.#close(failed, error);
    const hasWaited = await pause(waitMs, this.#signal);
    // Whoever was there may have gone meanwhile.
    if (hasWaited && this.#output.isWanted())
      return isKept ? this.#reattach(failed) : this.#ask(isHeld ? failed : null);
    const why = hasWaited ? error : StreamError.from(this.#signal.reason);
    return isHeld ? this.#close(failed, why) : why;
  }

  #mayGoOn({ call, speech, error }: Held): boolean {
    if (this.#signal.aborted || error.code === "budget_exhausted") return false;
    // What an agent did is done: a second call is no repetition.
    if (call.target.provider.acts === true && speech.began) return false;
    if (this.#plan.onPartial === "end" && this.#shown) return false;
    return this.#output.isWanted();
  }

  async #reattach({ call: broken, speech, error }: Held): Promise<Spoken> {
    const call = readOn(broken, speech, this.#plan.request, ++this.#progress.attempts, this.#signal);
    await this.#begin(call, "reattach", speech.pause(error));
    speech.begin(call.attempt, call.target.pricing);
    return { speech, call };
  }

  /** Asks whoever is next. */
  async #ask(held: Held | null): Promise<Spoken | StreamError> {
    const { request } = this.#plan;
    const passage = await this.#take();
    if (passage instanceof StreamError) return held === null ? passage : this.#close(held, held.error, passage);
    const prefix = held === null ? null : await this.#prefixFor(passage, held.speech);
    const call = await this.#open(passage, prefix === null ? request : { ...request, prefix });
    if (call instanceof StreamError) return held === null ? call : this.#close(held, held.error, call);
    if (held !== null && prefix !== null) return this.#join(held, call);
    if (held !== null) await this.#close(held, held.error);
    await this.#begin(call, "fresh");
    return this.#speaking(call);
  }

  /** Where to ask; waited for when somebody may be asked soon. */
  async #take(): Promise<Passage | StreamError> {
    const { route, meter, request } = this.#plan;
    for (;;) {
      const passage = route.take(needOf(request, meter));
      if (!(passage instanceof StreamError) || !this.#output.isWanted()) return passage;
      const waitMs = route.retry({ error: passage, content: false });
      if (waitMs === null) return passage;
      this.#output.note({ phase: "retrying", detail: passage.code, delayMs: waitMs });
      if (!(await pause(waitMs, this.#signal))) return StreamError.from(this.#signal.reason);
      if (!this.#output.isWanted()) return passage;
    }
  }

  /** The text so far, when the target can go on from it. */
  async #prefixFor({ target }: Passage, speech: Speech): Promise<string | null> {
    const open = speech.plainBlock;
    if (open === null || target.provider.continues?.(target.model) !== true) return null;
    await this.#output.flush();
    const block = this.#output.message().blocks.find(({ kind, block: number }) => kind === "text" && number === open);
    return block?.kind === "text" ? block.text : null;
  }

  /** Goes on with the open text as if the same model had. */
  async #join({ call: broken, speech, error }: Held, call: Call): Promise<Spoken> {
    broken.meter.end();
    await this.#begin(call, "prefix", speech.pause(error));
    speech.join();
    speech.begin(call.attempt, call.target.pricing);
    return { speech, call };
  }

  /** The call, or a hedge that spoke before it. */
  async #speaking(first: Call): Promise<Spoken> {
    const { hedgeAfterMs } = this.#plan;
    const { nextBlock: firstBlock, callIds } = this.#progress;
    const speech = new Speech({ firstBlock, callIds, reset: this.#reset, note: this.#output.note });
    speech.begin(first.attempt, first.target.pricing);
    // What an agent does would be done twice.
    if (hedgeAfterMs === null || first.target.provider.acts === true) return { call: first, speech };
    const { winner, loser } = await raceToContent(first, () => this.#second(first), hedgeAfterMs, this.#signal);
    if (loser === null) return { call: winner, speech };
    const ended = await settleLost(loser);
    if (loser.call.attempt === first.attempt) {
      await this.#begin(winner, "fresh", ended, "hedge");
      speech.begin(winner.attempt, winner.target.pricing);
    } else {
      this.#superseded = [attemptStart(loser.call, "hedge", "fresh"), ...ended];
    }
    return { call: winner, speech };
  }

  async #second(first: Call): Promise<Call | null> {
    const { route, meter, request } = this.#plan;
    const passage = route.take(needOf(request, meter), first.passage);
    if (passage instanceof StreamError) return null;
    if (passage.target.provider.acts === true) {
      passage.end({ error: new StreamError("cancelled", "Not asked"), outputTokens: 0 });
      return null;
    }
    const call = await this.#open(passage, request);
    return call instanceof StreamError ? null : call;
  }

  async #open(passage: Passage, request: TargetlessRequest): Promise<Call | StreamError> {
    const { meter, hedgeAfterMs } = this.#plan;
    const call = await openCall(passage, request, meter, this.#signal, hedgeAfterMs !== null);
    return call instanceof StreamError ? call : { ...call, attempt: ++this.#progress.attempts };
  }

  async #begin(
    call: Call,
    mode: AttemptMode,
    before: readonly StreamEvent[] = [],
    cause?: AttemptCause,
  ): Promise<void> {
    const { id } = call.target;
    const usual = this.#asked === null ? "initial" : this.#asked === id ? "retry" : "fallback";
    const why = this.#isTakenOver ? "takeover" : usual;
    this.#isTakenOver = false;
    this.#asked = id;
    await this.#output.write([...before, attemptStart(call, cause ?? why, mode)]);
  }

  /** Ends a failed attempt for good; what it showed is voided by the next that speaks. Returns what to report. */
  async #close({ call, speech, error: why }: Held, error: StreamError, instead = error): Promise<StreamError> {
    call.meter.end(speech.unbilled);
    abandon(call, speech, why, this.#signal);
    if (speech.began) this.#reset = { type: "reset", to: this.#start, cause: error.code };
    await this.#output.write([...speech.close(error), ...this.#superseded]);
    this.#superseded = [];
    return instead;
  }
}
