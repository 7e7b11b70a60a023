/** What one model says in a step, over all attempts that go on from each other: provider events → stream events. */
import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { BlockKind, Reset, StatusNote, StreamError, StreamEvent } from "../../protocol/index.ts";
import type { FinishReason, ProviderEvent, Received, ResumePoint } from "../provider/provider.ts";
import type { Pricing } from "../route/price.ts";
import type { AttemptRecord, NativeRecord } from "../stream-log/stream-log.ts";
import { SpokenCalls } from "./spoken-calls.ts";
import type { OpenPart } from "./unfinished.ts";

export interface SpeechPlan {
  /** The first block number that is free in the stream. */
  readonly firstBlock: number;
  /** Ids of the stream's calls so far; those made here join them. */
  readonly callIds: Set<string>;
  /**
   * Written before the first block: voids what a failed attempt showed. Not before, so that the partial answer stays
   * when this attempt fails too.
   */
  readonly reset: Reset | null;
  /** Tells viewers what is not in the log. */
  readonly note: (note: StatusNote) => void;
  /** What a process that died had written of it. @default nothing */
  readonly said?: Said;
}

export interface Said {
  readonly parts: readonly OpenPart[];
  readonly nextBlock: number;
  readonly calls: ReadonlySet<string>;
  readonly resume: ResumePoint | null;
}

/** A block as its provider numbers it. */
interface Part {
  /** Its number in the stream. */
  readonly block: number;
  readonly kind: BlockKind;
  /** Characters that came. */
  chars: number;
  open: boolean;
}

const NO_CALLS: ReadonlySet<string> = new Set();
/** Longer ids than this are refused by some providers, in frames and in addresses. */
const MAX_CALL_ID_CHARS = 40;

export class Speech {
  reason: FinishReason | null = null;
  /** Something a reader sees was said. */
  content = false;
  /** The attempt failed before it cost anything. */
  unbilled = false;
  /** The next free block number of the stream. */
  nextBlock: number;
  /** How the answer can be read on after a broken connection; null where the provider keeps none. */
  resume: ResumePoint | null = null;
  readonly #plan: SpeechPlan;
  /** By the provider's number. */
  #parts: Part[] = [];
  /** A text left open by another model's call, which this one goes on with. */
  #joined: Part | null = null;
  readonly #natives: NativeRecord[] = [];
  /** Null until there is one: most answers are text. */
  #calls: SpokenCalls | null = null;
  #reset: Reset | null;
  #attempt = 0;
  #pricing: Pricing = (usage) => usage;
  #reported = false;

  constructor(plan: SpeechPlan) {
    this.#plan = plan;
    this.nextBlock = plan.firstBlock;
    this.#reset = plan.reset;
    if (plan.said !== undefined) this.#restore(plan.said);
  }

  /** Ids of the calls that the provider did not run itself. */
  get calls(): ReadonlySet<string> {
    return this.#calls?.left ?? NO_CALLS;
  }

  /** True once a block was begun. */
  get began(): boolean {
    return this.nextBlock > this.#plan.firstBlock;
  }

  /** The number of the one open text that is all there is so far: another call can go on from it. Null otherwise. */
  get plainBlock(): number | null {
    const [part, ...others] = this.#parts;
    const isPlain = part?.kind === "text" && part.open && part.chars > 0 && others.length === 0;
    return isPlain && this.#natives.length === 0 ? part.block : null;
  }

