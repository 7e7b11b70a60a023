/**
 * The store for many replicas: Redis or Valkey. Every append is one script in the stream's slot that looks at its term and
 * tail; commands of one event-loop turn go out together. docs/operations.md says what it survives.
 */
import { StreamError } from "../../protocol/index.ts";
import type { LogEntry } from "../../protocol/index.ts";
import { mintIncarnation } from "../ids.ts";
import type { Batch } from "./batch.ts";
import { dayOf } from "./ledger.ts";
import { RedisConnection } from "./redis-connection.ts";
import type { LinkOptions, Reply } from "./redis-link.ts";
import { FORGET_SEND, TRIM_STREAM } from "./redis-conversation-scripts.ts";
import { openFailure } from "./redis-failure.ts";
import { RedisKeys } from "./redis-keys.ts";
import type { StreamKeys } from "./redis-keys.ts";
import { RedisReplicas } from "./redis-replicas.ts";
import { RedisStarts } from "./redis-starts.ts";
import { APPEND, END, LOSE } from "./redis-stream-scripts.ts";
import { parseRedisUrl } from "./redis-url.ts";
import type { Created, Ending, Kept, NewStream, RetentionBounds, StreamLog, StreamRecord } from "./stream-log.ts";

export interface RedisLogOptions extends LinkOptions {
  /** Bytes of entries kept of a stream that has ended. @default Infinity */
  readonly eventsBytesPerStream?: number;
  /** Milliseconds after which a key nobody used goes by itself; far longer than retention. @default 90 days */
  readonly keepMs?: number;
}

const KEEP_MS = 90 * 86_400_000;
/** Rows read at a time. */
const PAGE_ROWS = 128;
/** Streams and conversations looked at in one step of retention. */
const TRIM_COUNT = 200;
/** The largest number a Lua script holds exactly. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** A stream this process writes. */
interface Writing {
  readonly keys: StreamKeys;
  /** The last seq that was acknowledged to it: if the store knows less, it has lost some. */
  acknowledged: number;
  /** Of the connection, when the stream was last known to be whole. */
  epoch: number;
}

/** @throws {StreamError} `storage_unavailable` when the server cannot be reached; `invalid_request` for a wrong URL. */
export async function openRedisLog(url: string, options: RedisLogOptions = {}): Promise<StreamLog> {
  const place = parseRedisUrl(url);
  const connection = await RedisConnection.open(place, options);
  const log = new RedisLog(connection, new RedisKeys(place.prefix), options);
  try {
    await log.checkSchema();
    return log;
  } catch (thrown) {
    await connection.close();
    throw openFailure(place, thrown);
  }
}

/** Raised whenever keys change their meaning. */
const SCHEMA = "1";

class RedisLog extends RedisReplicas implements StreamLog {
  readonly #starts: RedisStarts;
  readonly #mostBytes: string;
  readonly #writing = new Map<string, Writing>();
  /** Marks each commit, so that one that is sent twice is known. */
  #commits = 0;

  constructor(connection: RedisConnection, keys: RedisKeys, options: RedisLogOptions) {
    const { eventsBytesPerStream = NO_LIMIT, keepMs = KEEP_MS } = options;
    super(connection, keys, keepMs);
    this.#starts = new RedisStarts(connection, keys, keepMs);
    this.#mostBytes = String(Math.min(NO_LIMIT, eventsBytesPerStream));
  }

  async checkSchema(): Promise<void> {
    const found = await this.keepOnce("schema", SCHEMA);
    if (found === SCHEMA) return;
    const problem = `The Redis store has schema version ${found}, this program knows ${SCHEMA}`;
    throw new StreamError("storage_unavailable", `${problem}: another version of ai-stream made it`);
  }

  async findSend(owner: string, sendId: string, fingerprint: string): Promise<StreamRecord | null> {
    const id = await this.#starts.find(owner, sendId, fingerprint);
    return id === null ? null : this.findStream(id);
  }

