/** A provider for tests: answers each request with given bytes, in given pieces, and ends as told. Knows no format. */
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";

export interface ReplayRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Replay {
  /** @default 200 */
  readonly status?: number;
  /** @default an event stream */
  readonly headers?: Readonly<Record<string, string>>;
  /** Each piece is a write of its own. An async source gates the writes: the next one waits for its piece. */
  readonly body: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** Offsets at which a body of one piece is split. */
  readonly cuts?: readonly number[];
  /** `end` regularly, `fin` without the end of the chunked body, `reset` the connection, or `hang`. @default "end" */
  readonly ending?: "end" | "fin" | "reset" | "hang";
}

export interface ReplayServer {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Every request so far, in order. */
  readonly requests: readonly ReplayRequest[];
  readonly openSockets: number;
  /** Sockets ever accepted: pooled clients need few. */
  readonly acceptedSockets: number;
  /** Body bytes handed to the kernel: stands still while the reader does not read. */
  readonly writtenBytes: number;
  /** Settles when no socket is open. */
  quiet(): Promise<void>;
  /** Destroys what is open. */
  close(): Promise<void>;
}

/** `reply` is asked once per request; a `Replay` alone answers every request the same. */
export async function openReplayServer(
  reply: Replay | ((request: ReplayRequest) => Replay | Promise<Replay>),
  port = 0,
): Promise<ReplayServer> {
  const opened = new Replays(typeof reply === "function" ? reply : () => reply);
  await opened.listen(port);
  return opened;
}

const EVENT_STREAM = { "content-type": "text/event-stream" };

class Replays implements ReplayServer {
  readonly requests: ReplayRequest[] = [];
  acceptedSockets = 0;
  writtenBytes = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #reply: (request: ReplayRequest) => Replay | Promise<Replay>;
  #onQuiet: (() => void)[] = [];

  constructor(reply: (request: ReplayRequest) => Replay | Promise<Replay>) {
    this.#reply = reply;
    this.#server = createServer((request, response) => void this.#answer(request, response).catch(() => {}));
    this.#server.on("connection", (socket) => this.#accept(socket));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async quiet(): Promise<void> {
    if (this.#sockets.size > 0) await new Promise<void>((resolve) => this.#onQuiet.push(resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(socket: Socket): void {
    this.acceptedSockets++;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size > 0) return;
      for (const resolve of this.#onQuiet.splice(0)) resolve();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const bytes of request) body += String(bytes);
    const { method = "", url = "", headers } = request;
    const seen = { method, url, headers, body };
    this.requests.push(seen);
    const replay = await this.#reply(seen);
    response.writeHead(replay.status ?? 200, replay.headers ?? EVENT_STREAM);
    response.flushHeaders();
    for await (const piece of piecesOf(replay)) {
      if (response.destroyed) return;
      if (!response.write(piece)) await drained(response);
      this.writtenBytes += piece.length;
      // Lets the kernel send this piece before the next one joins it.
      await new Promise(setImmediate);
    }
    const socket = response.socket;
    switch (replay.ending ?? "end") {
      case "end":
        response.end();
        return;
      case "fin":
        socket?.end();
        return;
      case "reset":
        socket?.resetAndDestroy();
        return;
      case "hang":
    }
  }
}

/** Also when the reader has left. */
async function drained(response: ServerResponse): Promise<void> {
  const done = new AbortController();
  const { signal } = done;
  await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]);
  done.abort();
}

function* split(body: Uint8Array, cuts: readonly number[]): Generator<Uint8Array> {
  let start = 0;
  for (const cut of [...cuts, body.length]) {
    if (cut > start) yield body.subarray(start, cut);
    start = cut;
  }
}

function piecesOf({ body, cuts = [] }: Replay): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (typeof body === "string") return split(Buffer.from(body), cuts);
  return body instanceof Uint8Array ? split(body, cuts) : body;
}
