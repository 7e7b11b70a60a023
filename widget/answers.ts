/** What the proxy answers over HTTP, checked at the edge. */
import { parseCursor, StreamError } from "../protocol/index.ts";
import type { Message, Started } from "../protocol/index.ts";
import type { AgentNote, ConversationSnapshot } from "./chat.ts";

type Answer = Readonly<Record<string, unknown>>;

/** @throws {StreamError} naming the field of the answer that is missing or wrong; so all of these. */
export function decodeStarted(value: unknown): Started {
  const answer = object(value);
  parseCursor(answer["cursor"], "cursor");
  for (const name of ["id", "conversation", "message"]) string(answer, name);
  return answer as unknown as Started;
}

export function decodeMessage(value: unknown): Message {
  const message = object(value);
  parseCursor(message["cursor"], "cursor");
  string(message, "status");
  list(message, "blocks");
  object(message["usageByAttempt"], "usageByAttempt");
  return message as unknown as Message;
}

export function decodeConversation(value: unknown): ConversationSnapshot {
  const snapshot = object(value);
  string(snapshot, "id");
  for (const item of list(snapshot, "messages")) {
    const message = object(item, "messages");
    string(message, "id");
    if (message["role"] === "user") string(message, "text");
    else decodeMessage(message);
  }
  return snapshot as unknown as ConversationSnapshot;
}

export function decodeAgents(value: unknown): readonly AgentNote[] {
  const agents = list(object(value), "agents");
  for (const agent of agents) string(object(agent, "agents"), "name");
  return agents as readonly AgentNote[];
}

function object(value: unknown, field = "body"): Answer {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(field, "an object");
  return value as Answer;
}

function list(answer: Answer, field: string): readonly unknown[] {
  const value = answer[field];
  if (!Array.isArray(value)) throw wrong(field, "an array");
  return value;
}

function string(answer: Answer, field: string): void {
  if (typeof answer[field] !== "string") throw wrong(field, "a string");
}

const wrong = (field: string, expected: string): StreamError =>
  new StreamError("internal", `Cannot read the proxy's answer: ${field} is not ${expected}`, { field });
