/** A small proxy that speaks the protocol over HTTP and WebSocket from logs in memory, and misbehaves on request. */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { decodeClientFrame, emptyMessage, encodeFrame, fold, parseCursor, StreamError } from "../../protocol/index.ts";
import type { ClientFrame, LogEntry, ServerFrame, StartRequest, WireEntry } from "../../protocol/index.ts";

const LIMITS = { inputChars: 32_000, attachmentsBytes: 8_388_608 };

/** What happens to one delivery: nothing; sent twice; lost; wrong text; the socket destroyed after it; silence for ever. */
export type Mischief = "none" | "duplicate" | "lose" | "corrupt" | "cut" | "stall";

export interface FakeStream {
  readonly id: string;
  inc: string;
  log: LogEntry[];
  /** Entries up to here were trimmed by retention. */
  trimmed: number;
}

interface Viewer {
  readonly stream: FakeStream;
  cursor: number;
  unacked: { readonly seq: number; readonly bytes: number }[];
  /** False over SSE, where the socket's own flow control does it. */
  readonly isWindowed: boolean;
  readonly send: (entries: readonly WireEntry[]) => void;
  readonly end: () => void;
  readonly cut: () => void;
  stalled: boolean;
}

export class FakeProxy {
  readonly streams = new Map<string, FakeStream>();
  /** Every start request that was not a repeat, with its sendId. */
  readonly starts: StartRequest[] = [];
  readonly cancelled: string[] = [];
  /** What the client said over WebSocket, and how often it came by which way. */
  readonly frames: ClientFrame[] = [];
  readonly attempts = { ws: 0, sse: 0, post: 0 };
  /** Asked before each delivery: how many entries it holds, and what becomes of it. */
  mischief: () => { readonly length: number; readonly what: Mischief } = () => ({ length: 4, what: "none" });
  /** How upgrades are answered: as they should be, with 403, or with a socket on which nothing ever comes. */
  upgrades: "accept" | "refuse" | "mute" = "accept";
  /** Asked for each HTTP request; a number is the status to fail with, "cut" destroys the socket after handling it. */
  http: (request: IncomingMessage) => number | "cut" | null = () => null;
  windowBytes = 262_144;
  /** True: open sockets are not heard, as after a network died without a word. */
  isDeaf = false;
  /** Answers a start; adds the stream that the answer names. */
  onStart: (request: StartRequest, number: number) => FakeStream = (_request, number) =>
    this.add(`s_${number}`, [], "i1");

  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #wss = new WebSocketServer({ noServer: true });
  readonly #viewers = new Set<Viewer>();
  readonly #bySendId = new Map<string, object>();

