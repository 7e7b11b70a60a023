/** What is around the log in the Redis store: conversations, their turns, records, receipts, and how things are found. */
import type { Message } from "../../protocol/index.ts";
import type { RedisConnection, Script } from "./redis-connection.ts";
import { CLOSE_CONVERSATION, DROP_STREAM, FORGET_SEND, KEEP_DAY } from "./redis-conversation-scripts.ts";
import type { RedisKeys } from "./redis-keys.ts";
import { RedisLedger } from "./redis-ledger.ts";
import type { Reply } from "./redis-link.ts";
import { RedisVisits } from "./redis-visits.ts";
import { RECORD_FIELDS } from "./redis-stream-scripts.ts";
import type { AttemptRecord, ConversationRecord, Kept, ResumeRecord, StreamRecord, Turn } from "./stream-log.ts";

/** Ids whose conversation is remembered: some megabytes. The least lately found goes first. */
const PLACES = 20_000;

export abstract class RedisConversations {
  readonly ledger: RedisLedger;
  readonly visits: RedisVisits;
  protected readonly connection: RedisConnection;
  protected readonly keys: RedisKeys;
  /** After so many milliseconds without use a key goes by itself, should retention ever have lost sight of it. */
  protected readonly keepMs: number;
  readonly #places = new Map<string, string>();

  constructor(connection: RedisConnection, keys: RedisKeys, keepMs: number) {
    this.connection = connection;
    this.keys = keys;
    this.keepMs = keepMs;
    const streams = {
      keepDay: (id: string, day: string) => this.#keepDay(id, day),
      dayOf: (id: string) => this.field(id, "day"),
      spentOf: (id: string) => this.#spentOf(id),
    };
    this.ledger = new RedisLedger(connection, keys, streams, keepMs);
    this.visits = new RedisVisits(connection, keys, async (id) => {
      const status = await this.field(id, "status");
      return status === null ? null : status === "running";
    });
  }

  async findStream(id: string): Promise<StreamRecord | null> {
    const keys = await this.keysOf(id);
    if (keys === null) return null;
    return toRecord(await this.connection.call(keys.meta, ["HMGET", keys.meta, ...RECORD_FIELDS]));
  }

  async listConversations(owner: string, limit: number): Promise<readonly ConversationRecord[]> {
    const index = this.keys.owner(owner);
    const found: ConversationRecord[] = [];
    for (let from = 0; found.length < limit; from += limit) {
      const page = ["ZREVRANGE", index, String(from), String(from + limit - 1)];
      const ids = (await this.connection.call(index, page)) as readonly string[];
      const records = await Promise.all(ids.map((id) => this.findConversation(id)));
      found.push(...records.filter((record) => record !== null));
      if (ids.length < limit) break;
    }
    const latestFirst = (one: ConversationRecord, other: ConversationRecord) =>
      other.updatedAt - one.updatedAt || (one.id < other.id ? -1 : 1);
    return found.sort(latestFirst).slice(0, limit);
  }

  async findConversation(id: string): Promise<ConversationRecord | null> {
    const [key] = this.keys.conversation(id);
    const fields = toFields(await this.connection.call(key, ["HGETALL", key]));
    if (!fields.has("id")) return null;
    return {
      id,
      owner: fields.get("owner")!,
      agent: fields.get("agent")!,
      createdAt: Number(fields.get("createdAt")),
      updatedAt: Number(fields.get("updatedAt")),
      title: fields.get("title")!,
      head: fields.get("head") ?? null,
    };
  }

  async readTurns(conversation: string): Promise<readonly Turn[]> {
    const [, turnsKey, messagesKey] = this.keys.conversation(conversation);
    const [turns, messages] = await Promise.all(
      [turnsKey, messagesKey].map(async (key) => toFields(await this.connection.call(key, ["HGETALL", key]))),
    );
    return [...turns!]
      .map(([id, text]) => ({ n: parseInt(text, 10), turn: toTurn(text, messages!.get(id)) }))
      .sort((one, other) => one.n - other.n)
      .map(({ turn }) => turn);
  }

  async findTurn(id: string, conversation?: string): Promise<Turn | null> {
    const place = conversation ?? (await this.placeOf(id));
    if (place === null) return null;
    const [, turnsKey, messagesKey] = this.keys.conversation(place);
    const [text, message] = await Promise.all(
      [turnsKey, messagesKey].map((key) => this.connection.call(key, ["HGET", key, id])),
    );
    return typeof text === "string" ? toTurn(text, (message as string | null) ?? undefined) : null;
  }

