/** The embedded store: node:sqlite in WAL mode. Appends of all streams that are ready share one transaction. */
import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue, StatementSync } from "node:sqlite";
import { StreamError } from "../../protocol/index.ts";
import type { LogEntry } from "../../protocol/index.ts";
import type { Batch } from "./batch.ts";
import { SqliteConversations } from "./sqlite-conversations.ts";
import { migrate } from "./sqlite-schema.ts";
import type { Created, Ending, NewStream, RetentionBounds, StreamLog, StreamRecord } from "./stream-log.ts";

/** Pages in the write-ahead log before it is copied back: 16 MiB, so that the copy is rare and its stall spread out. */
const CHECKPOINT_PAGES = 4_000;
/** Another process may hold the write lock for a moment, at a hand-over. */
const BUSY_MS = 2_000;

interface PendingAppend {
  readonly id: string;
  readonly term: number;
  readonly batch: Batch;
  readonly ending: Ending | undefined;
  readonly resolve: () => void;
  readonly reject: (error: StreamError) => void;
}

/** What an append must know of its stream; kept in memory while the stream runs, so that the check costs no query. */
interface LiveStream {
  readonly n: number;
  tail: number;
}

type Row = Readonly<Record<string, SQLInputValue>>;

const RECORD = `SELECT s.*,
    COALESCE(s.tail, (SELECT MAX(last) FROM entries WHERE stream = s.n), 0) AS end,
    COALESCE((SELECT MIN(first) FROM entries WHERE stream = s.n), s.tail + 1, 1) AS first
  FROM streams s`;

/**
 * Opens the store in `file` (`:memory:` keeps nothing).
 * @throws {StreamError} `storage_unavailable` when the file cannot be opened or was made by a newer version.
 */
