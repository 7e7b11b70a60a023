/**
 * The newest entries of running streams. A commit writes what all ready streams append as one row at the end of the
 * journal, which touches one page however many streams there are; their clustered rows would touch one page each. The
 * same entries stay in memory until enough have gathered, or the stream ends: then they are sealed, that is written to
 * `entries` in one row. What a crash leaves in the journal is sealed at the next start.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { LogEntry } from "../../protocol/index.ts";
import type { Batch } from "./batch.ts";
import { ByteText } from "./byte-text.ts";

/** A stream's unsealed characters at which they are sealed: a row of a few pages. */
const SEAL_CHARS = 16_384;
/** Rows are deleted so many at a time: each deletion writes pages of its own. */
const DELETED_ROWS = 256;
/** Rows the journal may hold before the streams that keep the oldest are sealed: bounds recovery and the file. */
const JOURNAL_ROWS = 2_000;

/** A running stream as the journal knows it. */
export interface LiveStream {
  readonly n: number;
  readonly term: number;
  tail: number;
}

/** One append on its way into a commit. */
export interface Append {
  readonly live: LiveStream;
  readonly batch: Batch;
  /** The stream ends with this batch. */
  readonly isLast: boolean;
}

/** Entries of one stream that are committed and not sealed, as bytes: thousands of small objects would cost more. */
interface Unsealed {
  readonly first: number;
  last: number;
  readonly body: ByteText;
  /** The journal row of the first. */
  readonly since: number;
}

export class SqliteJournal {
  readonly #insertRow: StatementSync;
  readonly #insertEntries: StatementSync;
  readonly #deleteRows: StatementSync;
  readonly #sizes: StatementSync;
  readonly #deleteEntries: StatementSync;
  /** By the stream's number, oldest first: a map keeps the order of insertion. */
  readonly #unsealed = new Map<number, Unsealed>();
  /** The row being written, and where in it each append's entries lie. */
  readonly #rowText = new ByteText();
  #row: number;
  #firstRow: number;

