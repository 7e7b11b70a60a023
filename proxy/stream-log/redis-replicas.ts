/** Leases, requests and hints of the Redis store. A lease is measured on the server's clock. */
import { randomBytes } from "node:crypto";
import type { StatusNote, ToolOutcome } from "../../protocol/index.ts";
import { mintIncarnation } from "../ids.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { RedisConversations, toFields, toRecord } from "./redis-conversations.ts";
import type { RedisKeys } from "./redis-keys.ts";
import type { Reply } from "./redis-link.ts";
import { ATTENDED_MS } from "./replicas.ts";
import type { Lease, Replicas, Requests } from "./replicas.ts";
import {
  ATTEND,
  CANCEL,
  LAPSED,
  NOTE_LEASES,
  OUTCOME,
  RELEASE,
  RENEW,
  REQUESTS,
  STATE,
  TAKE,
} from "./redis-stream-scripts.ts";
import type { StreamRecord } from "./stream-log.ts";
import { Wakers } from "./wakers.ts";

/** Candidates looked at in one step while searching abandoned streams. */
const CANDIDATES = 200;

export abstract class RedisReplicas extends RedisConversations implements Replicas {
  readonly isShared = true;
  /** This process, to others. */
  protected readonly process = randomBytes(6).toString("base64url");
  readonly #wakers = new Wakers();

  constructor(connection: RedisConnection, keys: RedisKeys, keepMs: number) {
    super(connection, keys, keepMs);
    connection.onMissed = () => this.#wakers.wakeAll();
  }

  async renew({ replica, ttlMs }: Lease, streams: readonly string[]): Promise<readonly string[]> {
    if (streams.length === 0) return [];
    const held = await Promise.all(streams.map((id) => this.onMeta(RENEW, id, [replica, String(ttlMs)])));
    await this.noteLeases(
      ttlMs,
      streams.filter((_, index) => held[index] === 1),
    );
    const lost = streams.filter((_, index) => held[index] !== 1);
    for (const id of lost) this.forgetWriting(id);
    return lost;
  }

  async release(stream: string, term: number): Promise<void> {
    if ((await this.onMeta(RELEASE, stream, [String(term)])) !== 1) return;
    await this.noteLeases(0, [stream]);
    const { releases } = this.keys;
    await this.connection.call(releases, ["PUBLISH", releases, ""]);
  }

  watchReleases(wake: () => void): () => void {
    return this.connection.subscribe(this.keys.releases, wake);
  }

