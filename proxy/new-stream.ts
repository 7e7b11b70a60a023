/** What a start writes: the ids, the user's turn and its place in the conversation, the first entry. */
import { StreamError } from "../protocol/index.ts";
import type { StartRequest } from "../protocol/index.ts";
import { mintId, mintIncarnation } from "./ids.ts";
import { makeBatch } from "./stream-log/batch.ts";
import type { Lease } from "./stream-log/replicas.ts";
import type { NewStream, StreamLog, UserTurn } from "./stream-log/stream-log.ts";

/** Characters of the first input that name a conversation. */
const TITLE_CHARS = 80;

interface Start {
  readonly request: StartRequest;
  readonly owner: string;
  readonly agent: string;
  readonly fingerprint: string;
  readonly lease: Lease;
}

/** @throws {StreamError} `not_found` (conversation, parent), `conflict` (the parent is still being answered). */
export async function newStream(
  log: StreamLog,
  { request, owner, agent, fingerprint, lease }: Start,
): Promise<NewStream> {
  const createdAt = Date.now();
  const place = await placeOf(log, request, owner);
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
    // Its attachments are in the turn.
    request: { ...request, attachments: undefined },
    lease,
    ...(place.isNew ? { title: request.input.trim().slice(0, TITLE_CHARS) } : {}),
    ...(request.sendId === undefined ? {} : { sendId: request.sendId }),
  };
}

/** The conversation and the turn this one follows. */
async function placeOf(
  log: StreamLog,
  request: StartRequest,
  owner: string,
): Promise<{ conversation: string; parent: string | null; isNew: boolean }> {
  if (request.conversation === undefined) {
    if (request.parent) throw notFound("parent", request.parent);
    return { conversation: mintId("c"), parent: null, isNew: true };
  }
  const found = await log.findConversation(request.conversation);
  if (found === null || found.owner !== owner) throw notFound("conversation", request.conversation);
  const parent = request.parent === undefined ? found.head : request.parent;
  if (parent !== null) {
    const turn = await log.findTurn(parent, found.id);
    if (turn?.conversation !== found.id) throw notFound("parent", parent);
    if (turn.role === "assistant" && turn.message === null) {
      throw new StreamError("conflict", "parent: found an answer that is still running, expected one that has ended", {
        field: "parent",
      });
    }
  }
  return { conversation: found.id, parent, isNew: false };
}

const notFound = (field: string, found: string): StreamError =>
  new StreamError("not_found", `${field}: found "${found}", expected one of yours`, { field });
