/** What routes and sockets ask of streams: start or join, read, cancel, forget; ownership is checked on every call. */
import { createHash } from "node:crypto";
import { emptyMessage, fold, formatCursor, StreamError } from "../protocol/index.ts";
import type { Message, Position, StartRequest, Started, ToolOutcome } from "../protocol/index.ts";
import type { Answer } from "./agent/loop.ts";
import { branchOf, toProviderMessages, userMessage } from "./agent/history.ts";
import { checkRepeated, ToolInbox } from "./agent/tool-inbox.ts";
import type { Agents } from "./agents.ts";
import { showMessage } from "./delivery/audience.ts";
import { Feed } from "./delivery/feed.ts";
import { mintId, mintIncarnation } from "./ids.ts";
import type { PumpRegistry } from "./pump/pump-registry.ts";
import { makeBatch } from "./stream-log/batch.ts";
import type { AssistantTurn, NewStream, StreamLog, StreamRecord, UserTurn } from "./stream-log/stream-log.ts";
import { StreamTail } from "./stream-log/tail.ts";
import type { Caller, Treasury } from "./spend/treasury.ts";

/** Characters of the first input that name a conversation. */
const TITLE_CHARS = 80;
/** Entries read from the store at a time while folding a whole stream. */
const FOLD_PAGE_ENTRIES = 2_000;

export class Streams {
  readonly #log: StreamLog;
  readonly #pumps: PumpRegistry;
  readonly #agents: Agents;
  readonly #treasury: Treasury;
  /** One feed per stream that somebody watches; the tail it listens to outlives no stream. */
  readonly #feeds = new WeakMap<StreamTail, Feed>();
  /** Of each running stream, by the same rule: the calls that wait for its page. */
  readonly #inboxes = new WeakMap<StreamTail, ToolInbox>();
  readonly #toolResultChars: number;
  #draining = false;

  constructor(log: StreamLog, pumps: PumpRegistry, agents: Agents, treasury: Treasury, toolResultChars: number) {
    this.#log = log;
    this.#pumps = pumps;
    this.#agents = agents;
    this.#treasury = treasury;
    this.#toolResultChars = toolResultChars;
  }

  /** Refuses new streams from now on. */
  drain(): void {
    this.#draining = true;
  }

