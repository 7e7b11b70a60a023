/** A reverse proxy on loopback that does to a path what real ones do: holds back, compresses, strips, refuses, cuts. */
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createGzip } from "node:zlib";

export interface Misbehaviour {
  /** As `Server: …` of every response. @default nothing */
  readonly server?: string;
  /** Responses are passed on when they are whole, or in pieces of so many bytes. @default as they come */
  readonly holds?: "all" | { readonly bytes: number };
  /** Where the reader takes it. */
  readonly gzips?: boolean;
  /** What becomes of a request to upgrade: refused with 403, passed on as an ordinary one, or without its subprotocol. */
  readonly upgrades?: "refused" | "ignored" | "no subprotocol" | "swallowed";
  /** Names of headers taken from requests and responses. */
  readonly strips?: readonly string[];
  /** Set in every response. */
  readonly adds?: Readonly<Record<string, string>>;
  /** Milliseconds without a byte of its body after which a response is cut off. @default never */
  readonly cutsIdleMs?: number;
  /** Ends every event stream after so many bytes. @default never */
  readonly cutsBytes?: number;
  /** Answers everything itself. */
  readonly answers?: RequestListener;
  /** The Host that is told to the target. @default the one that was asked for */
  readonly host?: string;
}

export interface Middlebox extends AsyncDisposable {
  readonly url: string;
}

/** In front of `target` on loopback. */
export async function openMiddlebox(target: string, how: Misbehaviour): Promise<Middlebox> {
  const { port } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((asked, answer) => {
    if (how.answers !== undefined) return how.answers(asked, answer);
    forward(asked, answer, Number(port), how);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  server.on("upgrade", (asked: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on("error", () => {});
    upgrade(asked, socket, head, Number(port), how);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function forward(asked: IncomingMessage, answer: ServerResponse, port: number, how: Misbehaviour): void {
  const { method = "GET", url = "/" } = asked;
  const upstream = request({ port, host: "127.0.0.1", method, path: url, headers: without(asked.headers, how) });
  upstream.on("error", () => answer.destroy());
  upstream.on("response", (response) => {
    const { statusCode = 502, headers } = response;
    const { connection: _connection, "transfer-encoding": _encoding, ...kept } = without(headers, how);
    const told: Record<string, unknown> = { ...kept, ...how.adds };
    if (how.server !== undefined) told["server"] = how.server;
    const gzips = how.gzips === true && /gzip/.test(String(asked.headers["accept-encoding"]));
    if (gzips) {
      delete told["content-length"];
      told["content-encoding"] = "gzip";
    }
    const isStream = /event-stream/.test(headers["content-type"] ?? "");
    if (how.cutsIdleMs !== undefined) cutIdle(response, answer, how.cutsIdleMs);
    response.on("error", () => answer.destroy());
    answer.on("close", () => response.destroy());
    const head = () => answer.writeHead(statusCode, told as Record<string, string>);
    if (how.holds === "all") return void holdAll(response, answer, head);
    head();
    answer.flushHeaders();
    if (gzips) response.pipe(createGzip()).pipe(answer);
    else if (how.holds !== undefined) inPieces(response, answer, how.holds.bytes);
    else if (how.cutsBytes !== undefined && isStream) cutAfter(response, answer, how.cutsBytes);
    else response.pipe(answer);
  });
  asked.pipe(upstream);
}

function without(headers: IncomingHttpHeaders, { strips = [], host }: Misbehaviour): IncomingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => !strips.includes(name));
  return { ...Object.fromEntries(kept), ...(host !== undefined && headers.host !== undefined ? { host } : {}) };
}

async function holdAll(response: IncomingMessage, answer: ServerResponse, head: () => void): Promise<void> {
  const body = await response.toArray().catch(() => []);
  if (answer.destroyed) return;
  head();
  answer.end(Buffer.concat(body as Buffer[]));
}

function inPieces(response: IncomingMessage, answer: ServerResponse, bytes: number): void {
  let held = Buffer.alloc(0);
  response.on("data", (read: Buffer) => {
    held = Buffer.concat([held, read]);
    const whole = held.length - (held.length % bytes);
    if (whole > 0) answer.write(held.subarray(0, whole));
    held = held.subarray(whole);
  });
  response.on("end", () => answer.end(held));
}

function cutAfter(response: IncomingMessage, answer: ServerResponse, bytes: number): void {
  let left = bytes;
  response.on("data", (read: Buffer) => {
    answer.write(read.subarray(0, left));
    left -= read.length;
    if (left <= 0) answer.end();
  });
  response.on("end", () => answer.end());
}

function cutIdle(response: IncomingMessage, answer: ServerResponse, ms: number): void {
  let idle = setTimeout(() => answer.destroy(), ms);
  response.on("data", () => {
    clearTimeout(idle);
    idle = setTimeout(() => answer.destroy(), ms);
  });
  response.on("close", () => clearTimeout(idle));
}

function upgrade(asked: IncomingMessage, socket: Socket, head: Buffer, port: number, how: Misbehaviour): void {
  const { upgrades, server = "box" } = how;
  const { "sec-websocket-protocol": subprotocol, ...headers } = asked.headers;
  if (upgrades === "refused") {
    socket.end(`HTTP/1.1 403 Forbidden\r\nServer: ${server}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno`);
    return;
  }
  const isPlain = upgrades === "ignored";
  const { upgrade: _upgrade, connection: _connection, ...plain } = asked.headers;
  const sent = isPlain
    ? plain
    : upgrades === "no subprotocol"
      ? headers
      : { ...headers, "sec-websocket-protocol": subprotocol };
  const upstream = request({ port, host: "127.0.0.1", path: asked.url, headers: without(sent, how) });
  upstream.on("error", () => socket.destroy());
  const headOf = ({ statusCode, statusMessage, rawHeaders }: IncomingMessage) => {
    const lines = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : []));
    return `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join("\r\n")}\r\n\r\n`;
  };
  upstream.on("response", (response) => {
    socket.write(headOf(response));
    response.pipe(socket);
  });
  upstream.on("upgrade", (response, relayed: Socket, first: Buffer) => {
    relayed.on("error", () => socket.destroy());
    socket.on("close", () => relayed.destroy());
    socket.write(headOf(response));
    socket.write(first);
    relayed.pipe(socket);
    if (upgrades === "swallowed") return void socket.resume();
    relayed.write(head);
    socket.pipe(relayed);
  });
  upstream.end();
}
