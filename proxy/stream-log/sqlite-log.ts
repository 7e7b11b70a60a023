/** The embedded store: node:sqlite in WAL mode. Appends of all streams that are ready share one transaction. */
import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue, StatementSync } from "node:sqlite";
import { StreamError } from "../../protocol/index.ts";
import type { LogEntry } from "../../protocol/index.ts";
import type { Batch } from "./batch.ts";
import type { Ledger } from "./ledger.ts";
import { SqliteAppends } from "./sqlite-appends.ts";
import { decodeBody, SqliteJournal } from "./sqlite-journal.ts";
import type { LiveStream } from "./sqlite-journal.ts";
import { SqliteReplicas } from "./sqlite-replicas.ts";
import type { Lease } from "./replicas.ts";
import { migrate } from "./sqlite-schema.ts";
import type { Created, Ending, Kept, NewStream, StreamLog, StreamRecord } from "./stream-log.ts";

/** Pages in the write-ahead log before it is copied back: 16 MiB, so that the copy is rare and its stall spread out. */
const CHECKPOINT_PAGES = 4_000;
/** Another process may hold the write lock for a moment, at a hand-over. */
const BUSY_MS = 2_000;

type Row = Readonly<Record<string, SQLInputValue>>;

const RECORD = `SELECT s.*,
    COALESCE(s.tail, (SELECT MAX(last) FROM entries WHERE stream = s.n), 0) AS end,
    COALESCE((SELECT MIN(first) FROM entries WHERE stream = s.n), s.tail + 1, 1) AS first
  FROM streams s`;

export interface SqliteLogOptions {
  /** Bytes of entries kept of a stream that has ended. @default Infinity */
  readonly eventsBytesPerStream?: number;
  /** Called when the store is closed: its file is free. */
  readonly onClose?: () => void;
}

/**
 * Opens the store in `file` (`:memory:` keeps nothing).
 * @throws {StreamError} `storage_unavailable` when the file cannot be opened or was made by a newer version.
 */
