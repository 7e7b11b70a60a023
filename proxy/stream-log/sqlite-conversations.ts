/** The tables around the log: conversations, their turns, and what retention removes. All methods are synchronous. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { StreamError } from "../../protocol/index.ts";
import type { Message } from "../../protocol/index.ts";
import { dayOf } from "./ledger.ts";
import { SqliteLedger } from "./sqlite-ledger.ts";
import { trimSqlite } from "./sqlite-trim.ts";
import type { LedgerStore } from "./sqlite-ledger.ts";
import { SqliteVisits } from "./sqlite-visits.ts";
import type {
  AttemptRecord,
  ConversationRecord,
  Kept,
  Ending,
  NewStream,
  ResumeRecord,
  RetentionBounds,
  Turn,
} from "./stream-log.ts";

/** The base of the embedded store: one database, and everything in it that is not an entry. */
export abstract class SqliteConversations {
  readonly visits: SqliteVisits;
  protected readonly database: DatabaseSync;
  protected readonly money: SqliteLedger;
  readonly #insertConversation: StatementSync;
  readonly #touchConversation: StatementSync;
  readonly #insertTurn: StatementSync;
  readonly #finishTurn: StatementSync;
  readonly #list: StatementSync;
  readonly #find: StatementSync;
  readonly #turns: StatementSync;
  readonly #turn: StatementSync;
  readonly #insertRecord: StatementSync;
  readonly #records: StatementSync;
  readonly #latestRecords: StatementSync;
  readonly #insertReceipt: StatementSync;
  readonly #receipt: StatementSync;
  readonly #keep: StatementSync;
  readonly #kept: StatementSync;