export function openSqliteLog(file: string): StreamLog {
  try {
    const database = new DatabaseSync(file, { timeout: BUSY_MS });
    // NORMAL: a commit survives the death of the process; only a power cut may lose the last ones.
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};`,
    );
    migrate(database);
    return new SqliteLog(database);
  } catch (thrown) {
    throw unavailable(`Cannot open the store "${file}"`, thrown);
  }
}

class SqliteLog extends SqliteConversations implements StreamLog {
  readonly #live = new Map<string, LiveStream>();
  #pending: PendingAppend[] = [];
  #scheduled: NodeJS.Immediate | undefined;

  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  readonly #insertStream: StatementSync;
  readonly #insertEntries: StatementSync;
  readonly #endStream: StatementSync;
  readonly #findStream: StatementSync;
  readonly #findSend: StatementSync;
  readonly #insertSend: StatementSync;
  readonly #readEntries: StatementSync;
  readonly #raiseTerm: StatementSync;
  readonly #running: StatementSync;

  constructor(database: DatabaseSync) {
    super(database);
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#commit = database.prepare("COMMIT");
    this.#rollback = database.prepare("ROLLBACK");
    this.#insertStream = database.prepare(
      `INSERT INTO streams (id, inc, term, owner, agent, conversation, message, parent, created_at, status)
       VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, 'running')`,
    );
    // The fence: a writer whose term has passed, or whose stream has ended, changes no row.
    this.#insertEntries = database.prepare(
      `INSERT INTO entries (stream, last, first, body)
       SELECT ?, ?, ?, ? FROM streams WHERE n = ? AND term = ? AND status = 'running'`,
    );
    this.#endStream = database.prepare("UPDATE streams SET status = ?, ended_at = ?, tail = ? WHERE n = ?");
    this.#findStream = database.prepare(`${RECORD} WHERE s.id = ?`);
    this.#findSend = database.prepare("SELECT stream, fingerprint FROM sends WHERE owner = ? AND send_id = ?");
    this.#insertSend = database.prepare("INSERT INTO sends VALUES (?, ?, ?, ?)");
    this.#readEntries = database.prepare(
      `SELECT last, body FROM entries
       WHERE stream = (SELECT n FROM streams WHERE id = ?) AND last > ? ORDER BY last LIMIT ?`,
    );
    this.#raiseTerm = database.prepare("UPDATE streams SET term = term + 1 WHERE id = ? AND status = 'running'");
    this.#running = database.prepare(`${RECORD} WHERE s.status = 'running'`);
  }

  findSend(owner: string, sendId: string, fingerprint: string): Promise<StreamRecord | null> {
    return this.run(() => this.#sent(owner, sendId, fingerprint));
  }

  createStream(start: NewStream): Promise<Created> {
    return this.run(() =>
      this.#transaction(() => {
        const { stream, sendId } = start;
        const known = sendId === undefined ? null : this.#sent(stream.owner, sendId, start.fingerprint);
        if (known !== null) return { record: known, created: false };
        const { lastInsertRowid } = this.#insertStream.run(
          ...[stream.id, stream.inc, stream.owner, stream.agent, stream.conversation],
          ...[stream.message, stream.parent, stream.createdAt],
        );
        if (sendId !== undefined) this.#insertSend.run(stream.owner, sendId, stream.id, start.fingerprint);
        this.addTurns(start);
        const n = Number(lastInsertRowid);
        this.#live.set(stream.id, { n, tail: 0 });
        this.#insert(stream.id, 1, start.first);
        return { record: this.#record(stream.id)!, created: true };
      }),
    );
  }

  append(id: string, term: number, batch: Batch, ending?: Ending): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ id, term, batch, ending, resolve, reject });
      // After this turn's reads of all streams: what they brought is committed together.
      this.#scheduled ??= setImmediate(() => this.#flush());
    });
  }

  read(id: string, after: number, limit: number): Promise<readonly LogEntry[]> {
    return this.run(() => {
      const entries: LogEntry[] = [];
      for (const row of this.#readEntries.iterate(id, after, limit)) {
        for (const line of String(row["body"]).split("\n")) {
          const entry = JSON.parse(line) as LogEntry;
          if (entry.seq > after) entries.push(entry);
        }
        if (entries.length >= limit) break;
      }
      return entries;
    });
  }

  findStream(id: string): Promise<StreamRecord | null> {
    return this.run(() => this.#record(id));
  }

  takeOver(id: string): Promise<StreamRecord | null> {
    return this.run(() => {
      this.#live.delete(id);
      return this.#raiseTerm.run(id).changes === 0 ? null : this.#record(id);
    });
  }

  runningStreams(): Promise<readonly StreamRecord[]> {
    return this.run(() => this.#running.all().map((row) => toRecord(row as Row)));
  }

  deleteStream(id: string): Promise<void> {
    this.#live.delete(id);
    return this.run(() => this.#transaction(() => this.dropStream(id)));
  }

  deleteConversation(id: string): Promise<void> {
    return this.run(() => this.#transaction(() => this.dropConversation(id)));
  }

  trim(bounds: RetentionBounds): Promise<{ streams: number; conversations: number }> {
    return this.run(() => this.#transaction(() => this.dropOlder(bounds)));
  }

  check(): Promise<void> {
    return this.run(() => {
      this.#begin.run();
      this.#rollback.run();
    });
  }

  async close(): Promise<void> {
    this.#flush();
    if (this.database.isOpen) this.database.close();
  }

  /** Commits every waiting append in one transaction. One that is refused takes nothing else with it. */
  #flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    const refused = new Map<PendingAppend, StreamError>();
    try {
      this.#transaction(() => {
        for (const append of pending) {
          const error = this.#tryAppend(append);
          if (error !== null) refused.set(append, error);
        }
      });
    } catch (thrown) {
      // The transaction is gone, and with it what memory knew of its streams.
      for (const { id } of pending) this.#live.delete(id);
      const error = unavailable("Cannot commit", thrown);
      for (const append of pending) append.reject(error);
      return;
    }
    for (const append of pending) {
      const error = refused.get(append);
      if (error === undefined) append.resolve();
      else append.reject(error);
    }
  }

  #tryAppend({ id, term, batch, ending }: PendingAppend): StreamError | null {
    const error = this.#insert(id, term, batch);
    if (error === null && ending !== undefined) {
      this.#endStream.run(ending.status, batch.entries.at(-1)!.ts, batch.last, this.#live.get(id)!.n);
      this.finishTurn(ending.message);
      this.#live.delete(id);
    }
    return error;
  }

  #insert(id: string, term: number, batch: Batch): StreamError | null {
    const live = this.#live.get(id) ?? this.#load(id);
    if (live === null) return new StreamError("conflict", `Cannot append to stream "${id}": there is none`);
    if (batch.first !== live.tail + 1) {
      return new StreamError(
        "conflict",
        `Cannot append seq ${batch.first} to stream "${id}": its tail is ${live.tail}`,
      );
    }
    const body = batch.lines.length === 1 ? batch.lines[0]! : batch.lines.join("\n");
    const { changes } = this.#insertEntries.run(live.n, batch.last, batch.first, body, live.n, term);
    if (changes === 0) {
      this.#live.delete(id);
      return new StreamError(
        "conflict",
        `Cannot append to stream "${id}" in term ${term}: it has ended or a newer term began`,
      );
    }
    live.tail = batch.last;
    return null;
  }

  #load(id: string): LiveStream | null {
    const row = this.#findStream.get(id);
    if (row === undefined) return null;
    const live = { n: Number(row["n"]), tail: Number(row["end"]) };
    this.#live.set(id, live);
    return live;
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
    return row === undefined ? null : toRecord(row as Row);
  }

  #transaction<Result>(work: () => Result): Result {
    this.#begin.run();
    try {
      const result = work();
      this.#commit.run();
      return result;
    } catch (thrown) {
      if (this.database.isTransaction) this.#rollback.run();
      throw thrown;
    }
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

const unavailable = (action: string, thrown: unknown): StreamError =>
  thrown instanceof StreamError
    ? thrown
    : new StreamError("storage_unavailable", `${action}: the store failed`, { cause: thrown });
