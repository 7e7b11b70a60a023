/** Random valid logs for property tests, and an independent, slow reading of what a log's text is. */
import { crc32 } from "node:zlib";
import fc from "fast-check";
import type { BlockKind, EndReason, LogEntry, StreamEvent } from "../../protocol/index.ts";

export const INC = "i1";

type Step =
  | { readonly do: "write"; readonly kind: BlockKind; readonly text: string }
  | { readonly do: "close" | "source" | "usage" | "retry" | "step" | "tool" };

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
const kind = fc.constantFrom<BlockKind>("text", "text", "text", "reasoning", "refusal", "tool");

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("write" as const), kind, text }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("close", "source", "usage", "retry", "step", "tool") }) },
);

/** A log that obeys every rule of protocol.md §3; ended about half the time, unless told otherwise. */
export const randomLog = (
  options: { readonly ended?: boolean; readonly maxSteps?: number } = {},
): fc.Arbitrary<LogEntry[]> =>
  fc
    .tuple(
      fc.array(step, { maxLength: options.maxSteps ?? 40 }),
      options.ended === undefined ? fc.boolean() : fc.constant(options.ended),
    )
    .map(([steps, ended]) => buildLog(steps, ended));

/** The visible text as a person would work it out: blocks in order, those begun after a reset's `to` crossed out. */
export function textOf(log: readonly LogEntry[]): string {
  const blocks = new Map<number, { readonly seq: number; readonly kind: BlockKind; text: string }>();
  for (const entry of log) {
    if (entry.type === "block.start") blocks.set(entry.block, { seq: entry.seq, kind: entry.kind, text: "" });
    if (entry.type === "delta") blocks.get(entry.block)!.text += entry.text;
    if (entry.type === "reset") for (const [block, { seq }] of blocks) if (seq > entry.to) blocks.delete(block);
  }
  return [...blocks.values()].map((block) => (block.kind === "text" ? block.text : "")).join("");
}

/** A log with these texts, one delta each, in one text block; ended unless told otherwise. */
export function simpleLog(texts: readonly string[], ended = true): LogEntry[] {
  return buildLog(
    texts.map((part) => ({ do: "write", kind: "text", text: part })),
    ended,
  );
}

function buildLog(steps: readonly Step[], ended: boolean): LogEntry[] {
  const log: LogEntry[] = [];
  let open = null as { readonly block: number; readonly kind: BlockKind } | null;
  let nextBlock = 0;
  let attempt = 0;
  let stepNumber = 0;
  let resetTo = 0;
  let running: string | null = null;
  let output = 0;

  const add = (event: StreamEvent): void => {
    log.push({ ...event, seq: log.length + 1, ts: 1_700_000_000_000 + log.length });
  };
  const close = (): void => {
    if (open !== null)
      add({ type: "block.end", block: open.block, ...(open.kind === "tool" ? { args: { a: 1 } } : {}) });
    open = null;
  };
  const beginAttempt = (cause: "initial" | "retry"): void => {
    resetTo = log.length;
    add({ type: "attempt.start", attempt: ++attempt, provider: "p", model: "m", cause, mode: "fresh" });
  };
  const endAttempt = (outcome: "complete" | "error"): void => {
    add({ type: "usage", attempt, input: 10, output, final: outcome === "complete" });
    add({ type: "attempt.end", attempt, outcome });
  };

  add({ type: "stream.start", id: "s_1", agent: "default", conversation: "c_1", message: "m_1" });
  add({ type: "step.start", step: ++stepNumber, maxSteps: 8 });
  beginAttempt("initial");
  for (const now of steps) {
    switch (now.do) {
      case "write":
        if (open?.kind !== now.kind) {
          close();
          open = { block: nextBlock++, kind: now.kind };
          const call = now.kind === "tool" ? { name: "look", callId: `call_${open.block}` } : {};
          add({ type: "block.start", ...open, ...call });
        }
        output += 1;
        add({ type: "delta", block: open.block, kind: open.kind, text: now.text });
        break;
      case "close":
        close();
        break;
      case "source":
        add({ type: "source", url: `https://example.com/${log.length}`, title: "t" });
        break;
      case "usage":
        add({ type: "usage", attempt, input: 10, output, final: false });
        break;
      case "tool":
        if (running !== null) {
          add({ type: "tool.end", callId: running, ok: log.length % 2 === 0, result: "r", ms: 5 });
          running = null;
        } else if (open?.kind === "tool") {
          running = `call_${open.block}`;
          close();
          const callId = running;
          const turn = log.length % 3;
          // On the page; on the proxy after a yes; on the proxy at once.
          if (turn === 0) add({ type: "tool.start", callId, name: "look", runsOn: "page", args: { a: 1 } });
          if (turn === 1) {
            add({ type: "tool.start", callId, name: "look", runsOn: "proxy", approval: true, args: { a: 1 } });
          }
          if (turn !== 0) add({ type: "tool.start", callId, name: "look", runsOn: "proxy" });
        }
        break;
      case "retry":
        endAttempt("error");
        open = null;
        running = null;
        add({ type: "reset", to: resetTo, cause: "upstream_truncated" });
        beginAttempt("retry");
        break;
      case "step":
        close();
        endAttempt("complete");
        add({ type: "step.end", step: stepNumber, reason: "tool_calls" });
        add({ type: "step.start", step: ++stepNumber, maxSteps: 8 });
        beginAttempt("initial");
        break;
    }
  }
  if (ended) {
    close();
    endAttempt("complete");
    const reason: EndReason = steps.length % 5 === 4 ? "interrupted" : "stop";
    add({ type: "step.end", step: stepNumber, reason });
    const usage = { input: 10, output, final: true };
    add({ type: "stream.end", reason, usage, timings: { totalMs: 10 }, digest: crc32(textOf(log)) });
  }
  return log;
}