  constructor(database: DatabaseSync) {
    this.database = database;
    const store: LedgerStore = { run: (work) => this.run(work), transaction: (work) => this.transaction(work) };
    this.money = new SqliteLedger(database, store);
    this.visits = new SqliteVisits(database, store);
    this.#insertConversation = database.prepare("INSERT INTO conversations VALUES (?, ?, ?, ?, ?, ?, NULL)");
    this.#touchConversation = database.prepare("UPDATE conversations SET updated_at = ?, head = ? WHERE id = ?");
    this.#insertTurn = database.prepare(
      "INSERT INTO turns (id, conversation, parent, role, created_at, stream, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    this.#finishTurn = database.prepare("UPDATE turns SET body = ? WHERE id = ?");
    this.#list = database.prepare("SELECT * FROM conversations WHERE owner = ? ORDER BY updated_at DESC, id LIMIT ?");
    this.#find = database.prepare("SELECT * FROM conversations WHERE id = ?");
    this.#turns = database.prepare("SELECT * FROM turns WHERE conversation = ? ORDER BY n");
    this.#turn = database.prepare("SELECT * FROM turns WHERE id = ?");
    this.#insertRecord = database.prepare("INSERT INTO records (stream, body) VALUES (?, ?)");
    this.#records = database.prepare(
      "SELECT s.id, r.body FROM streams s JOIN records r ON r.stream = s.n WHERE s.conversation = ? ORDER BY r.n",
    );
    this.#latestRecords = database.prepare(
      "SELECT body FROM records WHERE stream = (SELECT n FROM streams WHERE id = ?) ORDER BY n DESC",
    );
    this.#insertReceipt = database.prepare("INSERT INTO receipts (stream, body) VALUES (?, ?)");
    this.#receipt = database.prepare("SELECT body FROM receipts WHERE stream = ?");
    this.#keep = database.prepare("INSERT OR IGNORE INTO kept (name, value) VALUES (?, ?)");
    this.#kept = database.prepare("SELECT value FROM kept WHERE name = ?");
  }

  listConversations(owner: string, limit: number): Promise<readonly ConversationRecord[]> {
    return this.run(() => this.#list.all(owner, limit).map(toConversation));
  }

  findConversation(id: string): Promise<ConversationRecord | null> {
    return this.run(() => {
      const row = this.#find.get(id);
      return row === undefined ? null : toConversation(row);
    });
  }

  readTurns(conversation: string): Promise<readonly Turn[]> {
    return this.run(() => this.#turns.all(conversation).map(toTurn));
  }

  findTurn(id: string, conversation?: string): Promise<Turn | null> {
    return this.run(() => {
      const row = this.#turn.get(id);
      const isElsewhere = conversation !== undefined && row?.["conversation"] !== conversation;
      return row === undefined || isElsewhere ? null : toTurn(row);
    });
  }

  readRecords(conversation: string): Promise<ReadonlyMap<string, readonly AttemptRecord[]>> {
    return this.run(() => {
      const byStream = new Map<string, AttemptRecord[]>();
      for (const row of this.#records.iterate(conversation)) {
        const id = String(row["id"]);
        const record = JSON.parse(String(row["body"])) as Kept;
        if ("resume" in record) continue;
        const records = byStream.get(id) ?? [];
        byStream.set(id, records);
        records.push(record);
      }
      return byStream;
    });
  }

  findReceipt(stream: string): Promise<string | null> {
    return this.run(() => {
      const row = this.#receipt.get(stream);
      return row === undefined ? null : String(row["body"]);
    });
  }

  keepOnce(name: string, value: string): Promise<string> {
    return this.run(() => {
      this.#keep.run(name, value);
      return String(this.#kept.get(name)!["value"]);
    });
  }

  protected abstract transaction<Result>(work: () => Result): Result;

  /** Changes what is in memory once the transaction under way has changed the tables; not when it fails. */
  protected abstract whenCommitted(change: () => void): void;

  readResume(stream: string): Promise<ResumeRecord | null> {
    return this.run(() => {
      for (const row of this.#latestRecords.iterate(stream)) {
        const record = JSON.parse(String(row["body"])) as Kept;
        if ("resume" in record) return record;
      }
      return null;
    });
  }

  /** Runs synchronous work as a promise; a failure of the store becomes `storage_unavailable`. */
  protected async run<Result>(work: () => Result): Promise<Result> {
    try {
      return work();
    } catch (thrown) {
      if (thrown instanceof StreamError) throw thrown;
      throw new StreamError("storage_unavailable", "The store failed", { cause: thrown });
    }
  }

  async trim(bounds: RetentionBounds): Promise<{ streams: number; conversations: number }> {
    const step = <Result>(work: () => Result) => this.run(() => this.transaction(work));
    await step(() => this.money.dropDaysBefore(dayOf(bounds.conversationsBefore)));
    const { database } = this;
    return trimSqlite({ database, step, dropConversation: (id) => this.dropConversation(id) }, bounds);
  }

  protected addTurns({ stream, turn, title }: NewStream): void {
    const { conversation, createdAt } = stream;
    if (title !== undefined) {
      this.#insertConversation.run(conversation, stream.owner, stream.agent, createdAt, createdAt, title);
    }
    const body = JSON.stringify({ text: turn.text, attachments: turn.attachments });
    this.#insertTurn.run(turn.id, conversation, turn.parent, "user", createdAt, null, body);
    this.#insertTurn.run(stream.message, conversation, turn.id, "assistant", createdAt, stream.id, null);
    this.#touchConversation.run(createdAt, stream.message, conversation);
  }

  protected finishTurn(stream: string, { message, spent = 0, receipt }: Ending): void {
    this.#finishTurn.run(JSON.stringify(message), message.id);
    this.money.settle(stream, spent);
    if (receipt !== undefined) this.#insertReceipt.run(stream, receipt);
  }

  protected addRecords(stream: number, records: readonly Kept[]): void {
    for (const record of records) this.#insertRecord.run(stream, JSON.stringify(record));
  }

  protected dropStream(id: string): void {
    const { database } = this;
    for (const table of ["entries", "records"]) {
      database.prepare(`DELETE FROM ${table} WHERE stream = (SELECT n FROM streams WHERE id = ?)`).run(id);
    }
    // The conversation goes on from the answer before.
    database
      .prepare(
        `UPDATE conversations SET head = (SELECT t.parent FROM turns t JOIN streams s ON s.parent = t.id WHERE s.id = ?1)
         WHERE head = (SELECT message FROM streams WHERE id = ?1)`,
      )
      .run(id);
    this.money.writeOff(id);
    for (const table of ["turns", "sends", "receipts"])
      database.prepare(`DELETE FROM ${table} WHERE stream = ?`).run(id);
    database.prepare("DELETE FROM streams WHERE id = ?").run(id);
  }

  protected dropConversation(id: string): void {
    const { database } = this;
    const streams = database.prepare("SELECT id FROM streams WHERE conversation = ?").all(id);
    for (const { id: stream } of streams) this.dropStream(String(stream));
    database.prepare("DELETE FROM turns WHERE conversation = ?").run(id);
    database.prepare("DELETE FROM conversations WHERE id = ?").run(id);
  }
}

type Row = Readonly<Record<string, unknown>>;

const toConversation = (row: Row): ConversationRecord => ({
  id: String(row["id"]),
  owner: String(row["owner"]),
  agent: String(row["agent"]),
  createdAt: Number(row["created_at"]),
  updatedAt: Number(row["updated_at"]),
  title: String(row["title"]),
  head: row["head"] === null ? null : String(row["head"]),
});

function toTurn(row: Row): Turn {
  const base = {
    id: String(row["id"]),
    conversation: String(row["conversation"]),
    createdAt: Number(row["created_at"]),
  };
  const body: unknown = row["body"] === null ? null : JSON.parse(String(row["body"]));
  if (row["role"] === "user") {
    const parent = row["parent"] === null ? null : String(row["parent"]);
    return { ...base, role: "user", parent, ...(body as { text: string; attachments: [] }) };
  }
  return {
    ...base,
    role: "assistant",
    parent: String(row["parent"]),
    stream: String(row["stream"]),
    message: body as Message | null,
  };
}
