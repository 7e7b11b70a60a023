/** HTTP routes and status codes. No stream logic: each route decodes, asks Streams, and encodes. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { decodeStartRequest, formatCursor, PAGE_ENTRIES, parseCursor, reveal, StreamError } from "../protocol/index.ts";
import type { Cursor, StartLimits } from "../protocol/index.ts";
import { decodeToolOutcome } from "../protocol/frame.ts";
import { isFields } from "../protocol/validate.ts";
import type { Agents } from "./agents.ts";
import { showEntry, showMessage } from "./delivery/audience.ts";
import { entriesAfter } from "./delivery/entries-after.ts";
import { HeldFeed } from "./delivery/held-feed.ts";
import { deliverSse } from "./delivery/sse-delivery.ts";
import type { Bye, SseOptions } from "./delivery/sse-delivery.ts";
import type { Caller } from "./spend/treasury.ts";
import type { StreamLog, Turn } from "./stream-log/stream-log.ts";
import type { Streams } from "./streams.ts";
import { invalid } from "../protocol/stream-error.ts";

export interface RouteParts {
  readonly streams: Streams;
  readonly log: StreamLog;
  readonly agents: Agents;
  readonly limits: StartLimits;
  readonly sse: SseOptions;
  /** Bytes of a JSON body, attachments included. */
  readonly bodyBytes: number;
  /** Who asks. @throws {StreamError} `unauthenticated` */
  readonly ownerOf: (request: FastifyRequest) => string;
  /** Who asks, and from where. @throws {StreamError} `unauthenticated` */
  readonly callerOf: (request: FastifyRequest) => Caller;
  /** Live responses, to say goodbye to when the proxy goes. */
  readonly live: Set<Bye>;
}

type WithId = { Params: { id: string } };
type WithHold = { Querystring: { hold?: string } };
type WithCallId = { Params: { id: string; callId: string } };

/** Conversations in one answer of `GET /v1/conversations`. */
const LISTED_CONVERSATIONS = 100;

