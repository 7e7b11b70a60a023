/** One WebSocket: many streams of one visitor, requests and answers, heartbeats both ways (protocol.md §5.2). */
import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import {
  CLIENT_FRAME_BYTES,
  CLOSE,
  ACK_TIMEOUT_MS,
  decodeClientFrame,
  encodeFrame,
  formatCursor,
  HELLO_MS,
  MIN_WINDOW_BYTES,
  parseCursor,
  PROTOCOL_VERSION,
  SILENCE_MS,
  StreamError,
  SUBSCRIPTIONS_PER_SOCKET,
} from "../../protocol/index.ts";
import type {
  ClientFrame,
  Position,
  ServerFrame,
  Started,
  StartLimits,
  StartRequest,
  ToolOutcome,
} from "../../protocol/index.ts";
import type { Feed } from "./feed.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { HeldFeed } from "./held-feed.ts";
import { WsSubscription } from "./ws-subscription.ts";
import type { FrameSocket } from "./ws-subscription.ts";

/** Bytes the socket may hold unsent before viewers wait. The kernel's buffers come on top. */
const SOCKET_BUFFER_BYTES = 1_048_576;
/** What the standard leaves for it, 123, less a character that may be cut. */
const CLOSE_REASON_BYTES = 120;
/** Frames nobody can read that a client may send before it is told to go: a mistake is not an attack. */
const MAX_BAD_FRAMES = 8;

/** What a socket may ask for. */
export interface WsService {
  /** Who it is, and until when that holds, in milliseconds since the epoch. */
  identify(accessToken: string | undefined): { readonly owner: string; readonly expiresAt: number };
  start(request: StartRequest, owner: string): Promise<Started>;
  attach(id: string, owner: string, position: Position): Promise<{ readonly feed: Feed; readonly seq: number }>;
  cancel(id: string, owner: string): Promise<void>;
  answerTool(id: string, owner: string, callId: string, outcome: ToolOutcome): Promise<void>;
}

export interface WsOptions {
  readonly session: string;
  readonly heartbeat: Heartbeat;
  readonly heartbeatMs: number;
  readonly windowBytes: number;
  readonly rotateMs: number;
  readonly limits: StartLimits;
}

export class WsConnection implements FrameSocket {
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  readonly #service: WsService;
  readonly #options: WsOptions;
  readonly #subscriptions = new Map<number, WsSubscription>();
  /** Asked for, while the store is asked: an `unsub` may come before its answer. */
  readonly #asked = new Map<number, symbol>();
  readonly #stopBeats: () => void;
  readonly #helloTimer: NodeJS.Timeout;
  readonly #openedAt = Date.now();
  #owner: string | null = null;
  #expiresAt = Infinity;
  #heardAt = Date.now();
  #beats = 0;
  #badFrames = 0;

