/** What routes and sockets ask of streams: start or join, read, cancel, forget; ownership is checked on every call. */
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { formatCursor, StreamError } from "../protocol/index.ts";
import type { Message, Position, StartRequest, Started, ToolOutcome } from "../protocol/index.ts";
import { userMessage } from "./agent/history.ts";
import type { Agents } from "./agents.ts";
import { showMessage } from "./delivery/audience.ts";
import { Feed } from "./delivery/feed.ts";
import type { LiveStreams } from "./live-streams.ts";
import type { Admission } from "./guard/admission.ts";
import { newStream } from "./new-stream.ts";
import type { Caller, Treasury } from "./spend/treasury.ts";
import type { Lease } from "./stream-log/replicas.ts";
import type { AssistantTurn, Created, NewStream, StreamLog, StreamRecord } from "./stream-log/stream-log.ts";
import type { StreamTail } from "./stream-log/tail.ts";
import type { VisitLimits } from "./visit-limits.ts";

/** A start that is under way is there within this, in a store elsewhere, too. */
const LOOKS = 6;
const LOOK_MS = 20;

export class Streams {
  readonly #log: StreamLog;
  readonly #live: LiveStreams;
  readonly #agents: Agents;
  readonly #treasury: Treasury;
  /** One feed per stream that somebody watches; the tail it listens to outlives no stream. */
  readonly #feeds = new WeakMap<StreamTail, Feed>();
  readonly #lease: Lease;
  readonly #admission: Admission;
  readonly #visits: VisitLimits;
  #draining = false;

  /** @param lease under which this process writes the streams it starts */
  constructor(
    log: StreamLog,
    live: LiveStreams,
    agents: Agents,
    treasury: Treasury,
    lease: Lease,
    admission: Admission,
    visits: VisitLimits,
  ) {
    this.#log = log;
    this.#live = live;
    this.#agents = agents;
    this.#treasury = treasury;
    this.#lease = lease;
    this.#admission = admission;
    this.#visits = visits;
  }

  /** Refuses new streams from now on. */
  drain(): void {
    this.#draining = true;
  }

  /**
   * Starts an answer, or joins the one this `sendId` started before. Resolves when `stream.start` is committed; the
   * answer goes on whatever becomes of the caller.
   * @throws {StreamError} `not_found` (agent, conversation, parent), `forbidden` (a field the page may not set),
   * `conflict` (the parent is still being answered), `draining`, `paused`, `capacity`, `budget_exhausted`,
   * `rate_limited`, `invalid_request`.
   */
  start(request: StartRequest, caller: Caller): Promise<Started & { readonly created: boolean }> {
    return this.#admission.counted(this.#start(request, caller));
  }

  async #start(request: StartRequest, caller: Caller): Promise<Started & { readonly created: boolean }> {
    if (this.#draining) throw new StreamError("draining", "The proxy is shutting down", { retryAfterMs: 1_000 });
    const { owner } = caller;
    const agent = this.#agents.find(request.agent);
    agent.checkAllowed(request);
    const fingerprint = request.sendId === undefined ? "" : fingerprintOf(request);
    const known = request.sendId === undefined ? null : await this.#log.findSend(owner, request.sendId, fingerprint);
    if (known !== null) return { ...startedOf(known), created: false };
    this.#admission.check();
    await this.#treasury.admit(caller);
    const start = await newStream(this.#log, { request, owner, agent: agent.name, fingerprint, lease: this.#lease });
    // Refused now rather than when the answer is under way.
    userMessage(start.turn);
    const { record, created } = await this.#create(start, caller);
    if (created) this.#live.begin(record, start, request, caller);
    return { ...startedOf(record), created };
  }

  /** Within the caller's limits. The same start may be under way, and have taken the last place: then it is joined. */
  async #create(start: NewStream, caller: Caller): Promise<Created> {
    const { stream, sendId, fingerprint } = start;
    try {
      return await this.#visits.within(stream.id, caller, () => this.#log.createStream(start));
    } catch (refused) {
      const isLimit = StreamError.from(refused).code === "rate_limited";
      for (let look = 0; isLimit && sendId !== undefined && look < LOOKS; look++) {
        if (look > 0) await delay(LOOK_MS);
        const record = await this.#log.findSend(caller.owner, sendId, fingerprint);
        if (record !== null) return { record, created: false };
      }
      throw refused;
    }
  }

