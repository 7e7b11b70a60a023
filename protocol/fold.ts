/** The pure reducer: entries → Message. The proxy's snapshot, the widget's state and every projection use this one. */
import { formatCursor, parseCursor } from "./cursor.ts";
import { place } from "./coverage.ts";
import { sumUsage } from "./message.ts";
import type { Message, MessageBlock, MessageStatus, TextBlock, ToolBlock } from "./message.ts";
import type { EndReason, LogEntry, WireEntry } from "./stream-event.ts";

/**
 * Applies entries in order. Those at or below the message's cursor were applied already and change nothing.
 * @throws {RangeError} on a gap: the caller resumes from `message.cursor` instead of folding past it.
 */
export function fold(message: Message, entries: readonly WireEntry[]): Message {
  const { inc, seq: start } = parseCursor(message.cursor);
  if (inc === null) throw new RangeError("fold() needs a message whose cursor names an incarnation");
  let next = message;
  let seq = start;
  /** Text of neighbouring deltas, applied as one. */
  let run: { readonly block: number; text: string } | null = null;
  for (const entry of entries) {
    const where = place(entry, seq);
    if (where === "duplicate") continue;
    if (where === "gap") {
      throw new RangeError(
        `fold() cannot apply seq ${entry.seq} (n ${entry.n ?? 1}) at seq ${seq}: entries are missing`,
      );
    }
    seq = entry.seq;
    if (entry.type === "delta" && run?.block === entry.block) {
      run.text += entry.text;
      continue;
    }
    if (run !== null) next = addText(next, run);
    run = entry.type === "delta" ? { block: entry.block, text: entry.text } : null;
    if (entry.type !== "delta" && entry.type !== "skip") next = apply(next, entry);
  }
  if (run !== null) next = addText(next, run);
  return seq === start ? message : { ...next, cursor: formatCursor(inc, seq) };
}

const addText = (message: Message, run: { readonly block: number; readonly text: string }): Message =>
  changeBlock(message, run.block, (block) =>
    block.kind === "tool"
      ? { ...block, argsText: block.argsText + run.text }
      : { ...block, text: block.text + run.text },
  );

function apply(message: Message, entry: Exclude<LogEntry, { type: "delta" }>): Message {
  switch (entry.type) {
    case "stream.start":
      return {
        ...message,
        id: entry.message,
        stream: entry.id,
        conversation: entry.conversation,
        agent: entry.agent,
      };
    case "step.start":
      return { ...message, steps: entry.step };
    case "attempt.start":
      return { ...message, attempts: entry.attempt, provider: entry.provider, model: entry.model };
    case "block.start":
      return { ...message, blocks: [...message.blocks, openBlock(entry)] };
    case "block.end":
      return changeBlock(message, entry.block, (block) =>
        block.kind === "tool" ? { ...block, args: entry.args } : closeText(block, entry.ts),
      );
    case "tool.start":
      return changeTool(message, entry, (tool) => ({
        ...tool,
        state: entry.approval === true ? "awaiting" : "running",
        runsOn: entry.runsOn,
        ...(entry.approval === true ? { approval: true } : {}),
        ...(entry.args === undefined ? {} : { args: entry.args }),
      }));
    case "tool.end":
      return changeTool(message, entry, (tool) => ({
        ...tool,
        state: entry.ok ? "done" : "failed",
        ms: entry.ms,
        ...(entry.result === undefined ? {} : { result: entry.result }),
        ...(entry.error === undefined ? {} : { error: entry.error }),
      }));
    case "source":
      return {
        ...message,
        blocks: [
          ...message.blocks,
          {
            kind: "source",
            seq: entry.seq,
            url: entry.url,
            ...(entry.title === undefined ? {} : { title: entry.title }),
            ...(entry.block === undefined ? {} : { block: entry.block }),
          },
        ],
      };
    case "reset":
      return { ...message, blocks: message.blocks.filter((block) => block.seq <= entry.to) };
    case "usage": {
      const { type: _type, seq: _seq, ts: _ts, n: _n, attempt, ...usage } = entry;
      const usageByAttempt = { ...message.usageByAttempt, [attempt]: usage };
      return { ...message, usageByAttempt, usage: sumUsage(Object.values(usageByAttempt)) };
    }
    case "attempt.end":
    case "step.end":
      return message;
    case "stream.end":
      return {
        ...message,
        status: statusOf(entry.reason),
        end: entry.error === undefined ? { reason: entry.reason } : { reason: entry.reason, error: entry.error },
        usage: sumUsage([entry.usage]),
        timings: entry.timings,
        blocks: message.blocks.map((block) => closeBlock(block, entry.ts)),
      };
  }
}

/** What a message has become when its stream ended for `reason`. */
export function statusOf(reason: EndReason): Exclude<MessageStatus, "running"> {
  switch (reason) {
    case "cancelled":
    case "interrupted":
    case "error":
      return reason;
    case "budget":
      return "interrupted";
    case "stop":
    case "length":
    case "tool_calls":
    case "content_filter":
    case "refusal":
    case "paused":
    case "max_steps":
      return "complete";
  }
}

function openBlock(event: LogEntry & { type: "block.start" }): MessageBlock {
  const { seq } = event;
  if (event.kind !== "tool") {
    const block = { kind: event.kind, seq, block: event.block, text: "", open: true } as const;
    if (event.kind === "reasoning") return { ...block, since: event.ts };
    return event.canned === true ? { ...block, canned: true } : block;
  }
  return {
    kind: "tool",
    seq,
    block: event.block,
    callId: event.callId ?? "",
    name: event.name ?? "",
    args: undefined,
    argsText: "",
    state: "input",
  };
}

const closeBlock = (block: MessageBlock, ts: number): MessageBlock =>
  block.kind !== "tool" && block.kind !== "source" && block.open ? closeText(block, ts) : block;

function closeText({ since, ...block }: TextBlock, ts: number): TextBlock {
  return since === undefined ? { ...block, open: false } : { ...block, open: false, ms: Math.max(0, ts - since) };
}

/** Deltas nearly always belong to the last block, so the search runs from the end. */
function changeBlock(
  message: Message,
  number: number,
  change: (block: TextBlock | ToolBlock) => MessageBlock,
): Message {
  const index = message.blocks.findLastIndex((block) => block.kind !== "source" && block.block === number);
  return index < 0 ? message : replaceAt(message, index, change(message.blocks[index] as TextBlock | ToolBlock));
}

/** A call whose block was hidden appears with its first run event. */
function changeTool(
  message: Message,
  event: { readonly seq: number; readonly callId: string; readonly name?: string },
  change: (tool: ToolBlock) => ToolBlock,
): Message {
  const index = message.blocks.findLastIndex((block) => block.kind === "tool" && block.callId === event.callId);
  if (index >= 0) return replaceAt(message, index, change(message.blocks[index] as ToolBlock));
  const { seq, callId, name = "" } = event;
  const tool: ToolBlock = { kind: "tool", seq, callId, name, args: undefined, argsText: "", state: "input" };
  return { ...message, blocks: [...message.blocks, change(tool)] };
}

function replaceAt(message: Message, index: number, block: MessageBlock): Message {
  const blocks = message.blocks.slice();
  blocks[index] = block;
  return { ...message, blocks };
}