  private constructor() {
    this.#server = createServer((request, response) => void this.#onRequest(request, response));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => {});
    });
    this.#server.on("upgrade", (request, socket, head) => {
      this.attempts.ws += 1;
      if (this.upgrades === "refuse") socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n");
      else this.#wss.handleUpgrade(request, socket, head, (ws) => this.#onSocket(ws));
    });
  }

  static async open(): Promise<FakeProxy> {
    const proxy = new FakeProxy();
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  add(id: string, log: LogEntry[], inc = "i1"): FakeStream {
    const stream: FakeStream = { id, inc, log, trimmed: 0 };
    this.streams.set(id, stream);
    return stream;
  }

  append(id: string, entries: readonly LogEntry[]): void {
    this.streams.get(id)!.log.push(...entries);
    this.#pumpAll();
  }

  /** Sends a frame, or any text, to every socket. */
  broadcast(frame: ServerFrame | string): void {
    for (const ws of this.#wss.clients) ws.send(typeof frame === "string" ? frame : encodeFrame(frame));
  }

  /** Closes every socket with this code and no other word. */
  closeAll(code: number): void {
    for (const ws of this.#wss.clients) ws.close(code);
  }

  /** Where the first viewer has been sent up to; -1 when there is none. */
  get sentTo(): number {
    return [...this.#viewers][0]?.cursor ?? -1;
  }

  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cutAll();
    this.#wss.close();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #onSocket(ws: WebSocket): void {
    ws.on("error", () => {});
    if (this.upgrades === "mute") return;
    const viewers = new Map<number, Viewer>();
    const send = (frame: ServerFrame): void => ws.send(encodeFrame(frame));
    ws.on("close", () => viewers.forEach((viewer) => this.#viewers.delete(viewer)));
    ws.on("message", (bytes) => {
      if (this.isDeaf && viewers.size > 0) return;
      const frame = decodeClientFrame(String(bytes), LIMITS);
      this.frames.push(frame);
      if (frame.type === "hello") {
        send({ type: "welcome", session: "x", heartbeatMs: 15_000, window: this.windowBytes });
      } else if (frame.type === "ping") send({ type: "pong", n: frame.n });
      else if (frame.type === "unsub") {
        const viewer = viewers.get(frame.s);
        if (viewer !== undefined) this.#viewers.delete(viewer);
        viewers.delete(frame.s);
      } else if (frame.type === "ack") {
        const viewer = viewers.get(frame.s);
        if (viewer === undefined) return;
        viewer.unacked = viewer.unacked.filter((sent) => sent.seq > frame.seq);
        this.#pump(viewer);
      } else if (frame.type === "sub") {
        const { s } = frame;
        try {
          const { stream, cursor } = this.#locate(frame.id, frame.after);
          const tail = stream.log.length;
          send({ type: "subbed", s, id: stream.id, cursor: `${stream.inc}.${cursor}`, tail, status: "running" });
          const viewer = this.#view(stream, cursor, {
            isWindowed: true,
            send: (e) => send({ type: "ev", s, e }),
            end: () => send({ type: "end", s, seq: stream.log.length }),
            cut: () => ws.terminate(),
          });
          viewers.set(s, viewer);
          this.#pump(viewer);
        } catch (error) {
          send({ type: "err", s, error: StreamError.from(error).toJSON() });
        }
      }
    });
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, this.url);
    const body = request.method === "POST" ? await text(request) : "";
    const fault = this.http(request);
    if (fault === "cut" && request.method === "GET") return void response.destroy();
    const json = (status: number, value: unknown): void => {
      if (fault === "cut") return void response.destroy();
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    };
    try {
      if (typeof fault === "number") throw new StreamError(fault === 429 ? "rate_limited" : "capacity", "as asked");
      const [, , kind, id = "", what] = url.pathname.split("/");
      if (kind === "streams" && id === "" && request.method === "POST") return json(201, this.#start(body));
      if (kind === "streams" && what === "live") return await this.#live(id, url, response);
      if (kind === "streams" && what === "message") return json(200, this.message(id));
      if (kind === "streams" && what === "cancel") return json(202, (this.cancelled.push(id), {}));
      if (kind === "agents") return json(200, { agents: [{ name: "default", greeting: "Hello" }] });
      const snapshot = kind === "conversations" ? this.conversations.get(id) : undefined;
      if (snapshot === undefined) throw new StreamError("not_found", `No ${url.pathname}`);
      json(200, snapshot);
    } catch (error) {
      const failure = StreamError.from(error);
      json(failure.http, { error: failure });
    }
  }

  readonly conversations = new Map<string, object>();

  message(id: string): object {
    const { inc, log } = this.#find(id);
    return fold(emptyMessage(inc), log);
  }

  #start(body: string): object {
    this.attempts.post += 1;
    const request = JSON.parse(body) as StartRequest;
    const known = this.#bySendId.get(request.sendId!);
    if (known !== undefined) return known;
    this.starts.push(request);
    const stream = this.onStart(request, this.starts.length);
    const first = stream.log[0];
    const ids =
      first?.type === "stream.start"
        ? { conversation: first.conversation, message: first.message }
        : { conversation: "c_1", message: `m_${this.starts.length}` };
    const answer = { id: stream.id, ...ids, cursor: `${stream.inc}.0`, links: {} };
    this.#bySendId.set(request.sendId!, answer);
    return answer;
  }

  async #live(id: string, url: URL, response: ServerResponse): Promise<void> {
    this.attempts.sse += 1;
    const { stream, cursor } = this.#locate(id, url.searchParams.get("after") ?? "0");
    if (stream.log.at(-1)?.type === "stream.end" && cursor === stream.log.length) {
      return void response.writeHead(204).end();
    }
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    response.write(": hi\n\n");
    const viewer = this.#view(stream, cursor, {
      isWindowed: false,
      send: (entries) =>
        entries.forEach((e) => response.write(`id: ${stream.inc}.${e.seq}\ndata: ${JSON.stringify(e)}\n\n`)),
      end: () => response.end(),
      cut: () => response.destroy(),
    });
    response.on("close", () => this.#viewers.delete(viewer));
    this.#pump(viewer);
  }

  #find(id: string): FakeStream {
    const stream = this.streams.get(id);
    if (stream === undefined) throw new StreamError("not_found", `No stream "${id}"`);
    return stream;
  }

  #locate(id: string, after: string): { readonly stream: FakeStream; readonly cursor: number } {
    const stream = this.#find(id);
    const { inc, seq } = parseCursor(after);
    if (inc !== null && inc !== stream.inc) throw new StreamError("incarnation_changed", "Another incarnation");
    if (seq > stream.log.length) throw new StreamError("cursor_ahead", "Not yet written");
    if (seq < stream.trimmed) throw new StreamError("cursor_expired", "Trimmed");
    return { stream, cursor: seq };
  }

  #view(stream: FakeStream, cursor: number, way: Pick<Viewer, "isWindowed" | "send" | "end" | "cut">): Viewer {
    const viewer: Viewer = { stream, cursor, unacked: [], stalled: false, ...way };
    this.#viewers.add(viewer);
    return viewer;
  }

  #pumpAll(): void {
    for (const viewer of this.#viewers) this.#pump(viewer);
  }

  #pump(viewer: Viewer): void {
    const { log } = viewer.stream;
    while (this.#viewers.has(viewer) && !viewer.stalled && viewer.cursor < log.length) {
      if (viewer.unacked.reduce((sum, { bytes }) => sum + bytes, 0) >= this.windowBytes) return;
      const { length, what } = this.mischief();
      const entries = log.slice(viewer.cursor, viewer.cursor + length);
      const from = viewer.cursor;
      viewer.cursor += entries.length;
      if (what === "stall") viewer.stalled = true;
      if (what === "lose" || what === "stall") continue;
      viewer.send(what === "corrupt" ? entries.map(corrupt) : entries);
      if (viewer.isWindowed) viewer.unacked.push({ seq: entries.at(-1)!.seq, bytes: JSON.stringify(entries).length });
      if (what === "duplicate") viewer.send(log.slice(Math.max(0, from - 2), viewer.cursor));
      if (what === "cut") {
        this.#viewers.delete(viewer);
        // What was sent must be able to arrive before the socket dies.
        void wait(1).then(viewer.cut);
      }
    }
    const isOver = viewer.cursor === log.length && log.at(-1)?.type === "stream.end";
    if (isOver && this.#viewers.delete(viewer) && !viewer.stalled) viewer.end();
  }
}

const corrupt = (entry: LogEntry): LogEntry => (entry.type === "delta" ? { ...entry, text: "\u2717" } : entry);

async function text(request: IncomingMessage): Promise<string> {
  let all = "";
  for await (const part of request) all += String(part);
  return all;
}
