/** Random valid logs for property tests, and an independent, slow reading of what a log's text is. */
import { crc32 } from "node:zlib";
import fc from "fast-check";
import type {
  AttemptCause,
  AttemptMode,
  AttemptOutcome,
  BlockKind,
  EndReason,
  LogEntry,
  StreamEvent,
} from "../../protocol/index.ts";

export const INC = "i1";

type Step =
  | { readonly do: "write"; readonly kind: BlockKind; readonly text: string }
  | { readonly do: "close" | "source" | "usage" | "retry" | "goOn" | "hedge" | "step" | "tool" };

const text = fc.string({ unit: "grapheme", minLength: 0, maxLength: 12 });
const kind = fc.constantFrom<BlockKind>("text", "text", "text", "reasoning", "refusal", "tool");

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("write" as const), kind, text }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("close", "source", "usage", "retry", "goOn", "hedge", "step", "tool"),
    }),
  },
);

export interface RandomLogOptions {
  /** @default either */
  readonly ended?: boolean;
  /** @default 40 */
  readonly maxSteps?: number;
  /** What the agent does about a partial answer; `end`: an attempt that said something is the step's last. @default "auto" */
  readonly onPartial?: "auto" | "end";
}

/** A log that obeys every rule of protocol.md §3; ended about half the time, unless told otherwise. */
export const randomLog = (options: RandomLogOptions = {}): fc.Arbitrary<LogEntry[]> =>
  fc
    .tuple(
      fc.array(step, { maxLength: options.maxSteps ?? 40 }),
      options.ended === undefined ? fc.boolean() : fc.constant(options.ended),
    )
    .map(([steps, ended]) => buildLog(steps, ended, options.onPartial));

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

function buildLog(steps: readonly Step[], ended: boolean, onPartial: "auto" | "end" = "auto"): LogEntry[] {
  const log: LogEntry[] = [];
  let open = null as { readonly block: number; readonly kind: BlockKind } | null;
  let nextBlock = 0;
  let attempt = 0;
  let stepNumber = 0;
  let stepStart = 0;
  /** Something of the step was said; a block of the step was begun that no reset has voided yet. */
  let said = false;
  let began = false;
  /** The next block is preceded by a reset. */
  let voids = false;
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
  const beginAttempt = (cause: AttemptCause, mode: AttemptMode = "fresh"): void =>
    add({ type: "attempt.start", attempt: ++attempt, provider: "p", model: "m", cause, mode });
  const endAttempt = (outcome: AttemptOutcome): void => {
    add({ type: "usage", attempt, input: 10, output, final: outcome === "complete" });
    add({ type: "attempt.end", attempt, outcome });
  };
  const beginStep = (): void => {
    add({ type: "step.start", step: ++stepNumber, maxSteps: 8 });
    stepStart = log.length;
    [said, began, voids] = [false, false, false];
    beginAttempt("initial");
  };
  /** A call ends before its step does. */
  const endCall = (): void => {
    if (running !== null) add({ type: "tool.end", callId: running, ok: log.length % 2 === 0, result: "r", ms: 5 });
    running = null;
  };
  const mayGoOn = (): boolean => onPartial === "auto" || !said;

  add({ type: "stream.start", id: "s_1", agent: "default", conversation: "c_1", message: "m_1" });
  beginStep();
  for (const now of steps) {
    switch (now.do) {
      case "write":
        if (open?.kind !== now.kind) {
          close();
          if (voids) add({ type: "reset", to: stepStart, cause: "upstream_truncated" });
          voids = false;
          began = true;
          open = { block: nextBlock++, kind: now.kind };
          const call = now.kind === "tool" ? { name: "look", callId: `call_${open.block}` } : {};
          add({ type: "block.start", ...open, ...call });
        }
        // A block that has said nothing yet.
        if (now.text === "") break;
        output += 1;
        said = true;
        add({ type: "delta", block: open.block, kind: open.kind, text: now.text });
        break;
      case "close":
        close();
        break;
      case "source":
        said = true;
        add({ type: "source", url: `https://example.com/${log.length}`, title: "t" });
        break;
      case "usage":
        add({ type: "usage", attempt, input: 10, output, final: false });
        break;
      case "tool":
        if (running !== null) {
          endCall();
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
        if (!mayGoOn()) break;
        close();
        endCall();
        endAttempt("error");
        voids = began;
        beginAttempt("retry");
        break;
      case "goOn":
        // The next attempt goes on in what this one left open.
        if (!mayGoOn()) break;
        endAttempt("error");
        beginAttempt("fallback", open?.kind === "text" ? "prefix" : "reattach");
        break;
      case "hedge":
        // One that was faster took its place before it said anything.
        if (began || said) break;
        endAttempt("superseded");
        beginAttempt("hedge");
        break;
      case "step":
        close();
        endAttempt("complete");
        // One that was asked beside it and was slower.
        if (attempt % 3 === 0) {
          beginAttempt("hedge");
          endAttempt("superseded");
        }
        endCall();
        add({ type: "step.end", step: stepNumber, reason: "tool_calls" });
        beginStep();
        break;
    }
  }
  if (ended) {
    close();
    const reason: EndReason = steps.length % 5 === 4 ? "interrupted" : "stop";
    endAttempt(reason === "stop" ? "complete" : "error");
    endCall();
    add({ type: "step.end", step: stepNumber, reason });
    const usage = { input: 10, output, final: true };
    add({ type: "stream.end", reason, usage, timings: { totalMs: 10 }, digest: crc32(textOf(log)) });
  }
  return log;
}
