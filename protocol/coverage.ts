/**
 * Coverage (protocol.md §3.2): one delivery may stand for several entries. Neighbouring deltas of a block merge,
 * hidden entries count for the next visible one, and folding the result equals folding the log.
 */
import { MERGED_DELTA_CHARS } from "./limits.ts";
import type { Delta, LogEntry, WireEntry } from "./stream-event.ts";

export const countOf = (entry: WireEntry): number => entry.n ?? 1;

/** What to do with an entry at a cursor: a gap means the reader must ask again from its cursor. */
export function place(entry: WireEntry, cursor: number): "apply" | "duplicate" | "gap" {
  if (entry.seq <= cursor) return "duplicate";
  return entry.seq - countOf(entry) === cursor ? "apply" : "gap";
}

const isDelta = (entry: WireEntry): entry is LogEntry & Delta => entry.type === "delta";

/** Merges neighbouring deltas of one block up to `maxChars` of text. Order and meaning stay. */
export function merge(entries: readonly WireEntry[], maxChars: number = MERGED_DELTA_CHARS): WireEntry[] {
  const merged: WireEntry[] = [];
  for (const entry of entries) {
    const last = merged.at(-1);
    if (
      last !== undefined &&
      isDelta(entry) &&
      isDelta(last) &&
      last.block === entry.block &&
      last.text.length + entry.text.length <= maxChars
    ) {
      merged[merged.length - 1] = { ...entry, text: last.text + entry.text, n: countOf(last) + countOf(entry) };
    } else {
      merged.push(entry);
    }
  }
  return merged;
}

/** Gives each visible entry the coverage it has for a reader at `cursor`: all seqs since the entry before it. */
export function cover(visible: readonly LogEntry[], cursor: number): LogEntry[] {
  let before = cursor;
  return visible.map((entry) => {
    const n = entry.seq - before;
    before = entry.seq;
    return n === countOf(entry) ? entry : { ...entry, n };
  });
}

/**
 * What a reader at `cursor` gets of `entries`, none of which may be missing in between. `show` returns the entry, a
 * reduced copy of it, or null; the next visible entry covers hidden ones, and a hidden run at the end is a `skip`.
 */
export function reveal(
  entries: readonly LogEntry[],
  show: (entry: LogEntry) => LogEntry | null,
  cursor: number,
): WireEntry[] {
  const visible = entries.map(show).filter((entry) => entry !== null && entry.seq > cursor) as LogEntry[];
  const covered: WireEntry[] = cover(visible, cursor);
  const tail = entries.at(-1)?.seq ?? cursor;
  const reached = visible.at(-1)?.seq ?? cursor;
  if (tail > reached) covered.push({ type: "skip", seq: tail, n: tail - reached });
  return covered;
}