  async readRecords(conversation: string): Promise<ReadonlyMap<string, readonly AttemptRecord[]>> {
    const streams = (await this.readTurns(conversation)).flatMap((turn) =>
      turn.role === "assistant" ? [turn.stream] : [],
    );
    const kept = await Promise.all(streams.map((id) => this.#kept(conversation, id)));
    const records = kept.map((all) => all.filter((record) => !("resume" in record)) as AttemptRecord[]);
    return new Map(streams.map((id, index) => [id, records[index]!] as const).filter(([, found]) => found.length > 0));
  }

  async readResume(stream: string): Promise<ResumeRecord | null> {
    const conversation = await this.placeOf(stream);
    if (conversation === null) return null;
    return (await this.#kept(conversation, stream)).findLast((record) => "resume" in record) ?? null;
  }

  findReceipt(stream: string): Promise<string | null> {
    return this.field(stream, "receipt");
  }

  async keepOnce(name: string, value: string): Promise<string> {
    const key = this.keys.kept(name);
    const [, kept] = await Promise.all([
      this.connection.call(key, ["SET", key, value, "NX"]),
      this.connection.call(key, ["GET", key]),
    ]);
    return kept as string;
  }

  async deleteStream(id: string): Promise<void> {
    const conversation = await this.placeOf(id);
    if (conversation !== null) await this.#dropStream(conversation, id);
  }

  async deleteConversation(id: string): Promise<void> {
    await this.dropConversation(id, "");
  }

  /** False when there was none, or it was touched since `before`. */
  protected async dropConversation(id: string, before: number | ""): Promise<boolean> {
    const keys = this.keys.conversation(id);
    const closed = await this.connection.run(CLOSE_CONVERSATION, keys, [String(before)]);
    if (closed === null) return false;
    const [owner, streams, turns] = closed as readonly [string, readonly string[], readonly string[]];
    await Promise.all(streams.map((stream) => this.#dropStream(id, stream)));
    const places = turns.map((turn) => this.keys.place(turn));
    const index = this.keys.owner(owner);
    await Promise.all([
      this.connection.call(keys[0], ["DEL", ...keys]),
      ...places.map((key) => this.connection.call(key, ["DEL", key])),
      this.connection.call(index, ["ZREM", index, id]),
    ]);
    // Last: until then the next look of retention finds what a crash has left.
    await this.connection.call(this.keys.conversations, ["ZREM", this.keys.conversations, id]);
    return owner !== "";
  }

  /** Which conversation a stream or a turn is in. */
  protected async placeOf(id: string): Promise<string | null> {
    const known = this.#places.get(id);
    if (known !== undefined) {
      this.#places.delete(id);
      this.#places.set(id, known);
      return known;
    }
    const key = this.keys.place(id);
    const found = await this.connection.call(key, ["GETEX", key, "PX", String(this.keepMs)]);
    if (typeof found === "string") this.rememberPlace(id, found);
    return found as string | null;
  }

  protected rememberPlace(id: string, conversation: string): void {
    this.#places.set(id, conversation);
    if (this.#places.size > PLACES) this.#places.delete(this.#places.keys().next().value!);
  }

  protected async keysOf(id: string): Promise<ReturnType<RedisKeys["stream"]> | null> {
    const conversation = await this.placeOf(id);
    return conversation === null ? null : this.keys.stream(conversation, id);
  }

  /** One field of a stream's hash. */
  protected async field(id: string, name: string): Promise<string | null> {
    const keys = await this.keysOf(id);
    return keys === null ? null : ((await this.connection.call(keys.meta, ["HGET", keys.meta, name])) as string | null);
  }

  /** Runs a script on a stream's hash; null when nobody knows the stream. */
  protected async onMeta(script: Script, id: string, args: readonly string[]): Promise<Reply> {
    const keys = await this.keysOf(id);
    return keys === null ? null : this.connection.run(script, [keys.meta], args);
  }

  /** A stream that is not running any more, or not there. */
  protected forgetWriting(_id: string): void {}

  async #dropStream(conversation: string, id: string): Promise<void> {
    const { meta, entries, records, outcomes, channel } = this.keys.stream(conversation, id);
    const all = [meta, entries, records, outcomes, ...this.keys.conversation(conversation)];
    const dropped = await this.connection.run(DROP_STREAM, all, [id, channel]);
    this.forgetWriting(id);
    if (dropped === null) return;
    const [message, sendKey, day] = dropped as readonly [string, string, string];
    const { running, ended } = this.keys;
    await Promise.all([
      ...[message, id].map((place) => this.connection.call(this.keys.place(place), ["DEL", this.keys.place(place)])),
      this.connection.call(running, ["ZREM", running, id]),
      this.connection.call(ended, ["ZREM", ended, id]),
      sendKey === "" ? null : this.connection.run(FORGET_SEND, [sendKey], [id]),
      day === "" ? null : this.ledger.settle(id, day, "held"),
    ]);
    this.#places.delete(id);
  }

  async #kept(conversation: string, id: string): Promise<Kept[]> {
    const { records } = this.keys.stream(conversation, id);
    const lines = (await this.connection.call(records, ["LRANGE", records, "0", "-1"])) as readonly string[];
    return lines.map((line) => JSON.parse(line) as Kept);
  }

  async #keepDay(id: string, day: string): Promise<void> {
    await this.onMeta(KEEP_DAY, id, [day]);
  }

  async #spentOf(id: string): Promise<number | "held" | null> {
    const record = await this.findStream(id);
    if (record === null) return "held";
    return record.status === "running" ? null : Number((await this.field(id, "spent")) ?? 0);
  }
}

/** From the fields in the order of `RECORD_FIELDS`. */
export function toRecord(reply: Reply): StreamRecord | null {
  const [id, inc, term, owner, agent, conversation, message, parent, createdAt, status, tail, first] =
    reply as readonly string[];
  if (!term) return null;
  return {
    ...{ id: id!, inc: inc!, term: Number(term), owner: owner!, agent: agent!, conversation: conversation! },
    ...{ message: message!, parent: parent!, createdAt: Number(createdAt), status: status as StreamRecord["status"] },
    ...{ tail: Number(tail), first: Number(first) },
  };
}

/** A hash as it is replied: names and values in turn. */
export function toFields(reply: Reply): Map<string, string> {
  const flat = reply as readonly string[];
  const fields = new Map<string, string>();
  for (let index = 0; index < flat.length; index += 2) fields.set(flat[index]!, flat[index + 1]!);
  return fields;
}

/** A turn is kept as `n JSON`: `n` counts up, and gives the order. */
function toTurn(text: string, message: string | undefined): Turn {
  const turn = JSON.parse(text.slice(text.indexOf(" ") + 1)) as Turn;
  if (turn.role === "user") return turn;
  return { ...turn, message: message === undefined ? null : (JSON.parse(message) as Message) };
}
