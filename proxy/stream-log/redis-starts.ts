/**
 * Starts of streams in the Redis store: one send id, one stream, whoever crashes where. The send id is bound to a stream
 * first, then the stream is made. Where a send id names a stream that is not there, its start was cut off, or is under
 * way: that stream is made impossible (`VOID`), which decides the race in its own slot, and only then the send id is bound
 * to another.
 */
import { setTimeout as delay } from "node:timers/promises";
import { StreamError } from "../../protocol/index.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { REPLACE_SEND } from "./redis-conversation-scripts.ts";
import type { RedisKeys } from "./redis-keys.ts";
import { CREATE, NOTE_LEASES, VOID } from "./redis-stream-scripts.ts";
import type { NewStream } from "./stream-log.ts";

/** What a send id is bound to, as JSON. */
interface Send {
  readonly stream: string;
  readonly conversation: string;
  readonly fingerprint: string;
}

/** Longer than any start is under way. */
const VOID_MS = 3_600_000;
/** Each time round somebody else has got further; more often than this nobody does. */
const MOST_ROUNDS = 20;
const ROUND_MS = 10;
/** A start takes some milliseconds; one that takes longer is taken for cut off, and refused if it comes later. */
const UNDER_WAY_MS = 500;

export class RedisStarts {
  readonly #connection: RedisConnection;
  readonly #keys: RedisKeys;
  readonly #keepMs: string;

  constructor(connection: RedisConnection, keys: RedisKeys, keepMs: number) {
    this.#connection = connection;
    this.#keys = keys;
    this.#keepMs = String(keepMs);
  }

  /** Makes the stream; the id of the stream it is, when the send id was known. @throws {StreamError} `conflict` */
  async start(start: NewStream, mark: string): Promise<string> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const bound = await this.#bind(start);
      if (bound !== null) {
        if ((await this.#appears(bound)) || (await this.#void(bound)) === 0) return bound.stream;
        // Somebody else has bound it meanwhile: the next round sees who.
        if (!(await this.#rebind(start, bound))) continue;
      }
      const made = await this.#make(start, mark);
      if (made === "made" || made === "there") return start.stream.id;
      if (made === "gone") throw gone(start.stream.conversation);
      // Somebody found the send id before the stream was there, and is about to take it.
      await delay(ROUND_MS);
    }
    throw new StreamError("storage_unavailable", "Cannot start: the same request is being started over and over");
  }

  /** The stream a send id is bound to, there or not. @throws {StreamError} `conflict` */
  async find(owner: string, sendId: string, fingerprint: string): Promise<string | null> {
    const key = this.#keys.send(owner, sendId);
    const found = await this.#connection.call(key, ["GET", key]);
    return found === null ? null : checked(JSON.parse(found as string) as Send, fingerprint).stream;
  }

  /** Null when the send id is this stream's; else what it is bound to. */
  async #bind({ stream, sendId, fingerprint }: NewStream): Promise<Send | null> {
    if (sendId === undefined) return null;
    const key = this.#keys.send(stream.owner, sendId);
    const mine: Send = { stream: stream.id, conversation: stream.conversation, fingerprint };
    const [, found] = await Promise.all([
      this.#connection.call(key, ["SET", key, JSON.stringify(mine), "NX", "PX", this.#keepMs]),
      this.#connection.call(key, ["GET", key]),
    ]);
    const bound = found === null ? mine : checked(JSON.parse(found as string) as Send, fingerprint);
    return bound.stream === stream.id ? null : bound;
  }

  /** Waits for a start that is under way in another call or process. */
  async #appears({ stream, conversation }: Send): Promise<boolean> {
    const { meta } = this.#keys.stream(conversation, stream);
    for (const deadline = performance.now() + UNDER_WAY_MS; performance.now() < deadline; await delay(ROUND_MS)) {
      if ((await this.#connection.call(meta, ["HEXISTS", meta, "term"])) === 1) return true;
    }
    return false;
  }

  /** 0 when the stream is there. */
  #void({ stream, conversation }: Send): Promise<unknown> {
    return this.#connection.run(VOID, [this.#keys.stream(conversation, stream).meta], [String(VOID_MS)]);
  }

  async #rebind({ stream, sendId, fingerprint }: NewStream, bound: Send): Promise<boolean> {
    const key = this.#keys.send(stream.owner, sendId!);
    const mine: Send = { stream: stream.id, conversation: stream.conversation, fingerprint };
    const args = [JSON.stringify(bound), JSON.stringify(mine), this.#keepMs];
    return (await this.#connection.run(REPLACE_SEND, [key], args)) === 1;
  }

  async #make(start: NewStream, mark: string): Promise<unknown> {
    const { stream, turn, first, lease, title, sendId } = start;
    const { id, conversation, message, owner, createdAt } = stream;
    await this.#index(start);
    const { meta, entries } = this.#keys.stream(conversation, id);
    const answer = { id: message, conversation, role: "assistant", parent: turn.id, createdAt, stream: id };
    const fields = {
      ...stream,
      replica: lease.replica,
      request: JSON.stringify(start.request ?? null),
      before: turn.parent ?? "",
      ...(sendId === undefined ? {} : { sendKey: this.#keys.send(owner, sendId) }),
    };
    return this.#connection.run(
      CREATE,
      [meta, entries, ...this.#keys.conversation(conversation)],
      [
        ...[this.#keepMs, String(lease.ttlMs), String(first.last), mark, first.lines.join("\n")],
        ...[title ?? "", title === undefined ? "0" : "1"],
        ...[turn.id, JSON.stringify(turn), message, JSON.stringify(answer)],
        ...Object.entries(fields).flatMap(([name, value]) => [name, String(value)]),
      ],
    );
  }

  /** What leads to the stream and the conversation, before they are there: what leads nowhere goes by itself. */
  async #index({ stream, turn, lease }: NewStream): Promise<void> {
    const { id, conversation, message, owner, createdAt } = stream;
    const { conversations, running } = this.#keys;
    const index = this.#keys.owner(owner);
    const score = String(createdAt);
    const places = [id, turn.id, message].map((of) => this.#keys.place(of));
    await Promise.all([
      ...places.map((key) => this.#connection.call(key, ["SET", key, conversation, "PX", this.#keepMs])),
      this.#connection.call(index, ["ZADD", index, score, conversation]),
      this.#connection.call(index, ["PEXPIRE", index, this.#keepMs]),
      this.#connection.call(conversations, ["ZADD", conversations, score, conversation]),
      this.#connection.run(NOTE_LEASES, [running], [String(lease.ttlMs), id]),
    ]);
  }
}

function checked(send: Send, fingerprint: string): Send {
  if (send.fingerprint === fingerprint) return send;
  throw new StreamError("conflict", "Idempotency-Key: found one that was used for another request", {
    field: "Idempotency-Key",
  });
}

const gone = (conversation: string): StreamError =>
  new StreamError("not_found", `conversation: found "${conversation}", which was deleted`, { field: "conversation" });
