/** The frames of the WebSocket protocol, as JSON text: unions, encoding, and decoding with validation (protocol.md §5.2). */
import { parseCursor } from "./cursor.ts";
import type { Cursor } from "./cursor.ts";
import { decodeEntry } from "./log-entry.ts";
import type { MessageStatus } from "./message.ts";
import { decodeStartRequest } from "./start-request.ts";
import type { StartLimits, StartRequest } from "./start-request.ts";
import { invalid } from "./stream-error.ts";
import type { WireError } from "./stream-error.ts";
import type { WireEntry } from "./stream-event.ts";
import { isFields, optionalString, parseFields, requireCount, requireString } from "./validate.ts";
import type { Fields } from "./validate.ts";

/** The client's small integer for one subscription. */
export type SubscriptionId = number;
/** The client's own id of one request; the answer repeats it. */
export type RequestId = string;

export type ToolOutcome = { readonly result: unknown } | { readonly error: string } | { readonly approve: boolean };

export type ClientFrame =
  | { readonly type: "hello"; readonly v: number; readonly accessToken?: string }
  | {
      readonly type: "sub";
      readonly s: SubscriptionId;
      readonly id: string;
      readonly after: Cursor;
      readonly window?: number;
      /** True: nothing that may still be voided (protocol.md §3.5). @default false */
      readonly hold?: boolean;
    }
  | { readonly type: "ack"; readonly s: SubscriptionId; readonly seq: number }
  | { readonly type: "unsub"; readonly s: SubscriptionId }
  | ({ readonly type: "start"; readonly rid: RequestId } & StartRequest)
  | { readonly type: "cancel"; readonly rid: RequestId; readonly id: string }
  | {
      readonly type: "tool";
      readonly rid: RequestId;
      readonly id: string;
      readonly callId: string;
      readonly outcome: ToolOutcome;
    }
  | { readonly type: "auth"; readonly accessToken: string }
  | { readonly type: "ping"; readonly n: number }
  | { readonly type: "pong"; readonly n: number };

/** What the answer to a start tells, over HTTP and WebSocket alike. */
export interface Started {
  readonly id: string;
  readonly conversation: string;
  readonly message: string;
  readonly cursor: Cursor;
}

/** What a viewer can be told that is not in the log. */
/** `step`: an agent began a step of its own, named in `detail`. */
export type StatusPhase = "waiting" | "retrying" | "paused" | "step" | "live";

export interface StatusNote {
  readonly phase: StatusPhase;
  readonly detail?: string;
  readonly delayMs?: number;
}

/** A stream's head at a heartbeat: the reader compares its own digest at that seq. */
export interface Head {
  readonly s: SubscriptionId;
  readonly seq: number;
  readonly digest: number;
}

export type ServerFrame =
  | { readonly type: "welcome"; readonly session: string; readonly heartbeatMs: number; readonly window: number }
  | {
      readonly type: "subbed";
      readonly s: SubscriptionId;
      readonly id: string;
      readonly cursor: Cursor;
      readonly tail: number;
      readonly status: MessageStatus;
    }
  | { readonly type: "ev"; readonly s: SubscriptionId; readonly e: readonly WireEntry[] }
  | ({ readonly type: "started"; readonly rid: RequestId } & Started)
  | { readonly type: "cancelled"; readonly rid: RequestId; readonly id: string }
  | { readonly type: "tooled"; readonly rid: RequestId; readonly id: string; readonly callId: string }
  | { readonly type: "end"; readonly s: SubscriptionId; readonly seq: number }
  | ({ readonly type: "status"; readonly s: SubscriptionId } & StatusNote)
  | { readonly type: "err"; readonly s?: SubscriptionId; readonly rid?: RequestId; readonly error: WireError }
  | { readonly type: "ping"; readonly n: number; readonly heads?: readonly Head[] }
  | { readonly type: "pong"; readonly n: number }
  | { readonly type: "bye"; readonly code: number; readonly reason: string; readonly retryAfterMs?: number };

const ID_CHARS = 128;
/** An access token is a signed string of a few claims. */
const ACCESS_TOKEN_CHARS = 8_192;

export const encodeFrame = (frame: ClientFrame | ServerFrame): string => JSON.stringify(frame);

