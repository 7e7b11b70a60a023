/** A message as a reader sees it: what a stream folds to (protocol.md §4). */
import type { Cursor } from "./cursor.ts";
import type { EndReason, Timings, Usage } from "./stream-event.ts";
import type { WireError } from "./stream-error.ts";

export type MessageStatus = "running" | "complete" | "interrupted" | "cancelled" | "error";

/** Where a block stands in its stream: `block` is its number there, `seq` the entry that began it. */
interface Placed {
  readonly seq: number;
}

export interface TextBlock extends Placed {
  readonly kind: "text" | "reasoning" | "refusal";
  readonly block: number;
  readonly text: string;
  /** False once `block.end` came: then the text is final. */
  readonly open: boolean;
  /** Of reasoning: how long it took, in milliseconds, once that is known; until then `since`, when it began. */
  readonly ms?: number;
  readonly since?: number;
  /** True for a text the operator prepared for when no model can be reached. */
  readonly canned?: true;
}

/** `input`: arguments are arriving; `awaiting`: a person must approve; then `running`, `done` or `failed`. */
export type ToolState = "input" | "awaiting" | "running" | "done" | "failed";

export interface ToolBlock extends Placed {
  readonly kind: "tool";
  /** Absent when the call itself was hidden and only its run is shown. */
  readonly block?: number;
  readonly callId: string;
  readonly name: string;
  /** Parsed arguments; undefined until they are complete, and when they are not valid JSON. */
  readonly args: unknown;
  readonly argsText: string;
  readonly state: ToolState;
  /** Who runs it; absent before it begins, and for a call that the provider ran itself. */
  readonly runsOn?: "proxy" | "page";
  /** A person was asked whether it may run. */
  readonly approval?: boolean;
  readonly result?: unknown;
  readonly error?: string;
  readonly ms?: number;
}

export interface SourceBlock extends Placed {
  readonly kind: "source";
  readonly url: string;
  readonly title?: string;
  /** The block that cites it. */
  readonly block?: number;
}

export type MessageBlock = TextBlock | ToolBlock | SourceBlock;

export interface MessageUsage {
  readonly input: number;
  readonly output: number;
  readonly reasoning: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly final: boolean;
  readonly costUsd?: number;
}

export interface Message {
  readonly id: string;
  readonly stream: string;
  readonly conversation: string;
  readonly agent: string;
  readonly role: "assistant";
  readonly status: MessageStatus;
  readonly blocks: readonly MessageBlock[];
  readonly end?: { readonly reason: EndReason; readonly error?: WireError };
  readonly usage: MessageUsage;
  /** Provider and model of the latest attempt; empty before the first. */
  readonly provider: string;
  readonly model: string;
  /** Attempts and steps begun so far. */
  readonly attempts: number;
  readonly steps: number;
  readonly timings?: Timings;
  readonly cursor: Cursor;
  /** Latest usage of each attempt, by its number; `usage` is their sum. */
  readonly usageByAttempt: Readonly<Record<number, Usage>>;
}

/** The message of a stream nobody has read yet. */
export const emptyMessage = (inc: string): Message => ({
  id: "",
  stream: "",
  conversation: "",
  agent: "",
  role: "assistant",
  status: "running",
  blocks: [],
  usage: sumUsage([]),
  provider: "",
  model: "",
  attempts: 0,
  steps: 0,
  cursor: `${inc}.0`,
  usageByAttempt: {},
});

/** Adds up attempts. The cost is known only when every attempt's is; the sum is final only when every part is. */
export function sumUsage(parts: readonly Usage[]): MessageUsage {
  const sum = { input: 0, output: 0, reasoning: 0, cacheRead: 0, cacheWrite: 0, final: parts.length > 0 };
  let costUsd: number | undefined = parts.length > 0 ? 0 : undefined;
  for (const part of parts) {
    sum.input += part.input;
    sum.output += part.output;
    sum.reasoning += part.reasoning ?? 0;
    sum.cacheRead += part.cacheRead ?? 0;
    sum.cacheWrite += part.cacheWrite ?? 0;
    sum.final &&= part.final;
    costUsd = costUsd === undefined || part.costUsd === undefined ? undefined : costUsd + part.costUsd;
  }
  return costUsd === undefined ? sum : { ...sum, costUsd };
}

/** The visible answer: all text blocks in order. Its CRC-32 is the digest. */
export const visibleText = (message: Message): string =>
  message.blocks.map((block) => (block.kind === "text" ? block.text : "")).join("");
