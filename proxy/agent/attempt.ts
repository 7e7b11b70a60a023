/** One call of a provider, written into the log: its blocks get their numbers in the stream, its failure a code. */
import { StreamError } from "../../protocol/index.ts";
import type { BlockKind, Reset, StreamEvent } from "../../protocol/index.ts";
import type { FinishReason, ProviderEvent, ProviderRequest } from "../provider/provider.ts";
import type { Target } from "../route/target.ts";

/** Takes events for the log; a returned promise is waited for before more are pulled from the provider. */
export type Write = (events: readonly StreamEvent[]) => Promise<void> | undefined;

/** What to ask, before it is decided whom. */
export type TargetlessRequest = Omit<ProviderRequest, "model">;

/** `reason` is null when the attempt failed. */
export type AttemptResult = (
  | { readonly reason: FinishReason; readonly error: null }
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
  /**
   * Written before the attempt's first block: voids what a failed attempt showed. Not before, so that the partial
   * answer stays when this attempt fails too.
   */
  readonly reset: Reset | null;
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
  await write(mapper.close(error));
  const { content, nextBlock } = mapper;
  return error === null
    ? { reason: mapper.reason!, error, content, nextBlock }
    : { reason: null, error, content, nextBlock };
}

/** Provider events → stream events. Blocks the provider left open are closed with the attempt. */
class EventMapper {
  reason: FinishReason | null = null;
  content = false;
  nextBlock: number;
  readonly #attempt: number;
  readonly #offset: number;
  readonly #open = new Map<number, BlockKind>();
  /** When each call began, on `performance.now()`: a provider that runs it itself does not say how long it took. */
  readonly #calledAt = new Map<string, number>();
  #reported = false;
  #reset: Reset | null;

  constructor({ attempt, firstBlock, reset }: AttemptPlan) {
    this.#attempt = attempt;
    this.#offset = firstBlock;
    this.nextBlock = firstBlock;
    this.#reset = reset;
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
      events.push({ type: "usage", attempt: this.#attempt, input: 0, output: 0, final: false });
    }
    const outcome = error === null ? "complete" : error.code === "cancelled" ? "cancelled" : "error";
    const end = { type: "attempt.end", attempt: this.#attempt, outcome } as const;
    events.push(error === null || outcome === "cancelled" ? end : { ...end, error: error.toJSON() });
    return events;
  }

  #mapOne(event: ProviderEvent): StreamEvent | null {
    switch (event.type) {
      case "block.start": {
        const block = this.#offset + event.block;
        this.nextBlock = Math.max(this.nextBlock, block + 1);
        this.#open.set(block, event.kind);
        if (event.callId !== undefined) this.#calledAt.set(event.callId, performance.now());
        return { ...event, block };
      }
      case "delta": {
        const block = this.#offset + event.block;
        this.content = true;
        return { type: "delta", block, kind: this.#open.get(block) ?? "text", text: event.text };
      }
      case "block.end": {
        const block = this.#offset + event.block;
        this.#open.delete(block);
        return event.args === undefined ? { type: "block.end", block } : { type: "block.end", block, args: event.args };
      }
      case "tool.result": {
        const ms = Math.round(performance.now() - (this.#calledAt.get(event.callId) ?? performance.now()));
        return { type: "tool.end", callId: event.callId, ok: event.ok, result: event.result, ms };
      }
      case "source":
        this.content = true;
        return event.block === undefined ? event : { ...event, block: this.#offset + event.block };
      case "usage":
        this.#reported = true;
        return { type: "usage", attempt: this.#attempt, ...event.usage };
      case "finish":
        this.reason = event.reason;
        return null;
      case "native":
        return null;
    }
  }
}
