/** Entries that are committed and delivered together, each encoded once. */
import type { LogEntry, StreamEvent, WireEntry } from "../../protocol/index.ts";

export interface Batch {
  readonly first: number;
  readonly last: number;
  readonly entries: readonly LogEntry[];
  /** The JSON of each entry, as stored and as delivered. */
  readonly lines: readonly string[];
  /** Characters of all lines. */
  readonly chars: number;
}

/** Numbers events from `first` and encodes them. `events` must not be empty. */
export function makeBatch(events: readonly StreamEvent[], first: number, ts: number): Batch {
  const entries: LogEntry[] = [];
  const lines: string[] = [];
  let seq = first;
  let chars = 0;
  for (const event of events) {
    const entry = number(event, seq++, ts);
    const line = encodeWireEntry(entry);
    entries.push(entry);
    lines.push(line);
    chars += line.length;
  }
  return { first, last: seq - 1, entries, lines, chars };
}

/** Entries as they were committed, by this process or another. Must not be empty. */
export function batchOf(entries: readonly LogEntry[]): Batch {
  const lines = entries.map(encodeWireEntry);
  const chars = lines.reduce((sum, { length }) => sum + length, 0);
  return { first: entries[0]!.seq, last: entries.at(-1)!.seq, entries, lines, chars };
}

/** The same fields in the same order for every delta: what reads them millions of times sees one shape. */
const number = (event: StreamEvent, seq: number, ts: number): LogEntry =>
  event.type === "delta"
    ? { type: "delta", seq, ts, block: event.block, kind: event.kind, text: event.text }
    : { ...event, seq, ts };

/** JSON of an entry. Deltas are nearly all there is, and their form is fixed: only the text needs escaping. */
export function encodeWireEntry(entry: WireEntry): string {
  if (entry.type !== "delta" || entry.n !== undefined) return JSON.stringify(entry);
  return `{"type":"delta","seq":${entry.seq},"ts":${entry.ts},"block":${entry.block},"kind":"${entry.kind}","text":${JSON.stringify(entry.text)}}`;
}