  /** Seals what an earlier process left. */
  constructor(database: DatabaseSync) {
    this.#insertRow = database.prepare("INSERT INTO journal (n, body) VALUES (?, ?)");
    this.#insertEntries = database.prepare(
      "INSERT OR IGNORE INTO entries (stream, last, first, body) VALUES (?, ?, ?, ?)",
    );
    this.#deleteRows = database.prepare("DELETE FROM journal WHERE n < ?");
    this.#sizes = database.prepare(
      "SELECT last, LENGTH(body) AS bytes FROM entries WHERE stream = ? ORDER BY last DESC",
    );
    this.#deleteEntries = database.prepare("DELETE FROM entries WHERE stream = ? AND last <= ?");
    this.#row = this.#recover(database);
    this.#firstRow = this.#row + 1;
  }

  /** True when these appends must be written in a transaction, because they are more than one statement. */
  needsTransaction(appends: readonly Append[]): boolean {
    return appends.some((append) => this.#isDue(append)) || this.#row - this.#firstRow >= JOURNAL_ROWS;
  }

  /** Writes the appends. What it returns must be called once they are committed, before anything else is written. */
  write(appends: readonly Append[]): () => void {
    const kept: Append[] = [];
    const sealed: number[] = [];
    for (const append of appends) {
      if (this.#isDue(append)) {
        this.#seal(append.live.n, append.batch);
        sealed.push(append.live.n);
      } else {
        kept.push(append);
      }
    }
    if (this.#row - this.#firstRow >= JOURNAL_ROWS) sealed.push(...this.#sealOldest(kept));
    const row = this.#row + 1;
    const ends = kept.length > 0 ? this.#writeRow(row, kept) : [];
    const firstRow = this.#oldestRow(new Set(sealed)) ?? row;
    // Only beside a seal: then this is a transaction.
    const deletes = sealed.length > 0 && firstRow - this.#firstRow >= DELETED_ROWS;
    if (deletes) this.#deleteRows.run(firstRow);
    return () => {
      for (const n of sealed) this.#unsealed.delete(n);
      if (deletes) this.#firstRow = firstRow;
      if (kept.length > 0) this.#row = row;
      kept.forEach(({ live, batch }, index) => this.#keep(live.n, batch, row, ends[index]!));
    };
  }

  /** Entries of a stream after `seq` that are in memory only. */
  after(n: number, seq: number): LogEntry[] {
    const unsealed = this.#unsealed.get(n);
    return unsealed === undefined || unsealed.last <= seq ? [] : decodeBody(unsealed.body.bytes, seq);
  }

  /** Writes a batch as sealed, in the caller's transaction: a stream's first. */
  insertSealed(n: number, batch: Batch): void {
    this.#seal(n, batch);
  }

  /** Seals what there is of one stream, in the caller's transaction; once that is committed, `forget` it. */
  seal(n: number): void {
    if (this.#unsealed.has(n)) this.#seal(n, null);
  }

  /** Of a stream that has ended only so many bytes of sealed entries stay, the newest. In the caller's transaction. */
  bound(n: number, mostBytes: number): void {
    let bytes = 0;
    for (const row of this.#sizes.iterate(n)) {
      const isNewest = bytes === 0;
      bytes += Number(row["bytes"]);
      if (isNewest || bytes <= mostBytes) continue;
      this.#deleteEntries.run(n, Number(row["last"]));
      return;
    }
  }

  /** Seals everything: the store is about to close. */
  sealAll(): void {
    for (const n of this.#unsealed.keys()) this.seal(n);
    this.#deleteRows.run(this.#row + 1);
  }

  /** The stream was sealed or deleted. What the journal still holds of it is skipped by recovery. */
  forget(n: number): void {
    this.#unsealed.delete(n);
  }

  #isDue({ live, batch, isLast }: Append): boolean {
    return isLast || (this.#unsealed.get(live.n)?.body.length ?? 0) + batch.chars > SEAL_CHARS;
  }

  /** One row for all: `stream first last` on a line, the entries a line each, an empty line between appends. */
  #writeRow(row: number, appends: readonly Append[]): readonly (readonly [number, number])[] {
    const text = this.#rowText;
    text.clear();
    const ends = appends.map(({ live, batch }) => {
      if (text.length > 0) text.add("\n\n");
      text.add(`${live.n} ${batch.first} ${batch.last}\n`);
      const start = text.length;
      addLines(text, batch);
      return [start, text.length] as const;
    });
    this.#insertRow.run(row, text.bytes);
    return ends;
  }

  /** Keeps the bytes just written to the journal. */
  #keep(n: number, batch: Batch, row: number, [start, end]: readonly [number, number]): void {
    let unsealed = this.#unsealed.get(n);
    if (unsealed === undefined) {
      unsealed = { first: batch.first, last: batch.last, body: new ByteText(), since: row };
      this.#unsealed.set(n, unsealed);
    } else {
      unsealed.body.add("\n");
    }
    unsealed.last = batch.last;
    unsealed.body.addBytes(this.#rowText.bytes.subarray(start, end));
  }

  #seal(n: number, batch: Batch | null): void {
    const unsealed = this.#unsealed.get(n);
    const body = new ByteText();
    if (unsealed !== undefined) body.addBytes(unsealed.body.bytes);
    if (batch !== null) {
      if (unsealed !== undefined) body.add("\n");
      addLines(body, batch);
    }
    this.#insertEntries.run(n, (batch ?? unsealed!).last, (unsealed ?? batch!).first, body.bytes);
  }

  /** Seals the older half of the streams that are not in this commit. */
  #sealOldest(kept: readonly Append[]): number[] {
    const busy = new Set(kept.map(({ live }) => live.n));
    const half = this.#firstRow + (this.#row - this.#firstRow) / 2;
    const oldest = [...this.#unsealed].filter(([n, { since }]) => since < half && !busy.has(n)).map(([n]) => n);
    for (const n of oldest) this.#seal(n, null);
    return oldest;
  }

  #oldestRow(without: ReadonlySet<number>): number | null {
    for (const [n, { since }] of this.#unsealed) if (!without.has(n)) return since;
    return null;
  }

  /** Returns the number of the last row there was. */
  #recover(database: DatabaseSync): number {
    const rows = database.prepare("SELECT n, body FROM journal ORDER BY n").all();
    if (rows.length === 0) return 0;
    const sealedTo = database.prepare("SELECT MAX(last) AS last FROM entries WHERE stream = ?");
    const isThere = database.prepare("SELECT 1 FROM streams WHERE n = ?");
    database.exec("BEGIN IMMEDIATE");
    for (const row of rows) {
      for (const { n, first, last, body } of decodeRow(row["body"] as Uint8Array)) {
        const sealed = Number(sealedTo.get(n)?.["last"] ?? 0);
        if (last > sealed && isThere.get(n) !== undefined) this.#insertEntries.run(n, last, first, body);
      }
    }
    database.exec("DELETE FROM journal; COMMIT");
    return Number(rows.at(-1)!["n"]);
  }
}

function addLines(text: ByteText, { lines }: Batch): void {
  text.add(lines.length === 1 ? lines[0]! : lines.join("\n"));
}

/** The entries after `seq` of a body: one JSON document a line. */
export function decodeBody(body: Uint8Array, seq: number): LogEntry[] {
  const entries = textOf(body)
    .split("\n")
    .map((line) => JSON.parse(line) as LogEntry);
  return entries[0]!.seq > seq ? entries : entries.filter((entry) => entry.seq > seq);
}

function decodeRow(row: Uint8Array): { n: number; first: number; last: number; body: Uint8Array }[] {
  return textOf(row)
    .split("\n\n")
    .map((append) => {
      const head = append.indexOf("\n");
      const [n, first, last] = append.slice(0, head).split(" ").map(Number);
      return { n: n!, first: first!, last: last!, body: Buffer.from(append.slice(head + 1)) };
    });
}

const textOf = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString();
