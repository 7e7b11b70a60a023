/** A viewer on an HTTP response: server-sent events, held back by the socket's own `drain` (protocol.md §5.3). */
import type { ServerResponse } from "node:http";
import { CLOSE } from "../../protocol/index.ts";
import type { StatusNote } from "../../protocol/index.ts";
import type { Heartbeat } from "./heartbeat.ts";
import type { Parcel } from "./parcel.ts";
import { Viewer } from "./viewer.ts";
import type { ViewedFeed } from "./viewer.ts";

export interface SseOptions {
  readonly heartbeat: Heartbeat;
  /** Milliseconds after which the reader is asked to connect again. */
  readonly rotateMs: number;
}

/** When a plain EventSource comes back after a cut, give or take a half so that not all come at once. */
const RETRY_MS = 1_000;

/** A reader who takes nothing more does not take the goodbye either: then the connection is cut, in milliseconds. */
const BYE_MS = 10_000;

/** Ends a response early. @param retryAfterMs when the reader is to come back, where we know better than it does */
export type Bye = (code: number, reason: string, retryAfterMs?: number) => void;

/** Against buffering and transformation on the way: nginx, CDNs and compressing middleboxes. */
export const SSE_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;

/**
 * Sends everything after `cursor` until the stream ends, then ends the response. The response's head must not be
 * written yet. Returns how to end it early with a `bye`.
 */
export function deliverSse(
  feed: ViewedFeed,
  cursor: number,
  response: ServerResponse,
  headers: Readonly<Record<string, string | readonly string[] | number | undefined>>,
  options: SseOptions,
): Bye {
  const sse = new SseTransport(response);
  const openedAt = Date.now();
  // Without chunks an event is one plain write; the end of the connection ends the body, as `stream.end` ends the stream.
  response.removeHeader("transfer-encoding");
  response.shouldKeepAlive = false;
  response.writeHead(200, { ...headers, ...SSE_HEADERS } as Record<string, string>);
  // The head by itself, in one packet with what follows: written together with a text, Node would keep the forty pieces
  // it is made of for as long as the response lives.
  response.cork();
  response.flushHeaders();
  process.nextTick(() => response.uncork());
  // A first byte at once: some proxies forward the head only together with the body.
  response.write(`retry: ${Math.round(RETRY_MS * (0.5 + Math.random()))}\n\n`);
  const viewer = new Viewer(feed, cursor, sse);
  let cut: NodeJS.Timeout | undefined;
  const bye: Bye = (...why) => {
    viewer.stop();
    sse.bye(...why);
    cut ??= setTimeout(() => response.destroy(), BYE_MS).unref();
  };
  const stopBeats = options.heartbeat.add(() => {
    if (Date.now() - openedAt >= options.rotateMs) bye(CLOSE.rotated, "connect again to go on", 0);
    else sse.beat(viewer.head());
  });
  const { socket } = response;
  const wake = () => viewer.wake();
  socket?.on("drain", wake);
  response.on("close", () => {
    clearTimeout(cut);
    viewer.stop();
    stopBeats();
    socket?.off("drain", wake);
  });
  viewer.begin();
  return bye;
}

class SseTransport {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  ready(): boolean {
    return this.#response.socket?.writableNeedDrain === false;
  }

  /** Straight to the socket: what ServerResponse adds to each write is for bodies with chunks. */
  send(parcel: Parcel): void {
    this.#response.socket?.write(parcel.sse);
  }

  note(note: StatusNote): void {
    this.#event("status", note);
  }

  /** A comment: no reader's event, but a sign of life; with the digest where the reader stands at the head. */
  beat(head: { readonly seq: number; readonly digest: number } | null): void {
    if (this.ready()) this.#response.write(head === null ? ":\n\n" : `: ${JSON.stringify(head)}\n\n`);
  }

  end(): void {
    this.#response.end();
  }

  /** An end without `stream.end`: the reader asks again from its cursor and is told then. */
  fail(): void {
    this.#response.end();
  }

  bye(...[code, reason, retryAfterMs]: Parameters<Bye>): void {
    this.#event("bye", { code, reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    this.#response.end();
  }

  /** What is not in the log has a name and no id, so it never moves a reader's cursor. */
  #event(name: string, value: unknown): void {
    if (!this.#response.writableEnded) this.#response.write(`event: ${name}\ndata: ${JSON.stringify(value)}\n\n`);
  }
}
