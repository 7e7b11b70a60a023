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

/**
 * Drops what `show` hides. `show` returns the entry, a reduced copy of it, or null; the next visible entry covers the
 * hidden ones, and a hidden run at the end becomes a `skip`.
 */
export function reveal(entries: readonly LogEntry[], show: (entry: LogEntry) => LogEntry | null): WireEntry[] {
  const visible: WireEntry[] = [];
  let hidden = 0;
  for (const entry of entries) {
    const shown = show(entry);
    if (shown === null) {
      hidden += countOf(entry);
    } else {
      visible.push(hidden === 0 ? shown : { ...shown, n: countOf(shown) + hidden });
      hidden = 0;
    }
  }
  const last = entries.at(-1);
  if (hidden > 0 && last !== undefined) visible.push({ type: "skip", seq: last.seq, n: hidden });
  return visible;
}