  async createStream(start: NewStream): Promise<Created> {
    const mine = start.stream.id;
    const epoch = this.connection.epoch;
    const id = await this.#starts.start(start, this.#nextMark());
    if (id === mine)
      for (const part of [mine, start.turn.id, start.stream.message])
        this.rememberPlace(part, start.stream.conversation);
    const record = await this.findStream(id);
    if (record === null) throw new StreamError("not_found", `Stream "${id}" was deleted while it was started`);
    if (id === mine) this.taken(record, epoch);
    return { record, created: id === mine };
  }

  async append(id: string, term: number, batch: Batch, ending?: Ending, records: readonly Kept[] = []): Promise<void> {
    const writing = this.#writing.get(id) ?? (await this.#unknown(id));
    const { keys, acknowledged } = writing;
    const { epoch } = this.connection;
    const mark = this.#nextMark();
    const all = [keys.meta, keys.entries, keys.records];
    if (ending !== undefined) all.push(this.keys.conversation(await this.#conversation(id))[2], keys.outcomes);
    const body = batch.lines.length === 1 ? batch.lines[0]! : batch.lines.join("\n");
    const outcome = await this.connection.runAppend(ending === undefined ? APPEND : END, all, (again) => {
      const flags = (again ? "a" : "") + (writing.epoch === epoch && !again ? "" : "v");
      const args = [String(term), String(batch.first), String(batch.last), String(acknowledged), mark, flags, body];
      args.push(keys.channel, String(records.length));
      for (const record of records) args.push(JSON.stringify(record));
      if (ending !== undefined) args.push(...this.#endingArgs(ending, batch));
      return args;
    });
    if (outcome !== "done" && outcome !== "again") throw await this.#refused(id, term, writing, String(outcome));
    writing.acknowledged = batch.last;
    writing.epoch = epoch;
    if (ending !== undefined) await this.#ended(id, batch, ending);
  }

  async read(id: string, after: number, limit: number): Promise<readonly LogEntry[]> {
    const keys = this.#writing.get(id)?.keys ?? (await this.keysOf(id));
    const entries: LogEntry[] = [];
    for (let from = after; keys !== null && entries.length < limit;) {
      const count = Math.min(PAGE_ROWS, limit);
      const range = ["XRANGE", keys.entries, `(${from}-0`, "+", "COUNT", String(count)];
      const rows = (await this.connection.call(keys.entries, range)) as readonly EntryRow[];
      for (const [rowId, [, body]] of rows) {
        for (const line of body.split("\n")) {
          const entry = JSON.parse(line) as LogEntry;
          if (entry.seq > after) entries.push(entry);
        }
        from = parseInt(rowId, 10);
        if (entries.length >= limit) return entries;
      }
      if (rows.length < count) break;
    }
    return entries;
  }

  async trim(bounds: RetentionBounds): Promise<{ readonly streams: number; readonly conversations: number }> {
    await this.ledger.settleLeft();
    const { conversationsBefore, streamsBefore } = bounds;
    const conversations = await this.#trimIndex(this.keys.conversations, conversationsBefore, async (id) => {
      if (await this.dropConversation(id, conversationsBefore)) return true;
      const record = await this.findConversation(id);
      const { conversations: index } = this.keys;
      if (record !== null) await this.connection.call(index, ["ZADD", index, String(record.updatedAt), id]);
      return false;
    });
    await this.ledger.dropDaysBefore(dayOf(conversationsBefore));
    const streams = await this.#trimIndex(this.keys.ended, streamsBefore, (id) => this.#trimStream(id, streamsBefore));
    return { streams, conversations };
  }

  async check(): Promise<void> {
    const { check } = this.keys;
    await this.connection.call(check, ["SET", check, "1", "PX", "60000"], 0);
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  protected override taken({ id, conversation, tail }: StreamRecord, epoch = this.connection.epoch): void {
    this.#writing.set(id, { keys: this.keys.stream(conversation, id), acknowledged: tail, epoch });
  }

  protected override forgetWriting(id: string): void {
    this.#writing.delete(id);
  }

  #nextMark(): string {
    return `${this.process}${(++this.#commits).toString(36)}`;
  }

  #endingArgs({ status, message, spent = 0, receipt = "" }: Ending, { entries }: Batch): string[] {
    const endedAt = String(entries.at(-1)!.ts);
    const rest = [String(spent), receipt, this.#mostBytes, String(this.keepMs)];
    return [status, endedAt, message.id, JSON.stringify(message), ...rest];
  }

  /** What the end of a stream changes elsewhere. It has ended whatever becomes of this: others repeat it. */
  async #ended(id: string, { entries }: Batch, { spent = 0 }: Ending): Promise<void> {
    this.#writing.delete(id);
    const { ended, running } = this.keys;
    const endedAt = String(entries.at(-1)!.ts);
    const day = this.field(id, "day").then((found) =>
      found === null ? undefined : this.ledger.settle(id, found, spent),
    );
    const hints = this.connection
      .call(ended, ["ZADD", ended, endedAt, id])
      .then(() => this.connection.call(running, ["ZREM", running, id]));
    await Promise.allSettled([day, hints]);
  }