  /** @throws {StreamError} `not_found` when there is none, or it is somebody else's. */
  async find(id: string, owner: string): Promise<StreamRecord> {
    const record = await this.#log.findStream(id);
    if (record === null || record.owner !== owner)
      throw new StreamError("not_found", `Stream "${id}" was not found`, { field: "id" });
    return record;
  }

  /**
   * The feed to view a stream from, and the seq to begin after.
   * @throws {StreamError} `cursor_ahead`, `incarnation_changed`, `cursor_expired`, `not_found`.
   */
  async attach(id: string, owner: string, position: Position): Promise<{ readonly feed: Feed; readonly seq: number }> {
    const feed = await this.#feedOf(id, owner);
    const { record } = feed;
    if (position.inc !== null && position.inc !== record.inc) {
      throw new StreamError(
        "incarnation_changed",
        `after: found incarnation "${position.inc}", expected "${record.inc}"; read from 0`,
        { field: "after" },
      );
    }
    if (position.seq > feed.tail) {
      throw new StreamError(
        "cursor_ahead",
        `after: found ${position.seq}, expected at most the tail ${feed.tail}; read from 0`,
        { field: "after" },
      );
    }
    if (position.seq + 1 < record.first) {
      throw new StreamError(
        "cursor_expired",
        `after: found ${position.seq}, expected ${record.first - 1} or later: earlier entries are gone, take the message`,
        { field: "after" },
      );
    }
    return { feed, seq: position.seq };
  }

  /** The message as its viewers may see it, now. */
  async message(id: string, owner: string): Promise<Message> {
    const record = await this.find(id, owner);
    return showMessage(await this.#live.message(record), this.#agents.audience(record.agent));
  }

  /** Stops an answer; one that has ended stays as it is. Resolves when the end is committed, or another process told. */
  async cancel(id: string, owner: string): Promise<void> {
    await this.#live.cancel(await this.find(id, owner));
  }

  /**
   * A page's result of a call, or a person's decision about one. The first outcome of a call wins; the same one again
   * is taken, also after the stream has ended.
   * @throws {StreamError} `not_found` (stream, call), `conflict`, `invalid_request` for an outcome of the wrong kind.
   */
  async answerTool(id: string, owner: string, callId: string, outcome: ToolOutcome): Promise<void> {
    await this.#live.answerTool(await this.find(id, owner), callId, outcome);
  }

  /** Stops an answer if it runs, and forgets it. */
  async remove(id: string, owner: string): Promise<void> {
    await this.cancel(id, owner);
    await this.#log.deleteStream(id);
  }

  /** Resolves when the stream has ended. */
  async ended(id: string): Promise<void> {
    const record = await this.#log.findStream(id);
    if (record !== null) await this.#live.ended(record);
  }

  /** A stream that is written here is in memory: the store need not be asked for it. */
  async #feedOf(id: string, owner: string): Promise<Feed> {
    const own = this.#live.own(id);
    if (own?.record.owner === owner) return this.#feed(own.record, own);
    const record = await this.find(id, owner);
    const tail = await this.#live.tail(record);
    // One that ended between the two is read as what it is now.
    return this.#feed(tail === null && record.status === "running" ? await this.find(id, owner) : record, tail);
  }

  #feed(record: StreamRecord, tail: StreamTail | null): Feed {
    const audience = this.#agents.audience(record.agent);
    const keepsPartials = this.#agents.keepsPartials(record.agent);
    if (tail === null) return new Feed(record, this.#log, audience, null, keepsPartials);
    const known = this.#feeds.get(tail);
    if (known !== undefined) return known;
    const feed = new Feed(record, this.#log, audience, tail, keepsPartials);
    this.#feeds.set(tail, feed);
    return feed;
  }

  /** The message of an answer with everything in it: finished, or folded up to now. */
  async snapshot(turn: AssistantTurn): Promise<Message> {
    if (turn.message !== null) return turn.message;
    const record = await this.#log.findStream(turn.stream);
    if (record === null) throw new StreamError("not_found", `Stream "${turn.stream}" was not found`);
    return this.#live.message(record);
  }
}

const fingerprintOf = (request: StartRequest): string =>
  createHash("sha256").update(JSON.stringify(request)).digest("base64url");

const startedOf = ({ id, conversation, message, inc }: StreamRecord): Started => ({
  id,
  conversation,
  message,
  cursor: formatCursor(inc, 0),
});
