/** What can happen in a stream: the event union, and the numbered entry an event becomes in the log (protocol.md §3). */
import type { WireError } from "./stream-error.ts";

export type BlockKind = "text" | "reasoning" | "refusal" | "tool";

export type EndReason =
  | "stop"
  | "length"
  | "tool_calls"
  | "content_filter"
  | "refusal"
  | "paused"
  | "cancelled"
  | "interrupted"
  | "budget"
  | "max_steps"
  | "error";

export type AttemptCause = "initial" | "retry" | "fallback" | "hedge" | "takeover";
export type AttemptMode = "fresh" | "reattach" | "prefix";
export type AttemptOutcome = "complete" | "error" | "cancelled" | "superseded";

/** Token counts. `input` counts all input, cached included, whatever the provider's habit. */
export interface Usage {
  readonly input: number;
  readonly output: number;
  readonly reasoning?: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  /** False when the provider gave no closing figures: then these are the last it gave, possibly zero. */
  readonly final: boolean;
  /** US dollars; absent when the price is unknown. */
  readonly costUsd?: number;
  /** Where the price is from: a table and its version, or the proxy's configuration; absent without `costUsd`. */
  readonly priceTable?: string;
}

export interface Timings {
  /** From the start of the stream to the first content; absent when none came. */
  readonly firstTokenMs?: number;
  readonly totalMs: number;
  /** Output tokens per second after the first; absent without usage. */
  readonly tokensPerSecond?: number;
}

export interface StreamStart {
  readonly type: "stream.start";
  readonly id: string;
  readonly agent: string;
  readonly conversation: string;
  readonly message: string;
}
export interface StepStart {
  readonly type: "step.start";
  readonly step: number;
  readonly maxSteps: number;
}
/** Why an attempt goes where it goes: for the operator, hidden from viewers unless the agent's `show.route` says so. */
export interface RouteNote {
  /** `order`: as configured; `fastest`, `cheapest`: by what is known of the targets; `sticky`: answered the step before. */
  readonly by: "order" | "fastest" | "cheapest" | "weight" | "explore" | "sticky";
  /** In words: `first of 3`, `0.42 s to the first token, 81 tokens/s`. */
  readonly why: string;
  /** Targets that came before it and were passed over, as `provider/model`, each with its reason. */
  readonly skipped: readonly { readonly target: string; readonly why: string }[];
}
export interface AttemptStart {
  readonly type: "attempt.start";
  readonly attempt: number;
  readonly provider: string;
  readonly model: string;
  readonly cause: AttemptCause;
  readonly mode: AttemptMode;
  readonly route?: RouteNote;
}
export interface BlockStart {
  readonly type: "block.start";
  /** Counts from 0 in the stream; never used again, not after a reset either. */
  readonly block: number;
  readonly kind: BlockKind;
  readonly name?: string;
  readonly callId?: string;
  /** True for a text the operator prepared for when no model can be reached; no model wrote it. */
  readonly canned?: true;
}
export interface Delta {
  readonly type: "delta";
  readonly block: number;
  readonly kind: BlockKind;
  readonly text: string;
}
export interface BlockEnd {
  readonly type: "block.end";
  readonly block: number;
  /** Parsed tool arguments; absent when they are not valid JSON. */
  readonly args?: unknown;
}
export interface ToolStart {
  readonly type: "tool.start";
  readonly callId: string;
  readonly name: string;
  readonly runsOn: "proxy" | "page";
  /** True while the call waits for a person's yes. */
  readonly approval?: boolean;
  /** What the page runs or a person decides about: shown to viewers even where other arguments are not. */
  readonly args?: unknown;
}
export interface ToolEnd {
  readonly type: "tool.end";
  readonly callId: string;
  readonly ok: boolean;
  readonly result?: unknown;
  readonly error?: string;
  readonly ms: number;
}
export interface Source {
  readonly type: "source";
  readonly url: string;
  readonly title?: string;
  readonly block?: number;
}
/** Content after `to` is void. `to` never lies inside a block: blocks begun after it go, the others stay whole. */
export interface Reset {
  readonly type: "reset";
  readonly to: number;
  readonly cause: string;
}
/** What an attempt has used so far: cumulative within the attempt, the latest one counts. */
export interface UsageReport extends Usage {
  readonly type: "usage";
  readonly attempt: number;
}
export interface AttemptEnd {
  readonly type: "attempt.end";
  readonly attempt: number;
  readonly outcome: AttemptOutcome;
  readonly error?: WireError;
}
export interface StepEnd {
  readonly type: "step.end";
  readonly step: number;
  readonly reason: EndReason;
}
export interface StreamEnd {
  readonly type: "stream.end";
  readonly reason: EndReason;
  readonly error?: WireError;
  readonly usage: Usage;
  readonly timings: Timings;
  /** CRC-32 of the visible text (protocol.md §3.3). */
  readonly digest: number;
}

export type StreamEvent =
  | StreamStart
  | StepStart
  | AttemptStart
  | BlockStart
  | Delta
  | BlockEnd
  | ToolStart
  | ToolEnd
  | Source
  | Reset
  | UsageReport
  | AttemptEnd
  | StepEnd
  | StreamEnd;

/** An event in its place in the log. */
export type LogEntry = StreamEvent & {
  /** 1, 2, 3 … per stream, no gap. */
  readonly seq: number;
  /** Milliseconds since the epoch, on the proxy's clock. */
  readonly ts: number;
  /** How many seqs this delivery stands for, itself included; absent means 1. */
  readonly n?: number;
};

/** Stands for a run of entries the audience may not see, or of a type this version does not know. */
export interface Skip {
  readonly type: "skip";
  readonly seq: number;
  readonly n: number;
}

/** What travels to a viewer. */
export type WireEntry = LogEntry | Skip;

/** True for what a reader sees: the first such event is the first token, and none may be doubled. */
export const isContent = (event: { readonly type: string }): boolean =>
  event.type === "delta" || event.type === "source" || event.type === "block.start";