  async #refused(id: string, term: number, writing: Writing, outcome: string): Promise<StreamError> {
    this.#writing.delete(id);
    if (outcome.startsWith("lost")) {
      const { meta, channel } = writing.keys;
      const args = [String(term), String(writing.acknowledged), mintIncarnation(), channel];
      await this.connection.run(LOSE, [meta], args);
    }
    return new StreamError("conflict", `Cannot append to stream "${id}": ${WHY[outcome.split(" ")[0]!]!(outcome)}`);
  }

  /** A stream that somebody else began, or that is not there. */
  async #unknown(id: string): Promise<Writing> {
    const keys = await this.keysOf(id);
    if (keys === null) throw new StreamError("conflict", `Cannot append to stream "${id}": it is not there`);
    return { keys, acknowledged: 0, epoch: -1 };
  }

  async #conversation(id: string): Promise<string> {
    return (await this.placeOf(id))!;
  }

  async #trimStream(id: string, before: number): Promise<boolean> {
    const keys = await this.keysOf(id);
    const { ended } = this.keys;
    const found: Reply =
      keys === null
        ? ["gone", ""]
        : await this.connection.run(TRIM_STREAM, [keys.meta, keys.entries], [String(before)]);
    const [what, sendKey] = found as readonly [string, string];
    if (sendKey !== "") await this.connection.run(FORGET_SEND, [sendKey], [id]);
    await this.connection.call(ended, ["ZREM", ended, id]);
    return what === "trimmed";
  }

  /** Walks what is older than `before`; returns how many of them `drop` dropped. */
  async #trimIndex(index: string, before: number, drop: (id: string) => Promise<boolean>): Promise<number> {
    let dropped = 0;
    for (;;) {
      const range = ["ZRANGEBYSCORE", index, "-inf", `(${before}`, "LIMIT", "0", String(TRIM_COUNT)];
      const ids = (await this.connection.call(index, range)) as readonly string[];
      for (const id of ids) if (await drop(id)) dropped++;
      if (ids.length < TRIM_COUNT) return dropped;
    }
  }
}

type EntryRow = readonly [id: string, fields: readonly [mark: string, body: string]];

/** By the first word of what the script returned. */
const WHY: Readonly<Record<string, (outcome: string) => string>> = {
  gone: () => "it is not there",
  ended: () => "it has ended",
  term: (outcome) => `it is in ${outcome}`,
  tail: (outcome) => `the batch does not follow its ${outcome}`,
  lost: (outcome) => `the store has ${outcome.replace("lost", "only")} of its entries left`,
};