  /**
   * Starts an answer, or joins the one this `sendId` started before. Resolves when `stream.start` is committed; the
   * answer goes on whatever becomes of the caller.
   * @throws {StreamError} `not_found` (agent, conversation, parent), `forbidden` (a field the page may not set),
   * `conflict` (the parent is still being answered), `draining`, `budget_exhausted`, `invalid_request`.
   */
  async start(request: StartRequest, caller: Caller): Promise<Started & { readonly created: boolean }> {
    if (this.#draining) throw new StreamError("draining", "The proxy is shutting down", { retryAfterMs: 1_000 });
    const { owner } = caller;
    const agent = this.#agents.find(request.agent);
    agent.checkAllowed(request);
    const fingerprint = createHash("sha256").update(JSON.stringify(request)).digest("base64url");
    const known = request.sendId === undefined ? null : await this.#log.findSend(owner, request.sendId, fingerprint);
    if (known !== null) return { ...startedOf(known), created: false };
    await this.#treasury.admit(caller);
    const start = await this.#newStream(request, owner, agent.name, fingerprint);
    // Refused now rather than when the answer is under way.
    userMessage(start.turn);
    const { record, created } = await this.#log.createStream(start);
    if (created) {
      const tail = new StreamTail(record);
      tail.publish(start.first);
      const inbox = new ToolInbox();
      this.#inboxes.set(tail, inbox);
      this.#pumps.start(tail, () => this.#answer(record, request, caller, inbox));
    }
    return { ...startedOf(record), created };
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
    // The tail first: a stream that ends meanwhile is then found ended, or its tail says so.
    const tail = this.#pumps.tail({ id });
    const record = await this.find(id, owner);
    const feed = this.#feed(record, tail);
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
    const turn = await this.#log.findTurn(record.message);
    if (turn?.role !== "assistant") throw new StreamError("not_found", `Stream "${id}" was deleted`, { field: "id" });
    return showMessage(await this.snapshot(turn), this.#agents.audience(record.agent));
  }

  /** Stops an answer; one that has ended stays as it is. Resolves when the end is committed. */
  async cancel(id: string, owner: string): Promise<void> {
    await this.find(id, owner);
    await this.#pumps.cancel(id);
  }

  /**
   * A page's result of a call, or a person's decision about one. The first outcome of a call wins; the same one again
   * is taken, also after the stream has ended.
   * @throws {StreamError} `not_found` (stream, call), `conflict`, `invalid_request` for an outcome of the wrong kind.
   */
  async answerTool(id: string, owner: string, callId: string, outcome: ToolOutcome): Promise<void> {
    const tail = this.#pumps.tail({ id });
    const record = await this.find(id, owner);
    if (tail !== null && this.#inboxes.get(tail)?.answer(callId, outcome) === true) return;
    const turn = tail === null ? await this.#log.findTurn(record.message) : null;
    const message =
      tail?.message ?? (turn?.role === "assistant" ? await this.snapshot(turn) : emptyMessage(record.inc));
    checkRepeated(message, callId, outcome, this.#toolResultChars);
  }

  /** Stops an answer if it runs, and forgets it. */
  async remove(id: string, owner: string): Promise<void> {
    await this.cancel(id, owner);
    await this.#log.deleteStream(id);
  }

  /** Resolves when the stream has ended. */
  async ended(id: string): Promise<void> {
    await this.#pumps.done(id);
  }

  #feed(record: StreamRecord, tail: StreamTail | null): Feed {
    const audience = this.#agents.audience(record.agent);
    if (tail === null) return new Feed(record, this.#log, audience, null);
    const known = this.#feeds.get(tail);
    if (known !== undefined) return known;
    const feed = new Feed(record, this.#log, audience, tail);
    this.#feeds.set(tail, feed);
    return feed;
  }

  /** The message of an answer with everything in it: finished, or folded up to now. */
  async snapshot(turn: AssistantTurn): Promise<Message> {
    const tail = this.#pumps.tail({ id: turn.stream });
    if (tail !== null) return tail.message;
    if (turn.message !== null) return turn.message;
    const record = await this.#log.findStream(turn.stream);
    if (record === null) throw new StreamError("not_found", `Stream "${turn.stream}" was not found`);
    return this.#fold(record);
  }

  /** Only a stream nobody writes and nobody has closed yet is folded from its entries. */
  async #fold(record: StreamRecord): Promise<Message> {
    let message = emptyMessage(record.inc);
    for (let seq = 0; seq < record.tail;) {
      const entries = await this.#log.read(record.id, seq, FOLD_PAGE_ENTRIES);
      if (entries.length === 0) break;
      message = fold(message, entries);
      seq = entries.at(-1)!.seq;
    }
    return message;
  }

  async #newStream(request: StartRequest, owner: string, agent: string, fingerprint: string): Promise<NewStream> {
    const createdAt = Date.now();
    const place = await this.#place(request, owner);
    const id = mintId("s");
    const message = mintId("m");
    const turn: UserTurn = {
      id: mintId("m"),
      conversation: place.conversation,
      role: "user",
      parent: place.parent,
      createdAt,
      text: request.input,
      attachments: request.attachments ?? [],
    };
    const { conversation } = place;
    const first = makeBatch([{ type: "stream.start", id, agent, conversation, message }], 1, createdAt);
    return {
      stream: { id, inc: mintIncarnation(), owner, agent, conversation, message, parent: turn.id, createdAt },
      turn,
      first,
      fingerprint,
      ...(place.isNew ? { title: request.input.trim().slice(0, TITLE_CHARS) } : {}),
      ...(request.sendId === undefined ? {} : { sendId: request.sendId }),
    };
  }

  /** The conversation and the turn this one follows. */
  async #place(
    request: StartRequest,
    owner: string,
  ): Promise<{ conversation: string; parent: string | null; isNew: boolean }> {
    if (request.conversation === undefined) {
      if (request.parent) throw notFound("parent", request.parent);
      return { conversation: mintId("c"), parent: null, isNew: true };
    }
    const found = await this.#log.findConversation(request.conversation);
    if (found === null || found.owner !== owner) throw notFound("conversation", request.conversation);
    const parent = request.parent === undefined ? found.head : request.parent;
    if (parent !== null) {
      const turn = await this.#log.findTurn(parent);
      if (turn?.conversation !== found.id) throw notFound("parent", parent);
      if (turn.role === "assistant" && turn.message === null) {
        throw new StreamError(
          "conflict",
          "parent: found an answer that is still running, expected one that has ended",
          { field: "parent" },
        );
      }
    }
    return { conversation: found.id, parent, isNew: false };
  }

  async #answer(record: StreamRecord, request: StartRequest, caller: Caller, inbox: ToolInbox): Promise<Answer> {
    const agent = this.#agents.find(record.agent);
    const { id: stream, conversation, createdAt } = record;
    const openPurse = (usdPerAnswer: number | undefined) =>
      this.#treasury.open({ ...caller, stream, createdAt, usdPerAnswer });
    const [turns, records] = await Promise.all([
      this.#log.readTurns(conversation),
      this.#log.readRecords(conversation),
    ]);
    const brought = (request.history ?? []).map(({ role, text }) => ({
      role,
      parts: [{ type: "text", text }] as const,
    }));
    const said = toProviderMessages(branchOf(turns, record.parent), records);
    return agent.answer(request, [...brought, ...said], { stream, conversation, inbox, openPurse });
  }
}

const startedOf = ({ id, conversation, message, inc }: StreamRecord): Started => ({
  id,
  conversation,
  message,
  cursor: formatCursor(inc, 0),
});

const notFound = (field: string, found: string): StreamError =>
  new StreamError("not_found", `${field}: found "${found}", expected one of yours`, { field });
