/** What an answer had come to when its writer died: a pure fold over its log, from which the loop goes on. */
import type { BlockKind, EndReason, LogEntry } from "../../protocol/index.ts";

/** A block of the attempt that broke off, in the order they began. */
export interface OpenPart {
  readonly block: number;
  readonly kind: BlockKind;
  readonly chars: number;
  readonly open: boolean;
}

/** An attempt without an end. */
export interface OpenAttempt {
  readonly attempt: number;
  readonly provider: string;
  readonly model: string;
  /** False where it went on from another's text: its own provider counts its blocks differently. */
  readonly isWhole: boolean;
  /** The attempt that began what it says: itself, or the one whose answer is read on. */
  readonly since: number;
  /** Final figures are in the log. */
  readonly reported: boolean;
}

/** The state of a step that has begun and not ended. */
export interface OpenStep {
  readonly step: number;
  /** The seq of its `step.start`: what a restart goes back to. */
  readonly start: number;
  readonly attempt: OpenAttempt | null;
  /** What the latest attempt said. */
  readonly parts: readonly OpenPart[];
  /** The first block number of the latest attempt that began anew. */
  readonly firstBlock: number;
  /** The model has answered; its calls may still have to be run. */
  readonly answered: boolean;
  /** Ids of the calls it made that have no result. */
  readonly calls: ReadonlySet<string>;
  /** Calls were begun. */
  readonly ran: boolean;
  /** Something a reader sees is there. */
  readonly shown: boolean;
  /** Where its latest attempt went, as `provider/model`; null before the first. */
  readonly asked: string | null;
}

export interface Unfinished {
  /** Steps that have ended. */
  readonly steps: number;
  /** How the last of them ended when nothing follows it; null when the next step does. */
  readonly over: EndReason | null;
  readonly open: OpenStep | null;
  readonly attempts: number;
  readonly nextBlock: number;
  readonly shown: boolean;
  readonly callIds: ReadonlySet<string>;
  /** Attempts that followed a failure, and how many of them one that had shown something itself. */
  readonly retries: { readonly attempts: number; readonly afterContent: number };
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

export class UnfinishedFold {
  #steps = 0;
  #over: EndReason | null = null;
  #step: Writable<OpenStep> | null = null;
  #parts = new Map<number, Writable<OpenPart>>();
  #calls = new Set<string>();
  #attempt: Writable<OpenAttempt> | null = null;
  #since = 0;
  #isWhole = true;
  #attempts = 0;
  #nextBlock = 0;
  #shown = false;
  /** The latest attempt said something. */
  #spoke = false;
  readonly #callIds = new Set<string>();
  readonly #retries = { attempts: 0, afterContent: 0 };

  apply(entries: readonly LogEntry[]): void {
    for (const entry of entries) this.#apply(entry);
  }

  get state(): Unfinished {
    const open = this.#step && {
      ...this.#step,
      attempt: this.#attempt,
      parts: [...this.#parts.values()],
      calls: this.#calls,
    };
    return {
      steps: this.#steps,
      over: this.#over,
      open,
      attempts: this.#attempts,
      nextBlock: this.#nextBlock,
      shown: this.#shown,
      callIds: this.#callIds,
      retries: { ...this.#retries },
    };
  }

  #apply(entry: LogEntry): void {
    switch (entry.type) {
      case "step.start":
        this.#step = {
          step: entry.step,
          start: entry.seq,
          attempt: null,
          parts: [],
          firstBlock: this.#nextBlock,
          answered: false,
          calls: this.#calls,
          ran: false,
          shown: false,
          asked: null,
        };
        this.#calls = new Set();
        this.#parts = new Map();
        return;
      case "attempt.start":
        return this.#attemptStart(entry);
      case "attempt.end":
        this.#attempt = null;
        if (this.#step !== null && entry.outcome === "complete") this.#step.answered = true;
        return;
      case "block.start": {
        const { block, kind, callId } = entry;
        this.#nextBlock = block + 1;
        this.#parts.set(block, { block, kind, chars: 0, open: true });
        if (callId !== undefined) {
          this.#callIds.add(callId);
          this.#calls.add(callId);
        }
        return this.#show();
      }
      case "delta": {
        const part = this.#parts.get(entry.block);
        if (part !== undefined) part.chars += entry.text.length;
        this.#spoke = true;
        return this.#show();
      }
      case "block.end": {
        const part = this.#parts.get(entry.block);
        if (part !== undefined) part.open = false;
        return;
      }
      case "source":
        this.#spoke = true;
        return this.#show();
      case "tool.end":
        // One that the provider ran itself has no start of ours, and is nobody else's to run.
        this.#calls.delete(entry.callId);
        return;
      case "usage":
        if (this.#attempt?.attempt === entry.attempt) this.#attempt.reported = true;
        return;
      case "step.end":
        this.#steps = entry.step;
        // Calls that nobody here knows are left to whoever asked.
        this.#over = entry.reason === "tool_calls" && this.#step?.ran === true ? null : entry.reason;
        this.#step = null;
        return;
      case "tool.start":
        if (this.#step !== null) this.#step.ran = true;
        return;
      case "reset":
      case "stream.start":
      case "stream.end":
        return;
    }
  }

  #attemptStart({ attempt, provider, model, cause, mode }: LogEntry & { type: "attempt.start" }): void {
    this.#attempts = Math.max(this.#attempts, attempt);
    const since = mode === "reattach" ? this.#since : attempt;
    const isWhole = mode === "fresh" || (mode === "reattach" && this.#isWhole);
    this.#since = since;
    this.#isWhole = isWhole;
    this.#attempt = { attempt, provider, model, isWhole, since, reported: false };
    const hadSpoken = this.#spoke;
    this.#spoke = false;
    const step = this.#step;
    if (step === null) return;
    if (cause === "retry" || cause === "fallback" || cause === "takeover") {
      this.#retries.attempts++;
      // What a dead writer left half said is no failure of a provider.
      if (hadSpoken && cause !== "takeover") this.#retries.afterContent++;
    }
    step.asked = `${provider}/${model}`;
    if (mode !== "fresh") return;
    step.firstBlock = this.#nextBlock;
    this.#parts = new Map();
    this.#calls = new Set();
  }

  #show(): void {
    this.#shown = true;
    if (this.#step !== null) this.#step.shown = true;
  }
}
