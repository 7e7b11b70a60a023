/** One call of a provider, written into the log: its blocks get their numbers in the stream, its failure a code. */
import { randomBytes } from "node:crypto";
import { StreamError } from "../../protocol/index.ts";
import type { BlockKind, Reset, StatusNote, StreamEvent } from "../../protocol/index.ts";
import type { FinishReason, ProviderEvent, ProviderRequest } from "../provider/provider.ts";
import type { Target } from "../route/target.ts";
import type { AttemptRecord, NativeRecord } from "../stream-log/stream-log.ts";
import type { Write } from "./output.ts";

/** What to ask, before it is decided whom. */
export type TargetlessRequest = Omit<ProviderRequest, "model">;

/** `reason` is null when the attempt failed. */
export type AttemptResult = (
  | {
      readonly reason: FinishReason;
      readonly error: null;
      /** Ids of the calls that the provider did not run itself. */
      readonly calls: ReadonlySet<string>;
      /** Null where the blocks say everything there is to keep. */
      readonly record: AttemptRecord | null;
    }
  | { readonly reason: null; readonly error: StreamError }
) & {
  /** Something a reader sees was written. */
  readonly content: boolean;
  /** The next free block number; above the plan's when a block was begun. */
  readonly nextBlock: number;
};

export interface AttemptPlan {
  /** The attempt's number in the stream. */
  readonly attempt: number;
  readonly target: Target;
  readonly request: TargetlessRequest;
  /** The first block number that is free in the stream. */
  readonly firstBlock: number;
  /** Ids of the stream's calls so far; those of this attempt join them. */
  readonly callIds: Set<string>;
  /**
   * Written before the attempt's first block: voids what a failed attempt showed. Not before, so that the partial
   * answer stays when this attempt fails too.
   */
  readonly reset: Reset | null;
  /** Tells viewers what is not in the log. */
  readonly note: (note: StatusNote) => void;
}

/** Runs one attempt from its first provider event to its `attempt.end`, which is the last event it writes. */
export async function runAttempt(plan: AttemptPlan, write: Write, signal: AbortSignal): Promise<AttemptResult> {
  const { target, request } = plan;
  const mapper = new EventMapper(plan);
  let error: StreamError | null = null;
  try {
    for await (const events of target.provider.stream({ ...request, model: target.model }, target.timers, signal)) {
      const room = write(mapper.map(events));
      if (room !== undefined) await room;
    }
  } catch (thrown) {
    error = signal.aborted ? StreamError.from(signal.reason) : StreamError.from(thrown);
  }
  if (mapper.reason === null) error ??= new StreamError("upstream_truncated", "The provider's answer ended early");
  const { content, nextBlock, calls } = mapper;
  const record = error === null ? mapper.record() : null;
  await write(mapper.close(error), record ?? undefined);
  return error === null
    ? { reason: mapper.reason!, error, content, nextBlock, calls, record }
    : { reason: null, error, content, nextBlock };
}

/** Longer ids than this are refused by some providers, in frames and in addresses. */
const MAX_CALL_ID_CHARS = 40;

/** Provider events → stream events. Blocks the provider left open are closed with the attempt. */
class EventMapper {
  reason: FinishReason | null = null;
  content = false;
  nextBlock: number;
  readonly calls = new Set<string>();
  readonly #plan: AttemptPlan;
  readonly #natives: NativeRecord[] = [];
  /** Our id of each call, by the provider's. */
  readonly #callIds = new Map<string, string>();
  readonly #open = new Map<number, BlockKind>();
  /** When each call began, on `performance.now()`: a provider that runs it itself does not say how long it took. */
  readonly #calledAt = new Map<string, number>();
  #reported = false;
  #reset: Reset | null;

  constructor(plan: AttemptPlan) {
    this.#plan = plan;
    this.nextBlock = plan.firstBlock;
    this.#reset = plan.reset;
  }

  /** What must be kept beside the events, so that the provider gets back what it sent. */
  record(): AttemptRecord | null {
    if (this.#natives.length === 0 && this.#callIds.size === 0) return null;
    const { target, firstBlock } = this.#plan;
    return { provider: target.provider.name, firstBlock, nextBlock: this.nextBlock, natives: this.#natives };
  }

  map(events: readonly ProviderEvent[]): StreamEvent[] {
    const mapped: StreamEvent[] = [];
    for (const event of events) {
      if (this.#reset !== null && event.type === "block.start") {
        mapped.push(this.#reset);
        this.#reset = null;
      }
      const streamEvent = this.#mapOne(event);
      if (streamEvent !== null) mapped.push(streamEvent);
    }
    return mapped;
  }

  close(error: StreamError | null): StreamEvent[] {
    const events: StreamEvent[] = [...this.#open.keys()].map((block) => ({ type: "block.end", block }));
    // A provider that gave no figures: nothing is invented, and the zeros say that they are not final.
    if (!this.#reported) {
      events.push({ type: "usage", attempt: this.#plan.attempt, input: 0, output: 0, final: false });
    }
    const outcome = error === null ? "complete" : error.code === "cancelled" ? "cancelled" : "error";
    const end = { type: "attempt.end", attempt: this.#plan.attempt, outcome } as const;
    events.push(error === null || outcome === "cancelled" ? end : { ...end, error: error.toJSON() });
    return events;
  }

  #mapOne(event: ProviderEvent): StreamEvent | null {
    switch (event.type) {
      case "block.start": {
        const block = this.#plan.firstBlock + event.block;
        this.nextBlock = Math.max(this.nextBlock, block + 1);
        this.#open.set(block, event.kind);
        if (event.kind !== "tool") return { ...event, block };
        return { ...event, block, callId: this.#beginCall(event.callId ?? "") };
      }
      case "delta": {
        const block = this.#plan.firstBlock + event.block;
        this.content = true;
        return { type: "delta", block, kind: this.#open.get(block) ?? "text", text: event.text };
      }
      case "block.end": {
        const block = this.#plan.firstBlock + event.block;
        this.#open.delete(block);
        return event.args === undefined ? { type: "block.end", block } : { type: "block.end", block, args: event.args };
      }
      case "tool.result": {
        const callId = this.#callIds.get(event.callId) ?? event.callId;
        const ms = Math.round(performance.now() - (this.#calledAt.get(callId) ?? performance.now()));
        this.calls.delete(callId);
        return { type: "tool.end", callId, ok: event.ok, result: event.result, ms };
      }
      case "step":
        this.#plan.note({ phase: "step", detail: event.name });
        return null;
      case "source":
        this.content = true;
        return event.block === undefined ? event : { ...event, block: this.#plan.firstBlock + event.block };
      case "usage":
        this.#reported = true;
        return { type: "usage", attempt: this.#plan.attempt, ...this.#plan.target.pricing(event.usage) };
      case "finish":
        this.reason = event.reason;
        return null;
      case "resumable":
        return null;
      case "native":
        this.#natives.push({ at: this.nextBlock, value: event.value });
        return null;
    }
  }

  /** The provider's id, unless the stream has a call of that name already or nobody could use it. */
  #beginCall(given: string): string {
    const { callIds } = this.#plan;
    const usable = given !== "" && given.length <= MAX_CALL_ID_CHARS && !callIds.has(given);
    const callId = usable ? given : `call_${randomBytes(9).toString("base64url")}`;
    callIds.add(callId);
    this.calls.add(callId);
    this.#callIds.set(given, callId);
    this.#calledAt.set(callId, performance.now());
    return callId;
  }
}