  async abandoned(limit: number): Promise<readonly string[]> {
    const { running } = this.keys;
    const found: { readonly id: string; readonly createdAt: number }[] = [];
    for (let from = 0; found.length < limit;) {
      const lapsed = await this.connection.run(LAPSED, [running], [String(from), String(CANDIDATES)]);
      const ids = lapsed as readonly string[];
      const states = await Promise.all(ids.map((id) => this.#abandonedSince(id)));
      const abandoned = ids.flatMap((id, index) => {
        const createdAt = states[index]!;
        return createdAt === null ? [] : [{ id, createdAt }];
      });
      found.push(...abandoned);
      if (ids.length < CANDIDATES) break;
      // The others have left the hint, or moved behind.
      from += abandoned.length;
    }
    const oldestFirst = found.sort((one, other) => one.createdAt - other.createdAt);
    return oldestFirst.slice(0, limit).map(({ id }) => id);
  }

  async takeOver(stream: string, lease: Lease): Promise<StreamRecord | null> {
    const args = [lease.replica, String(lease.ttlMs), mintIncarnation(), this.keys.channel(stream)];
    const taken = await this.onMeta(TAKE, stream, args);
    const record = taken === null ? null : toRecord(taken);
    if (record === null) return null;
    this.taken(record);
    await this.noteLeases(lease.ttlMs, [stream]);
    return record;
  }

  async findRequest(stream: string): Promise<unknown> {
    const request = await this.field(stream, "request");
    return request === null ? null : (JSON.parse(request) as unknown);
  }

  async requestCancel(stream: string): Promise<void> {
    await this.onMeta(CANCEL, stream, [this.keys.channel(stream)]);
  }

  async leaveOutcome(stream: string, callId: string, outcome: ToolOutcome): Promise<ToolOutcome> {
    const keys = await this.keysOf(stream);
    if (keys === null) return outcome;
    const args = [keys.channel, String(this.keepMs), callId, JSON.stringify(outcome)];
    const first = await this.connection.run(OUTCOME, [keys.meta, keys.outcomes], args);
    return typeof first === "string" ? (JSON.parse(first) as ToolOutcome) : outcome;
  }

  async attend(stream: string, seq: number): Promise<void> {
    const keys = await this.keysOf(stream);
    if (keys === null) return;
    const args = [this.process, String(seq), String(ATTENDED_MS), keys.channel];
    await this.connection.run(ATTEND, [keys.meta, keys.viewers], args);
  }

  async requests(stream: string): Promise<Requests> {
    const keys = await this.keysOf(stream);
    if (keys === null) return { cancel: false, outcomes: new Map(), viewers: null };
    const all = [keys.meta, keys.outcomes, keys.viewers];
    const found = await this.connection.run(REQUESTS, all, [this.process, String(ATTENDED_MS)]);
    const [cancel, left, seq, agoMs] = found as readonly [string, Reply, number, number];
    const outcomes = [...toFields(left)].map(([call, body]) => [call, JSON.parse(body) as ToolOutcome] as const);
    return { cancel: cancel === "1", outcomes: new Map(outcomes), viewers: seq < 0 ? null : { seq, agoMs } };
  }

  watch(stream: string, wake: () => void, heard?: (note: StatusNote) => void): () => void {
    const isFirst = !this.#wakers.has(stream);
    const stop = this.#wakers.add(stream, wake);
    if (isFirst) this.#hear(stream);
    const read = (message: string) => heard?.(JSON.parse(message) as StatusNote);
    const mute = heard === undefined ? undefined : this.connection.subscribe(this.keys.notes(stream), read);
    return () => {
      stop();
      mute?.();
      if (!this.#wakers.has(stream)) this.#deafen(stream);
    };
  }

  async tell(stream: string, note: StatusNote): Promise<void> {
    const channel = this.keys.notes(stream);
    await this.connection.call(channel, ["PUBLISH", channel, JSON.stringify(note)]);
  }

  async publishHint(name: string, untilMs: number): Promise<void> {
    const { hints } = this.keys;
    await this.connection.call(hints, ["ZADD", hints, String(untilMs), name]);
  }

  async hints(): Promise<ReadonlyMap<string, number>> {
    const { hints } = this.keys;
    const now = String(Date.now());
    const [, held] = await Promise.all([
      this.connection.call(hints, ["ZREMRANGEBYSCORE", hints, "-inf", now]),
      this.connection.call(hints, ["ZRANGEBYSCORE", hints, `(${now}`, "+inf", "WITHSCORES"]),
    ]);
    return new Map([...toFields(held)].map(([name, until]) => [name, Number(until)]));
  }

  /** When the leases of these streams run out, for whoever looks for abandoned ones. */
  protected async noteLeases(ttlMs: number, streams: readonly string[]): Promise<void> {
    if (streams.length > 0) await this.connection.run(NOTE_LEASES, [this.keys.running], [String(ttlMs), ...streams]);
  }

  /** This process writes the stream from now on. */
  protected abstract taken(record: StreamRecord): void;

  /** When an abandoned stream was created; null when it is none, and then the hint is put right. */
  async #abandonedSince(id: string): Promise<number | null> {
    const { running, ended } = this.keys;
    const state = (await this.onMeta(STATE, id, [])) as readonly string[] | null;
    const [status, leftMs, createdAt, endedAt] = state ?? [""];
    if (status === "running") {
      if (Number(leftMs) <= 0) return Number(createdAt);
      await this.noteLeases(Number(leftMs), [id]);
      return null;
    }
    if (status !== "") await this.connection.call(ended, ["ZADD", ended, endedAt!, id]);
    await this.connection.call(running, ["ZREM", running, id]);
    return null;
  }

  readonly #deaf = new Map<string, () => void>();

  #hear(stream: string): void {
    // What this process appended it knows: to look after each token would double what a token costs.
    const wake = (message: string) => {
      if (!message.startsWith(this.process)) this.#wakers.wake(stream);
    };
    this.#deaf.set(stream, this.connection.subscribe(this.keys.channel(stream), wake));
  }

  #deafen(stream: string): void {
    this.#deaf.get(stream)?.();
    this.#deaf.delete(stream);
  }
}