/** @throws {StreamError} `invalid_request` for anything protocol.md §5.2 does not define. */
export function decodeClientFrame(text: string, limits: StartLimits): ClientFrame {
  const frame = parseFields(text, "frame");
  switch (frame["type"]) {
    case "hello": {
      const accessToken = optionalString(frame, "accessToken", ACCESS_TOKEN_CHARS);
      const v = requireCount(frame, "v");
      return accessToken === undefined ? { type: "hello", v } : { type: "hello", v, accessToken };
    }
    case "sub": {
      parseCursor(frame["after"] ?? "0");
      const base = { type: "sub", s: requireCount(frame, "s"), id: requireString(frame, "id", ID_CHARS) } as const;
      const after = String(frame["after"] ?? "0");
      const { hold } = frame;
      if (hold !== undefined && typeof hold !== "boolean") throw invalid("hold", hold, "true or false");
      return {
        ...base,
        after,
        ...(frame["window"] === undefined ? {} : { window: requireCount(frame, "window") }),
        ...(hold === undefined ? {} : { hold }),
      };
    }
    case "ack":
      return { type: "ack", s: requireCount(frame, "s"), seq: requireCount(frame, "seq") };
    case "unsub":
      return { type: "unsub", s: requireCount(frame, "s") };
    case "start":
      return { type: "start", rid: requestId(frame), ...decodeStartRequest(frame, limits) };
    case "cancel":
      return { type: "cancel", rid: requestId(frame), id: requireString(frame, "id", ID_CHARS) };
    case "tool":
      return {
        type: "tool",
        rid: requestId(frame),
        id: requireString(frame, "id", ID_CHARS),
        callId: requireString(frame, "callId", ID_CHARS),
        outcome: decodeToolOutcome(frame),
      };
    case "auth":
      return { type: "auth", accessToken: requireString(frame, "accessToken", ACCESS_TOKEN_CHARS) };
    case "ping":
    case "pong":
      return { type: frame["type"], n: requireCount(frame, "n") };
    default:
      throw invalid("type", frame["type"], "hello, sub, ack, unsub, start, cancel, tool, auth, ping or pong");
  }
}

/** A tool's result, its error, or a person's decision: exactly one of `result`, `error`, `approve`. */
export function decodeToolOutcome(fields: Fields): ToolOutcome {
  const given = ["result", "error", "approve"].filter((name) => fields[name] !== undefined);
  if (given.length !== 1) throw invalid("result", given, "exactly one of result, error and approve");
  if (given[0] === "result") return { result: fields["result"] };
  if (given[0] === "error") return { error: requireString(fields, "error", 4_096) };
  if (typeof fields["approve"] !== "boolean") throw invalid("approve", fields["approve"], "true or false");
  return { approve: fields["approve"] };
}

/** A client may number its requests or name them. */
function requestId(frame: Fields): RequestId {
  const rid = frame["rid"];
  return typeof rid === "number" && Number.isSafeInteger(rid) ? String(rid) : requireString(frame, "rid", ID_CHARS);
}

/**
 * Decodes what a server sent. A frame type this version does not know gives null: newer servers may say more.
 * @throws {StreamError} `invalid_request` for a known frame whose fields are wrong.
 */
export function decodeServerFrame(text: string): ServerFrame | null {
  const frame = parseFields(text, "frame");
  switch (frame["type"]) {
    case "ev":
      if (!Array.isArray(frame["e"])) throw invalid("e", frame["e"], "an array of entries");
      return { type: "ev", s: requireCount(frame, "s"), e: frame["e"].map(decodeEntry) };
    case "subbed":
      parseCursor(frame["cursor"], "cursor");
      requireCount(frame, "tail");
      return known(frame, "s", "id");
    case "welcome":
      requireCount(frame, "heartbeatMs");
      requireCount(frame, "window");
      return known(frame, "session");
    case "started":
      parseCursor(frame["cursor"], "cursor");
      return known(frame, "rid", "id", "conversation", "message");
    case "cancelled":
      return known(frame, "rid", "id");
    case "tooled":
      return known(frame, "rid", "id", "callId");
    case "end":
      requireCount(frame, "seq");
      return known(frame, "s");
    case "status":
      return known(frame, "s", "phase");
    case "err":
      if (!isFields(frame["error"])) throw invalid("error", frame["error"], "an error object");
      requireString(frame["error"], "code", ID_CHARS, "error.code");
      return known(frame);
    case "ping":
    case "pong":
      requireCount(frame, "n");
      return known(frame);
    case "bye":
      requireCount(frame, "code");
      return known(frame);
    default:
      return null;
  }
}

/** The frame with its ids checked: `s` is a count, every other name a string. */
function known(frame: Fields, ...names: readonly string[]): ServerFrame {
  for (const name of names) {
    if (name === "s") requireCount(frame, name);
    else requireString(frame, name, 1_024);
  }
  return frame as unknown as ServerFrame;
}
