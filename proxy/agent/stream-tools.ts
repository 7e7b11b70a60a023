/** The tools of one stream: which there are, and how the calls of a step are run, each to exactly one `tool.end`. */
import { isFields, StreamError } from "../../protocol/index.ts";
import type { StreamEvent, ToolBlock, ToolOutcome } from "../../protocol/index.ts";
import type { ToolDeclaration } from "../provider/provider.ts";
import { isToolError } from "./define-tool.ts";
import type { Tool } from "./define-tool.ts";
import type { AnswerOutput } from "./output.ts";
import { DENIED, UNDECIDED } from "./tool-inbox.ts";
import type { ToolInbox } from "./tool-inbox.ts";
import { boundedResult } from "./tool-result.ts";
import type { CheckedArgs } from "./tool-schema.ts";
import { TimeUp, within } from "./within.ts";

export interface StreamToolsOptions {
  readonly stream: string;
  readonly own: Readonly<Record<string, Tool>>;
  /** Those the page declared, and runs. */
  readonly page: readonly ToolDeclaration[];
  readonly inbox: ToolInbox;
  /** Milliseconds that a call waits for the page, or for a person's yes. */
  readonly waitMs: number;
  /** Characters of a result. */
  readonly resultChars: number;
  /** Hears what a tool threw that nobody else may see. */
  readonly onFailure: (tool: string, thrown: unknown) => void;
}

/** More calls in one step than this is a model gone astray; each costs a timer, a signal and two events. */
const MAX_CALLS = 32;
/** Calls with wrong arguments in a row: the first may be corrected, after the second the tool is withdrawn. */
const MAX_BAD_CALLS = 2;

const STOPPED = "The answer was stopped while this ran; its outcome is unknown";
const NOT_RUN = "Not run: the answer was stopped";
const UNKNOWN = "The proxy stopped while this ran; its outcome is unknown";

/** How a call will go, decided before it begins. */
type Plan =
  | { readonly way: "refuse"; readonly error: string }
  | { readonly way: "page"; readonly outcome: Promise<ToolOutcome> }
  | {
      readonly way: "run";
      readonly tool: Tool;
      readonly args: unknown;
      readonly decision: Promise<ToolOutcome> | null;
    };

type Ended = { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: string };

const failed = (error: string): Ended => ({ ok: false, error });

export class StreamTools {
  /** What the model is told of: the agent's own, then the page's. */
  readonly declared: readonly ToolDeclaration[];
  readonly #options: StreamToolsOptions;
  /** Calls with wrong arguments since the last right one, by tool; null until there is one. */
  #bad: Map<string, number> | null = null;

  constructor(options: StreamToolsOptions) {
    this.#options = options;
    const own = Object.entries(options.own).map(([name, tool]) => declarationOf(name, tool));
    this.declared = own.length === 0 ? options.page : [...own, ...options.page];
  }

  /** False for a call of something nobody declared: whoever asked may know what to do with it. */
  knows({ name }: ToolBlock): boolean {
    return this.#own(name) !== undefined || this.#options.page.some((tool) => tool.name === name);
  }