export function openSqliteLog(file: string, options: SqliteLogOptions = {}): StreamLog {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: BUSY_MS });
    // NORMAL: a commit survives the death of the process; only a power cut may lose the last ones.
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};`,
    );
    migrate(database);
    return new SqliteLog(database, options);
  } catch (thrown) {
    if (database?.isOpen) database.close();
    throw unavailable(`Cannot open the store "${file}"`, thrown);
  }
}

class SqliteLog extends SqliteReplicas implements StreamLog {
  readonly #journal: SqliteJournal;
  readonly #appends: SqliteAppends;

  readonly #onClose: () => void;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  readonly #insertStream: StatementSync;
  readonly #endStream: StatementSync;
  readonly #findStream: StatementSync;
  readonly #findNumber: StatementSync;
  readonly #findSend: StatementSync;
  readonly #insertSend: StatementSync;
  readonly #readEntries: StatementSync;
  readonly #raiseTerm: StatementSync;
  readonly #check: StatementSync;
  /** Of the newest stream. A number is not used again while the journal may hold entries of a deleted stream under it. */
  #lastNumber: number;
  #whenCommitted: (() => void)[] = [];

  constructor(database: DatabaseSync, { eventsBytesPerStream = Infinity, onClose = () => {} }: SqliteLogOptions) {
    super(database);
    this.#onClose = onClose;
    this.#journal = new SqliteJournal(database);
    this.#appends = new SqliteAppends(this.#journal, {
      load: (id) => this.#load(id),
      end: (live, id, batch, ending) => {
        this.#endStream.run(ending.status, batch.entries.at(-1)!.ts, batch.last, live.n);
        this.finishTurn(id, ending);
      },
      ended: ({ n }) => this.#journal.bound(n, eventsBytesPerStream),
      keep: ({ n }, records) => this.addRecords(n, records),
      transaction: (work) => this.transaction(work),
      committed: (id) => this.wakers.wake(id),
    });
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#commit = database.prepare("COMMIT");
    this.#rollback = database.prepare("ROLLBACK");
    this.#insertStream = database.prepare(
      `INSERT INTO streams (n, id, inc, term, owner, agent, conversation, message, parent, created_at, status)
       VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, 'running')`,
    );
    this.#lastNumber = Number(database.prepare("SELECT COALESCE(MAX(n), 0) AS n FROM streams").get()!["n"]);
    this.#endStream = database.prepare("UPDATE streams SET status = ?, ended_at = ?, tail = ? WHERE n = ?");
    this.#findStream = database.prepare(`${RECORD} WHERE s.id = ?`);
    this.#findNumber = database.prepare("SELECT n FROM streams WHERE id = ?");
    this.#findSend = database.prepare("SELECT stream, fingerprint FROM sends WHERE owner = ? AND send_id = ?");
    this.#insertSend = database.prepare("INSERT INTO sends VALUES (?, ?, ?, ?)");
    this.#readEntries = database.prepare(
      `SELECT last, body FROM entries
       WHERE stream = (SELECT n FROM streams WHERE id = ?) AND last > ? ORDER BY last`,
    );
    this.#check = database.prepare("REPLACE INTO kept (name, value) VALUES ('check', ?)");
    this.#raiseTerm = database.prepare("UPDATE streams SET term = term + 1 WHERE id = ? AND status = 'running'");
  }

  get ledger(): Ledger {
    return this.money;
  }

  findSend(owner: string, sendId: string, fingerprint: string): Promise<StreamRecord | null> {
    return this.run(() => this.#sent(owner, sendId, fingerprint));
  }

  createStream(start: NewStream): Promise<Created> {
    return this.run(() => {
      const { stream, sendId, first } = start;
      const live = this.transaction(() => {
        if (sendId !== undefined && this.#sent(stream.owner, sendId, start.fingerprint) !== null) return null;
        const n = ++this.#lastNumber;
        this.#insertStream.run(
          ...[n, stream.id, stream.inc, stream.owner, stream.agent, stream.conversation],
          ...[stream.message, stream.parent, stream.createdAt],
        );
        if (sendId !== undefined) this.#insertSend.run(stream.owner, sendId, stream.id, start.fingerprint);
        this.addTurns(start);
        this.#journal.insertSealed(n, first);
        return { n, term: 1, tail: first.last };
      });
      if (live === null) return { record: this.#sent(stream.owner, sendId!, start.fingerprint)!, created: false };
      this.#appends.started(stream.id, live);
      this.lease(stream.id, start.lease);
      return { record: begunRecord(start), created: true };
    });
  }

  append(id: string, term: number, batch: Batch, ending?: Ending, records: readonly Kept[] = []): Promise<void> {
    return this.#appends.append(id, term, batch, ending, records);
  }

  read(id: string, after: number, limit: number): Promise<readonly LogEntry[]> {
    return this.run(() => {
      const entries: LogEntry[] = [];
      for (const row of this.#readEntries.iterate(id, after)) {
        entries.push(...decodeBody(row["body"] as Uint8Array, after));
        if (entries.length >= limit) return entries;
      }
      const live = this.#appends.live(id);
      if (live === undefined) return entries;
      return [...entries, ...this.#journal.after(live.n, entries.at(-1)?.seq ?? after)];
    });
  }

  findStream(id: string): Promise<StreamRecord | null> {
    return this.run(() => this.#record(id));
  }

  takeOver(id: string, lease: Lease): Promise<StreamRecord | null> {
    return this.run(() => {
      if (!this.mayTake(id, lease)) return null;
      const record = this.transaction(() => {
        const live = this.#appends.live(id);
        if (live !== undefined) this.#journal.seal(live.n);
        this.#forgetLive(id);
        return this.#raiseTerm.run(id).changes === 0 ? null : this.#record(id);
      });
      if (record !== null) this.lease(id, lease);
      return record;
    });
  }

  deleteStream(id: string): Promise<void> {
    return this.run(() => this.transaction(() => this.dropStream(id)));
  }

  deleteConversation(id: string): Promise<void> {
    return this.run(() => this.transaction(() => this.dropConversation(id)));
  }

  check(): Promise<void> {
    // Committed: what is rolled back never meets a full disk.
    return this.run(() => void this.#check.run(String(Date.now())));
  }

  async close(): Promise<void> {
    if (!this.database.isOpen) return;
    this.#appends.flush();
    try {
      this.transaction(() => this.#journal.sealAll());
    } catch {
      // A full disk, for one. All of it is in the journal, and sealed at the next start.
    }
    this.database.close();
    this.#onClose();
  }

  protected override dropStream(id: string): void {
    this.#forgetLive(id);
    super.dropStream(id);
  }

  /** What is in memory of a stream has come to be in the tables, or is deleted there. */
  #forgetLive(id: string): void {
    this.whenCommitted(() => {
      const live = this.#appends.live(id);
      if (live !== undefined) this.#journal.forget(live.n);
      this.#appends.forget(id);
    });
  }

  #load(id: string): LiveStream | null {
    const record = this.#record(id);
    if (record?.status !== "running") return null;
    return { n: Number(this.#findNumber.get(id)!["n"]), term: record.term, tail: record.tail };
  }

  #sent(owner: string, sendId: string, fingerprint: string): StreamRecord | null {
    const known = this.#findSend.get(owner, sendId);
    if (known === undefined) return null;
    if (known["fingerprint"] === fingerprint) return this.#record(String(known["stream"]));
    throw new StreamError("conflict", "Idempotency-Key: found one that was used for another request", {
      field: "Idempotency-Key",
    });
  }

  #record(id: string): StreamRecord | null {
    const row = this.#findStream.get(id);
    return row === undefined ? null : this.#toRecord(row as Row);
  }

  /** Of a running stream the store may know only the sealed part. */
  #toRecord(row: Row): StreamRecord {
    const record = toRecord(row);
    const live = this.#appends.live(record.id);
    return live === undefined ? record : { ...record, tail: live.tail };
  }

  protected override transaction<Result>(work: () => Result): Result {
    this.#begin.run();
    this.#whenCommitted = [];
    try {
      const result = work();
      this.#commit.run();
      for (const change of this.#whenCommitted) change();
      return result;
    } catch (thrown) {
      if (this.database.isTransaction) this.#rollback.run();
      throw thrown;
    }
  }

  protected override whenCommitted(change: () => void): void {
    this.#whenCommitted.push(change);
  }
}

const toRecord = (row: Row): StreamRecord => ({
  id: String(row["id"]),
  inc: String(row["inc"]),
  term: Number(row["term"]),
  owner: String(row["owner"]),
  agent: String(row["agent"]),
  conversation: String(row["conversation"]),
  message: String(row["message"]),
  parent: String(row["parent"]),
  createdAt: Number(row["created_at"]),
  status: String(row["status"]) as StreamRecord["status"],
  tail: Number(row["end"]),
  first: Number(row["first"]),
});

/** What was just written, without reading it again. */
const begunRecord = ({ stream, first }: NewStream): StreamRecord => ({
  id: stream.id,
  inc: stream.inc,
  term: 1,
  owner: stream.owner,
  agent: stream.agent,
  conversation: stream.conversation,
  message: stream.message,
  parent: stream.parent,
  createdAt: stream.createdAt,
  status: "running",
  tail: first.last,
  first: first.first,
});

const unavailable = (action: string, thrown: unknown): StreamError =>
  thrown instanceof StreamError
    ? thrown
    : new StreamError("storage_unavailable", `${action}: the store failed`, { cause: thrown });
