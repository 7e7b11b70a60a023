/** What a stream has begun and not ended: closing it keeps the invariants of the log, for an orphan too. */
import type { LogEntry, StreamError, StreamEvent } from "../../protocol/index.ts";

/** Nothing is run again: nobody knows whether it ran. */
const OUTCOME_UNKNOWN = "The proxy stopped while this ran; its outcome is unknown";

export class OpenParts {
  readonly #blocks = new Set<number>();
  /** Calls that began, and when. */
  readonly #calls = new Map<string, number>();
  #ts = 0;
  #attempt: number | null = null;
  #step: number | null = null;
  #reported = false;

  apply(entries: readonly LogEntry[]): void {
    for (const entry of entries) this.#apply(entry);
  }

  /** The events that end it all. */
  close(error: StreamError): StreamEvent[] {
    const events: StreamEvent[] = [...this.#blocks].map((block) => ({ type: "block.end", block }));
    for (const [callId, ts] of this.#calls) {
      events.push({ type: "tool.end", callId, ok: false, error: OUTCOME_UNKNOWN, ms: Math.max(0, this.#ts - ts) });
    }
    if (this.#attempt !== null) {
      if (!this.#reported) events.push({ type: "usage", attempt: this.#attempt, input: 0, output: 0, final: false });
      events.push({ type: "attempt.end", attempt: this.#attempt, outcome: "error", error: error.toJSON() });
    }
    if (this.#step !== null) events.push({ type: "step.end", step: this.#step, reason: "interrupted" });
    return events;
  }

  #apply(entry: LogEntry): void {
    this.#ts = entry.ts;
    if (entry.type === "block.start") this.#blocks.add(entry.block);
    else if (entry.type === "block.end") this.#blocks.delete(entry.block);
    else if (entry.type === "tool.start") this.#calls.set(entry.callId, entry.ts);
    else if (entry.type === "tool.end") this.#calls.delete(entry.callId);
    else if (entry.type === "attempt.start") [this.#attempt, this.#reported] = [entry.attempt, false];
    else if (entry.type === "usage") this.#reported = true;
    else if (entry.type === "attempt.end") this.#attempt = null;
    else if (entry.type === "step.start") this.#step = entry.step;
    else if (entry.type === "step.end") this.#step = null;
  }
}