  #own(name: string): Tool | undefined {
    const { own } = this.#options;
    return Object.hasOwn(own, name) ? own[name] : undefined;
  }

  /**
   * Runs the calls side by side. Resolves when each has its `tool.end` written; a stop ends them at once. One that
   * another process began goes on waiting for its page or its yes; one that may have run is not run again.
   */
  async run(calls: readonly ToolBlock[], output: AnswerOutput, signal: AbortSignal): Promise<void> {
    const plans = await Promise.all(calls.map((call, index) => this.#plan(call, index, signal)));
    const starts = calls.flatMap((call, index) => (call.state === "input" ? [startOf(call, plans[index]!)] : []));
    if (starts.length > 0) await output.write(starts);
    // A call has begun once its start is committed: after a crash it is known that it may have run.
    await output.flush();
    await Promise.all(calls.map((call, index) => this.#settle(call, plans[index]!, output, signal)));
  }

  async #plan(call: ToolBlock, index: number, signal: AbortSignal): Promise<Plan> {
    const { callId, name, args } = call;
    const { inbox } = this.#options;
    if (index >= MAX_CALLS) return { way: "refuse", error: `Not run: at most ${MAX_CALLS} calls at once` };
    const tool = this.#own(name);
    if (call.state === "running" && call.runsOn === "proxy" && tool?.idempotent !== true) {
      return { way: "refuse", error: UNKNOWN };
    }
    if (tool === undefined) {
      // A page's schema is the page's to check: a stranger's schema is not compiled here.
      return isFields(args) ? { way: "page", outcome: inbox.open(callId, "result") } : this.#badCall(name, NO_OBJECT);
    }
    if ((this.#bad?.get(name) ?? 0) >= MAX_BAD_CALLS) return { way: "refuse", error: withdrawn(name) };
    const checked = await this.#check(tool, name, args, signal);
    if (!checked.ok) return this.#badCall(name, checked.problem);
    this.#bad?.delete(name);
    const needsYes = tool.approval === "always" && call.state !== "running";
    const decision = needsYes ? inbox.open(callId, "decision") : null;
    return { way: "run", tool, args: checked.args, decision };
  }

  async #check(tool: Tool, name: string, args: unknown, signal: AbortSignal): Promise<CheckedArgs> {
    if (!isFields(args)) return { ok: false, problem: NO_OBJECT };
    try {
      return await within(tool.timeoutMs, signal, () => tool.check(args));
    } catch (thrown) {
      if (!signal.aborted) this.#options.onFailure(name, thrown);
      return { ok: false, problem: "they could not be checked" };
    }
  }

  /** Told to the model as an error, so that it can correct itself; once. */
  #badCall(name: string, problem: string): Plan {
    const bad = (this.#bad ??= new Map());
    const count = (bad.get(name) ?? 0) + 1;
    bad.set(name, count);
    const next = count < MAX_BAD_CALLS ? "Correct them and call it again." : withdrawn(name);
    return { way: "refuse", error: `The arguments of ${name} are not valid: ${problem}. ${next}` };
  }

  async #settle(call: ToolBlock, plan: Plan, output: AnswerOutput, signal: AbortSignal): Promise<void> {
    const { callId, name } = call;
    let startedAt = performance.now();
    let ended: Ended | null = null;
    if (plan.way === "run" && plan.decision !== null) {
      ended = await this.#decided(callId, plan.decision, output, signal);
      if (ended === null) {
        startedAt = performance.now();
        await output.write([{ type: "tool.start", callId, name, runsOn: "proxy" }]);
        await output.flush();
      }
    }
    ended ??= await this.#end(call, plan, output, signal);
    const ms = Math.round(performance.now() - startedAt);
    await output.write([{ type: "tool.end", callId, ...ended, ms }]);
  }

  async #end({ callId, name }: ToolBlock, plan: Plan, output: AnswerOutput, signal: AbortSignal): Promise<Ended> {
    switch (plan.way) {
      case "refuse":
        return failed(plan.error);
      case "page":
        return this.#answered(callId, plan.outcome, output, signal);
      case "run":
        return this.#run(name, plan.tool, plan.args, signal);
    }
  }

  /** Null once somebody said yes. */
  async #decided(
    callId: string,
    decision: Promise<ToolOutcome>,
    output: AnswerOutput,
    signal: AbortSignal,
  ): Promise<Ended | null> {
    const outcome = await this.#wait(callId, decision, output, signal);
    if (outcome === null) return failed(signal.aborted ? NOT_RUN : UNDECIDED);
    return "approve" in outcome && outcome.approve ? null : failed(DENIED);
  }

  async #answered(
    callId: string,
    waiting: Promise<ToolOutcome>,
    output: AnswerOutput,
    signal: AbortSignal,
  ): Promise<Ended> {
    const outcome = await this.#wait(callId, waiting, output, signal);
    if (outcome === null)
      return failed(signal.aborted ? STOPPED : `The page gave no result in ${this.#options.waitMs} ms`);
    if ("error" in outcome) return failed(outcome.error);
    return { ok: true, result: boundedResult("result" in outcome ? outcome.result : null, this.#options.resultChars) };
  }

  /** Null when nobody answered in time, or the answer was stopped. */
  async #wait(
    callId: string,
    waiting: Promise<ToolOutcome>,
    output: AnswerOutput,
    signal: AbortSignal,
  ): Promise<ToolOutcome | null> {
    const { waitMs, inbox } = this.#options;
    try {
      return await output.waitFor(within(waitMs, signal, () => waiting));
    } catch {
      return null;
    } finally {
      inbox.close(callId);
    }
  }

  async #run(name: string, tool: Tool, args: unknown, signal: AbortSignal): Promise<Ended> {
    const { stream, resultChars, onFailure } = this.#options;
    try {
      const value = await within(tool.timeoutMs, signal, (own) => tool.run(args, { signal: own, stream }));
      return { ok: true, result: boundedResult(value, resultChars) };
    } catch (thrown) {
      if (signal.aborted) return failed(STOPPED);
      if (thrown instanceof TimeUp)
        return failed(`${name} did not answer in ${tool.timeoutMs} ms; its outcome is unknown`);
      if (isToolError(thrown)) return failed(String(boundedResult(thrown.message, resultChars)));
      onFailure(name, thrown);
      return failed(`${name} failed`);
    }
  }
}

const declarationOf = (name: string, { description, parameters }: Tool): ToolDeclaration => ({
  name,
  description,
  parameters,
});

const NO_OBJECT = "they are not a JSON object";

const withdrawn = (name: string): string => `Do not call ${name} again in this answer.`;

/** A call that is refused was never the page's to run. */
function startOf({ callId, name, args }: ToolBlock, plan: Plan): StreamEvent {
  const call = { type: "tool.start", callId, name } as const;
  if (plan.way === "page") return { ...call, runsOn: "page", args };
  if (plan.way === "run" && plan.decision !== null) return { ...call, runsOn: "proxy", approval: true, args };
  return { ...call, runsOn: "proxy" };
}

/** @throws {StreamError} `invalid_request` for a page's tool whose name is taken. */
export function checkPageTools(page: readonly ToolDeclaration[], own: Readonly<Record<string, Tool>>): void {
  const taken = new Set(Object.keys(own));
  for (const [index, { name }] of page.entries()) {
    if (taken.has(name)) {
      const field = `tools[${index}].name`;
      throw new StreamError("invalid_request", `${field}: found "${name}", expected a name that is not taken`, {
        field,
      });
    }
    taken.add(name);
  }
}
