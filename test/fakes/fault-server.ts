/** A provider of every kind on one port: each place on it fails its first request in its own way, and then answers well. */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import type { Misbehaviour } from "./misbehaviours.ts";
import type { Bytes, Wire } from "./wires/wire.ts";

/** What every provider answers; the first two pieces are the partial answer of those that fail in the middle. */
export const ANSWER_PIECES = ["Ships leave ", "at dawn 🛥️ ", "and come ", "home by night."] as const;
export const ANSWER = ANSWER_PIECES.join("");
export const PARTIAL = ANSWER_PIECES[0] + ANSWER_PIECES[1];

/** One provider's address. */
export interface Place {
  /** Without a slash at the end. */
  readonly url: string;
  /** A reader has seen something of the answer: what waits to fail in the middle goes on. */
  shown(): void;
}

export interface FaultServer {
  readonly port: number;
  /** @param first how the first request fails; null where none does */
  place(wire: Wire, first: Misbehaviour | null): Place;
  /** Destroys what is open. */
  close(): Promise<void>;
}

export async function openFaultServer(): Promise<FaultServer> {
  const opened = new Faults();
  await opened.listen();
  return opened;
}

interface Spot {
  readonly wire: Wire;
  readonly shown: Promise<void>;
  /** Null once it has failed. */
  first: Misbehaviour | null;
}

class Faults implements FaultServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #spots: Spot[] = [];

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response).catch(() => {}));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  place(wire: Wire, first: Misbehaviour | null): Place {
    const { promise, resolve } = Promise.withResolvers<void>();
    const index = this.#spots.push({ wire, shown: promise, first }) - 1;
    return { url: `http://127.0.0.1:${this.port}/${index}`, shown: resolve };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = Buffer.concat(await request.toArray()).toString("utf8");
    const spot = this.#spots[Number(request.url?.split("/")[1])]!;
    const { wire, shown, first } = spot;
    spot.first = null;
    if (first !== null) return first({ wire, response, partial: PARTIAL, shown });
    const said = prefixOf(asked);
    if (!ANSWER.startsWith(said)) throw new Error(`"${said}" is no beginning of the answer`);
    const left = ANSWER.slice(said.length);
    const parts: Bytes[] = [wire.opening, ...pieces(left).map((piece) => wire.said(piece)), wire.closing(left)];
    response.writeHead(200, { "content-type": wire.type });
    response.end(Buffer.concat(parts.map((part) => Buffer.from(part))));
  }
}

/** Of a whole answer its pieces; what is left of one goes out as it is. */
const pieces = (text: string): readonly string[] => (text === ANSWER ? ANSWER_PIECES : [text]);

/** The answer so far that a request asks to go on from, in the formats that know such a thing; else nothing. */
function prefixOf(asked: string): string {
  const { messages } = JSON.parse(asked) as { messages?: readonly { role: string; content: unknown }[] };
  const last = messages?.at(-1);
  if (last?.role !== "assistant") return "";
  const { content } = last;
  if (typeof content === "string") return content;
  return (content as readonly { readonly text?: string }[]).map(({ text = "" }) => text).join("");
}
