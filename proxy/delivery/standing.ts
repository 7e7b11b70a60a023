/** What of a stream stands: up to where nothing can be voided any more, and what was voided before (protocol.md §3.5). */
import type { LogEntry } from "../../protocol/index.ts";

/** Content with `after < seq < reset` is void, and so is the `reset` itself. */
interface Voided {
  readonly after: number;
  readonly reset: number;
}

/** Built from committed entries, in order from the first: a number and a few ranges for each stream, no text. */
export class Standing {
  readonly #keepsPartials: boolean;
  /** The last entry known. */
  #seq: number;
  /** The first entry that a `reset` may still void; null when there is none. */
  #doubtful: number | null = null;
  /** What comes now may be voided. */
  #inDoubt = false;
  /** In order; at most one for each attempt. */
  readonly #voided: Voided[] = [];

  /**
   * @param seq the entry before the first that will be applied
   * @param keepsPartials true when an attempt that has said something is never begun again (`onPartial: "end"`)
   */
  constructor(seq: number, keepsPartials: boolean) {
    this.#seq = seq;
    this.#keepsPartials = keepsPartials;
  }

  get seq(): number {
    return this.#seq;
  }

  /** The last entry that stands, like all before it, or is void for good. Never falls. */
  get upTo(): number {
    return this.#doubtful === null ? this.#seq : this.#doubtful - 1;
  }

  /** True for content that was voided, and for what voided it. */
  isVoid(entry: LogEntry): boolean {
    if (entry.type === "reset") return true;
    return isVoidable(entry) && this.#voided.some(({ after, reset }) => after < entry.seq && entry.seq < reset);
  }

  /** True when nothing after `seq` was voided. */
  isWholeAfter(seq: number): boolean {
    return (this.#voided.at(-1)?.reset ?? 0) <= seq;
  }

  /** Takes what follows the last entry known; entries it has already change nothing, nor do those beyond a gap. */
  apply(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      if (entry.seq !== this.#seq + 1) continue;
      this.#seq = entry.seq;
      this.#take(entry);
    }
  }

  #take(entry: LogEntry): void {
    if (entry.type === "reset") {
      this.#voided.push({ after: entry.to, reset: entry.seq });
      if (this.#doubtful !== null && this.#doubtful > entry.to) this.#doubtful = null;
    } else if (entry.type === "attempt.start") {
      this.#inDoubt = true;
    } else if (entry.type === "attempt.end") {
      // What a failed attempt said stays in doubt; between attempts only the calls of a complete one are run.
      this.#inDoubt = false;
      if (entry.outcome === "complete") this.#doubtful = null;
    } else if (entry.type === "stream.end") {
      this.#doubtful = null;
    } else if (entry.type === "delta" && this.#keepsPartials) {
      // Once it speaks it is not begun again. A block alone says nothing yet, and another attempt may take its place.
      this.#inDoubt = false;
      this.#doubtful = null;
    } else if (this.#inDoubt && isVoidable(entry)) {
      this.#doubtful ??= entry.seq;
    }
  }
}

/** True for what a `reset` takes back; what an attempt was and what it used stays true. */
function isVoidable({ type }: LogEntry): boolean {
  switch (type) {
    case "block.start":
    case "delta":
    case "block.end":
    case "tool.start":
    case "tool.end":
    case "source":
      return true;
    default:
      return false;
  }
}