  /** `socket` is the one the WebSocket was upgraded on. */
  constructor(ws: WebSocket, socket: Duplex, service: WsService, options: WsOptions) {
    this.#ws = ws;
    this.#socket = socket;
    this.#service = service;
    this.#options = options;
    this.#helloTimer = setTimeout(() => this.bye(CLOSE.protocol, "no hello in time"), HELLO_MS).unref();
    this.#stopBeats = options.heartbeat.add(() => this.#beat());
    ws.on("message", (data, isBinary) => this.#receive(data, isBinary));
    ws.on("error", () => ws.terminate());
    ws.on("close", () => this.#closed());
    socket.on("drain", () => this.#wakeAll());
  }

  /** Streams that are read on this socket. */
  get viewers(): number {
    return this.#subscriptions.size;
  }

  writable(): boolean {
    return this.#ws.bufferedAmount < SOCKET_BUFFER_BYTES;
  }

  /** Past ws, which would make a head for each viewer: without compression it writes at once too, so order is kept. */
  sendRaw(frame: Buffer): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.#socket.write(frame);
  }

  send(frame: ServerFrame): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.send(encodeFrame(frame));
  }

  /** Says why and closes. The reason is cut to what a close frame holds. */
  bye(code: number, reason: string, retryAfterMs?: number): void {
    this.send({ type: "bye", code, reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    this.#ws.close(code, closeReason(reason));
  }

  /** Without the other side, which may not be there any more. */
  terminate(): void {
    this.#ws.terminate();
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.#heardAt = Date.now();
    const bytes = data as Buffer;
    if (bytes.length > CLIENT_FRAME_BYTES)
      return this.bye(CLOSE.frameTooBig, `a frame holds at most ${CLIENT_FRAME_BYTES} bytes`);
    if (isBinary) return this.bye(CLOSE.protocol, "frames are JSON text");
    const text = bytes.toString();
    let frame: ClientFrame;
    try {
      frame = decodeClientFrame(text, this.#options.limits);
    } catch (thrown) {
      return this.#refuse(text, StreamError.from(thrown));
    }
    if (this.#owner === null && frame.type !== "hello") return this.bye(CLOSE.protocol, "the first frame is hello");
    this.#answer(frame);
  }

  /** The error goes where the frame came from, if that can be read; other streams are not touched. */
  #refuse(text: string, error: StreamError): void {
    this.send({ type: "err", ...addressOf(text), error: error.toJSON() });
    if (++this.#badFrames > MAX_BAD_FRAMES) this.bye(CLOSE.protocol, "too many frames that cannot be read");
  }

  #answer(frame: ClientFrame): void {
    switch (frame.type) {
      case "hello":
        return this.#hello(frame.v, frame.accessToken);
      case "auth":
        this.#authenticate(frame.accessToken);
        return;
      case "sub":
        return void this.#subscribe(frame);
      case "ack":
        return this.#subscriptions.get(frame.s)?.acknowledge(frame.seq);
      case "unsub":
        return this.#unsubscribe(frame.s);
      case "start": {
        const { type: _type, rid, ...request } = frame;
        return void this.#request(rid, async (owner) => {
          const { id, conversation, message, cursor } = await this.#service.start(request, owner);
          return { type: "started", rid, id, conversation, message, cursor };
        });
      }
      case "cancel":
        return void this.#request(frame.rid, async (owner) => {
          await this.#service.cancel(frame.id, owner);
          return { type: "cancelled", rid: frame.rid, id: frame.id };
        });
      case "tool":
        return void this.#request(frame.rid, async (owner) => {
          const { rid, id, callId, outcome } = frame;
          await this.#service.answerTool(id, owner, callId, outcome);
          return { type: "tooled", rid, id, callId };
        });
      case "ping":
        return this.send({ type: "pong", n: frame.n });
      case "pong":
        return;
    }
  }

  #hello(version: number, accessToken: string | undefined): void {
    if (version !== PROTOCOL_VERSION)
      return this.bye(CLOSE.version, `v: found ${version}, expected ${PROTOCOL_VERSION}`);
    clearTimeout(this.#helloTimer);
    if (!this.#authenticate(accessToken)) return;
    const { session, heartbeatMs, windowBytes } = this.#options;
    this.send({ type: "welcome", session, heartbeatMs, window: windowBytes });
  }

  #authenticate(accessToken: string | undefined): boolean {
    try {
      const { owner, expiresAt } = this.#service.identify(accessToken);
      // Another visitor's streams must not go on under this one.
      if (this.#owner !== null && this.#owner !== owner)
        throw new StreamError("forbidden", "accessToken: found another visitor's");
      this.#owner = owner;
      this.#expiresAt = expiresAt;
      return true;
    } catch (thrown) {
      const error = StreamError.from(thrown);
      this.send({ type: "err", error: error.toJSON() });
      this.bye(error.code === "forbidden" ? CLOSE.forbidden : CLOSE.unauthenticated, error.message);
      return false;
    }
  }

  async #subscribe({ s, id, after, window, hold }: Extract<ClientFrame, { type: "sub" }>): Promise<void> {
    const asked = Symbol(id);
    try {
      if (this.#subscriptions.size + this.#asked.size >= SUBSCRIPTIONS_PER_SOCKET) {
        throw new StreamError(
          "rate_limited",
          `s: found ${SUBSCRIPTIONS_PER_SOCKET} subscriptions, expected no more on one socket`,
          { field: "s" },
        );
      }
      if (this.#subscriptions.has(s))
        throw new StreamError("conflict", `s: found ${s}, which is in use`, { field: "s" });
      this.#asked.set(s, asked);
      const { feed, seq } = await this.#service.attach(id, this.#owner!, parseCursor(after));
      const viewed = hold === true ? await HeldFeed.of(feed) : feed;
      if (this.#ws.readyState !== this.#ws.OPEN || this.#asked.get(s) !== asked) return;
      const windowBytes = Math.max(MIN_WINDOW_BYTES, Math.min(window ?? Infinity, this.#options.windowBytes));
      const subscription = new WsSubscription(s, viewed, seq, this, windowBytes, () => this.#subscriptions.delete(s));
      this.#subscriptions.set(s, subscription);
      const cursor = formatCursor(feed.record.inc, seq);
      this.send({ type: "subbed", s, id, cursor, tail: feed.tail, status: feed.status });
      subscription.begin();
    } catch (thrown) {
      this.send({ type: "err", s, error: StreamError.from(thrown).toJSON() });
    } finally {
      if (this.#asked.get(s) === asked) this.#asked.delete(s);
    }
  }

  #unsubscribe(s: number): void {
    this.#asked.delete(s);
    this.#subscriptions.get(s)?.stop();
    this.#subscriptions.delete(s);
  }

  async #request(rid: string, work: (owner: string) => Promise<ServerFrame>): Promise<void> {
    try {
      this.send(await work(this.#owner!));
    } catch (thrown) {
      this.send({ type: "err", rid, error: StreamError.from(thrown).toJSON() });
    }
  }

  #beat(): void {
    const now = Date.now();
    if (now - this.#heardAt > SILENCE_MS) return this.#ws.terminate();
    if (now >= this.#expiresAt) return this.bye(CLOSE.accessTokenExpired, "the access token has expired", 0);
    if (now - this.#openedAt > this.#options.rotateMs) return this.bye(CLOSE.rotated, "connect again to go on", 0);
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.overdueMs(now) > ACK_TIMEOUT_MS) return this.bye(CLOSE.slow, "nothing was acknowledged");
    }
    const heads = [...this.#subscriptions.values()]
      .map((subscription) => subscription.head())
      .filter((head) => head !== null);
    this.send({ type: "ping", n: ++this.#beats, ...(heads.length > 0 ? { heads } : {}) });
  }

  #wakeAll(): void {
    for (const subscription of this.#subscriptions.values()) subscription.wake();
  }

  #closed(): void {
    clearTimeout(this.#helloTimer);
    this.#stopBeats();
    for (const subscription of this.#subscriptions.values()) subscription.stop();
    this.#subscriptions.clear();
  }
}

/** As much of a text as a close frame holds, in bytes; ws throws over more. */
const closeReason = (text: string): string =>
  Buffer.from(text)
    .subarray(0, CLOSE_REASON_BYTES)
    .toString()
    .replace(/\uFFFD+$/, "");

/** The subscription or request a frame spoke of, when that much of it can be read. */
function addressOf(text: string): { s?: number; rid?: string } {
  try {
    const { s, rid } = JSON.parse(text) as { s?: unknown; rid?: unknown };
    if (typeof rid === "string" || typeof rid === "number") return { rid: String(rid) };
    return typeof s === "number" ? { s } : {};
  } catch {
    return {};
  }
}