  /** What came of each block of the call, by the provider's number. */
  get received(): Received {
    return new Map(this.#parts.map(({ chars }, number) => [number, chars]));
  }

  /** An attempt begins. What it reports is its own. */
  begin(attempt: number, pricing: Pricing, reported = false): void {
    this.#attempt = attempt;
    this.#pricing = pricing;
    this.#reported = reported;
    this.unbilled = false;
  }

  /** The next events are another call's, which counts its blocks from 0 and goes on with the open text. */
  join(): void {
    this.#joined = this.#parts[0]!;
    this.#parts = [];
  }

  /** What must be kept beside the events, so that the provider gets back what it sent. */
  record(provider: string): AttemptRecord | null {
    if (this.#natives.length === 0 && this.#calls === null) return null;
    return { provider, firstBlock: this.#plan.firstBlock, nextBlock: this.nextBlock, natives: this.#natives };
  }

  map(events: readonly ProviderEvent[]): StreamEvent[] {
    const mapped: StreamEvent[] = [];
    for (const event of events) {
      const streamEvent = this.#mapOne(event, mapped);
      if (streamEvent !== null) mapped.push(streamEvent);
    }
    return mapped;
  }

  /** The attempt is over; blocks stay open for the next to go on with. */
  pause(error: StreamError): StreamEvent[] {
    return this.#attemptEnd(error);
  }

  /** The attempt is over, and so is what was said: blocks the provider left open are closed with it. */
  close(error: StreamError | null): StreamEvent[] {
    return [...this.closeBlocks(), ...this.#attemptEnd(error)];
  }

  closeBlocks(): StreamEvent[] {
    const parts = this.#joined === null ? this.#parts : [this.#joined, ...this.#parts];
    return parts.filter(({ open }) => open).map((part) => endOf(part));
  }

  #restore({ parts, nextBlock, calls, resume }: Said): void {
    this.#parts = parts.map((part) => ({ ...part }));
    this.nextBlock = nextBlock;
    this.resume = resume;
    this.content = parts.some(({ chars }) => chars > 0);
    for (const callId of calls) (this.#calls ??= new SpokenCalls()).restore(callId, callId);
  }

  #attemptEnd(error: StreamError | null): StreamEvent[] {
    const attempt = this.#attempt;
    const outcome = error === null ? "complete" : error.code === "cancelled" ? "cancelled" : "error";
    const end = { type: "attempt.end", attempt, outcome } as const;
    // A provider that gave no figures: nothing is invented, and the zeros say whether it took nothing or nobody knows.
    const nothing = { input: 0, output: 0, final: this.unbilled };
    const usage = { type: "usage", attempt, ...(this.unbilled ? this.#pricing(nothing) : nothing) } as const;
    return [
      ...(this.#reported ? [] : [usage]),
      error === null || outcome === "cancelled" ? end : { ...end, error: error.toJSON() },
    ];
  }

  #mapOne(event: ProviderEvent, before: StreamEvent[]): StreamEvent | null {
    switch (event.type) {
      case "delta": {
        const part = this.#parts[event.block]!;
        part.chars += event.text.length;
        this.content = true;
        return { type: "delta", block: part.block, kind: part.kind, text: event.text };
      }
      case "block.start":
        return this.#begin(event, before);
      case "block.end": {
        const part = this.#parts[event.block]!;
        // An answer that is read on from its start may end a block again.
        if (!part.open) return null;
        const end = endOf(part);
        return event.args === undefined ? end : { ...end, args: event.args };
      }
      case "tool.result": {
        const { callId, ms } = this.#calls?.end(event.callId) ?? { callId: event.callId, ms: 0 };
        return { type: "tool.end", callId, ok: event.ok, result: event.result, ms };
      }
      case "step":
        this.#plan.note({ phase: "step", detail: event.name });
        return null;
      case "source": {
        this.content = true;
        this.#begun(before);
        const { block, ...source } = event;
        return block === undefined ? source : { ...source, block: this.#parts[block]?.block ?? block };
      }
      case "usage":
        this.#reported = true;
        return { type: "usage", attempt: this.#attempt, ...this.#pricing(event.usage) };
      case "finish":
        this.reason = event.reason;
        return null;
      case "resumable":
        this.resume = event.resume;
        return null;
      case "native":
        // The same, for what came before the break.
        if (!this.#natives.some(({ value }) => isDeepStrictEqual(value, event.value))) {
          this.#natives.push({ at: this.nextBlock, value: event.value });
        }
        return null;
    }
  }

  #begin(event: ProviderEvent & { type: "block.start" }, before: StreamEvent[]): StreamEvent | null {
    const { block: number, kind } = event;
    if (this.#joined !== null && kind === "text") {
      this.#parts[number] = this.#joined;
      this.#joined = null;
      return null;
    }
    this.#begun(before);
    // What another model left open is over when this one begins something else.
    if (this.#joined !== null) before.push(endOf(this.#joined));
    this.#joined = null;
    const block = this.nextBlock++;
    this.#parts[number] = { block, kind, chars: 0, open: true };
    if (kind !== "tool") return { ...event, block };
    return { ...event, block, callId: this.#beginCall(event.callId ?? "") };
  }

  /** Something is about to be shown: what a failed attempt showed is void before that. */
  #begun(before: StreamEvent[]): void {
    if (this.#reset !== null) before.push(this.#reset);
    this.#reset = null;
  }

  /** The provider's id, unless the stream has a call of that name already or nobody could use it. */
  #beginCall(given: string): string {
    const { callIds } = this.#plan;
    const usable = given !== "" && given.length <= MAX_CALL_ID_CHARS && !callIds.has(given);
    const callId = usable ? given : `call_${randomBytes(9).toString("base64url")}`;
    callIds.add(callId);
    (this.#calls ??= new SpokenCalls()).begin(given, callId);
    return callId;
  }
}

function endOf(part: Part): StreamEvent & { type: "block.end" } {
  part.open = false;
  return { type: "block.end", block: part.block };
}