export function registerRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { streams, log, agents, ownerOf } = parts;

  app.post<WithHold>("/v1/streams", { bodyLimit: parts.bodyBytes }, async (request, reply) => {
    const caller = parts.callerOf(request);
    const hold = holdOf(request.query.hold);
    const started = await streams.start(startRequestOf(request, parts.limits), caller);
    const { created, ...answer } = started;
    const path = `/v1/streams/${started.id}`;
    reply.header("location", path);
    if (accepts(request, "text/event-stream")) return live(request, reply, started.id, "0", hold);
    if (prefers(request, "wait")) {
      await streams.ended(started.id);
      return streams.message(started.id, caller.owner);
    }
    return reply.code(created ? 201 : 200).send({ ...answer, links: linksOf(path) });
  });

  app.get<WithId>("/v1/streams/:id", async (request) => {
    const owner = ownerOf(request);
    const record = await streams.find(request.params.id, owner);
    const message = await streams.message(record.id, owner);
    const { id, agent, conversation, createdAt } = record;
    const { status, usage, end, attempts, cursor, timings } = message;
    const tail = parseCursor(cursor).seq;
    return {
      id,
      agent,
      conversation,
      message: message.id,
      status,
      cursor,
      tail,
      attempt: attempts,
      usage,
      timings,
      end,
      createdAt,
    };
  });

  app.get<WithId & WithHold & { Querystring: { after?: string } }>("/v1/streams/:id/live", (request, reply) => {
    const after = request.headers["last-event-id"] ?? request.query.after ?? "0";
    return live(request, reply, request.params.id, String(after), holdOf(request.query.hold));
  });

  app.get<WithId & { Querystring: { after?: string; limit?: string } }>("/v1/streams/:id/events", async (request) => {
    const { id } = request.params;
    const limit = limitOf(request.query.limit);
    const { feed, seq } = await streams.attach(id, ownerOf(request), parseCursor(request.query.after ?? "0"));
    const entries = seq < feed.tail ? (await entriesAfter(log, id, seq, limit)).slice(0, limit) : [];
    const audience = agents.audience(feed.record.agent);
    const events = reveal(entries, (entry) => showEntry(entry, audience), seq);
    const reached = entries.at(-1)?.seq ?? seq;
    const upToDate = reached >= feed.tail;
    return { events, next: formatCursor(feed.record.inc, reached), upToDate, ended: upToDate && feed.ended };
  });

  app.get<WithId>("/v1/streams/:id/message", (request) => streams.message(request.params.id, ownerOf(request)));

  app.post<WithId>("/v1/streams/:id/cancel", async (request, reply) => {
    const owner = ownerOf(request);
    await streams.cancel(request.params.id, owner);
    const { id, status } = await streams.find(request.params.id, owner);
    return reply.code(202).send({ id, status });
  });

  app.post<WithCallId>("/v1/streams/:id/tools/:callId", async (request, reply) => {
    const { id, callId } = request.params;
    const owner = ownerOf(request);
    if (!isFields(request.body)) throw invalid("body", request.body, "a JSON object");
    await streams.answerTool(id, owner, callId, decodeToolOutcome(request.body));
    return reply.code(202).send({ id, callId });
  });

  app.delete<WithId>("/v1/streams/:id", async (request, reply) => {
    await streams.remove(request.params.id, ownerOf(request));
    return reply.code(204).send();
  });

  app.get("/v1/conversations", async (request) => ({
    conversations: (await log.listConversations(ownerOf(request), LISTED_CONVERSATIONS)).map(
      ({ owner: _owner, ...conversation }) => conversation,
    ),
  }));

  app.get<WithId>("/v1/conversations/:id", async (request) => {
    const owner = ownerOf(request);
    const { owner: _owner, ...conversation } = await ownConversation(request.params.id, owner);
    const turns = await log.readTurns(conversation.id);
    return { ...conversation, messages: await Promise.all(turns.map((turn) => shownTurn(turn, conversation.agent))) };
  });

  app.get<WithId & { Params: { message: string } }>(
    "/v1/conversations/:id/messages/:message/attachments",
    async (request) => {
      const { id } = await ownConversation(request.params.id, ownerOf(request));
      const turn = await log.findTurn(request.params.message, id);
      if (turn?.role === "user" && turn.conversation === id) return { attachments: turn.attachments };
      throw new StreamError("not_found", `Message "${request.params.message}" was not found`, { field: "message" });
    },
  );

  app.delete<WithId>("/v1/conversations/:id", async (request, reply) => {
    const owner = ownerOf(request);
    const { id } = await ownConversation(request.params.id, owner);
    for (const turn of await log.readTurns(id)) {
      if (turn.role === "assistant" && turn.message === null) await streams.cancel(turn.stream, owner);
    }
    await log.deleteConversation(id);
    return reply.code(204).send();
  });

  app.get("/v1/agents", () => ({ agents: agents.notes() }));

  async function live(
    request: FastifyRequest,
    reply: FastifyReply,
    id: string,
    after: Cursor,
    hold: boolean,
  ): Promise<void> {
    const { feed, seq } = await streams.attach(id, ownerOf(request), parseCursor(after));
    if (feed.ended && seq >= feed.tail) {
      await reply.code(204).send();
      return;
    }
    const viewed = hold ? await HeldFeed.of(feed) : feed;
    reply.hijack();
    // Gone while the store was asked: its close will not be told again.
    if (reply.raw.destroyed) return;
    const bye = deliverSse(viewed, seq, reply.raw, reply.getHeaders(), parts.sse);
    parts.live.add(bye);
    reply.raw.on("close", () => parts.live.delete(bye));
  }

  async function ownConversation(id: string, owner: string) {
    const conversation = await log.findConversation(id);
    if (conversation?.owner === owner) return conversation;
    throw new StreamError("not_found", `Conversation "${id}" was not found`, { field: "id" });
  }

  /** A turn as the page shows it; one that is being written is the snapshot to go on from. */
  async function shownTurn(turn: Turn, agent: string): Promise<object> {
    if (turn.role === "user") {
      const { createdAt, attachments, ...shown } = turn;
      return { ...shown, ts: createdAt, attachments: attachments.map(({ name, mediaType }) => ({ name, mediaType })) };
    }
    const message = await streams.snapshot(turn);
    return { ...showMessage(message, agents.audience(agent)), parent: turn.parent, ts: turn.createdAt };
  }
}

/** The body as a start; the header `Idempotency-Key` is its `sendId`. */
function startRequestOf(request: FastifyRequest, limits: StartLimits) {
  const { body } = request;
  if (!isFields(body)) throw invalid("body", body, "a JSON object");
  const key = request.headers["idempotency-key"];
  return decodeStartRequest(key === undefined ? body : { ...body, sendId: key }, limits);
}

const linksOf = (path: string) => ({
  self: path,
  live: `${path}/live`,
  events: `${path}/events`,
  message: `${path}/message`,
  cancel: `${path}/cancel`,
});

function limitOf(given: string | undefined): number {
  if (given === undefined) return PAGE_ENTRIES;
  const limit = Number(given);
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_ENTRIES)
    throw invalid("limit", given, `a whole number from 1 to ${PAGE_ENTRIES}`);
  return limit;
}

function holdOf(given: string | undefined): boolean {
  if (given === undefined || given === "false") return false;
  if (given !== "true") throw invalid("hold", given, "true or false");
  return true;
}

const accepts = (request: FastifyRequest, type: string): boolean => (request.headers.accept ?? "").includes(type);
const prefers = (request: FastifyRequest, preference: string): boolean =>
  String(request.headers["prefer"] ?? "")
    .split(/[,;]/)
    .some((part) => part.trim().toLowerCase() === preference);
