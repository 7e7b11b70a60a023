/** Entries that are committed and delivered together, each encoded once. */
import type { LogEntry, StreamEvent, WireEntry } from "../../protocol/index.ts";

export interface Batch {
  readonly first: number;
  readonly last: number;
  readonly entries: readonly LogEntry[];
  /** The JSON of each entry, as stored and as delivered. */
  readonly lines: readonly string[];
}

/** Numbers events from `first` and encodes them. `events` must not be empty. */
export function makeBatch(events: readonly StreamEvent[], first: number, ts: number): Batch {
  const entries: LogEntry[] = [];
  const lines: string[] = [];
  let seq = first;
  for (const event of events) {
    const entry = { ...event, seq: seq++, ts };
    entries.push(entry);
    lines.push(encodeWireEntry(entry));
  }
  return { first, last: seq - 1, entries, lines };
}

/** JSON of an entry. Deltas are nearly all there is, and their form is fixed: only the text needs escaping. */
export function encodeWireEntry(entry: WireEntry): string {
  if (entry.type !== "delta" || entry.n !== undefined) return JSON.stringify(entry);
  return `{"type":"delta","seq":${entry.seq},"ts":${entry.ts},"block":${entry.block},"kind":"${entry.kind}","text":${JSON.stringify(entry.text)}}`;
}
