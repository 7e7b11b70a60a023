/** The headless client as a reader, over WebSocket or SSE. */
import { WebSocket } from "ws";
import { crc32, emptyMessage, parseCursor, visibleText } from "../../protocol/index.ts";
import type { Message, StartRequest, StreamError } from "../../protocol/index.ts";
import { createClient } from "../../widget/client.ts";
import type { Client } from "../../widget/client.ts";
import { readMessage } from "../../widget/read-message.ts";
import type { TcpFaults } from "../fakes/tcp-faults.ts";
import { difference, patiently } from "./reader.ts";
import type { Ended, Reader, Seen } from "./reader.ts";

/** Milliseconds. Long enough for a busy machine, short enough for a schedule with many breaks. */
const TIMING = { welcomeMs: 3_000, silenceMs: 2_000, probeMs: 1_000, ackMs: 200, backoff: () => 20 };

/** Of a request, one every 20 ms: a proxy that is started again on a busy machine is waited for. */
const ATTEMPTS = 2_000;

export class HeadlessReader implements Reader {
  readonly line: TcpFaults;
  readonly seen: Seen[] = [];
  readonly #transport: "ws" | "sse";
  #client: Client;
  #stream = "";
  #message: Message = emptyMessage("0");
  #stop = new AbortController();
  #reading: Promise<void> = Promise.resolve();
  #failure: StreamError | null = null;
  #news = Promise.withResolvers<void>();

  /** @param line its own: the reader closes it */
  constructor(line: TcpFaults, transport: "ws" | "sse") {
    this.line = line;
    this.#transport = transport;
    this.#client = this.#open();
  }

  /** Starts the stream. It may be asked several times; there is one stream. */
  async start(request: StartRequest): Promise<string> {
    const { id } = await this.#client.start(request, { attempts: ATTEMPTS });
    return id;
  }

  follow(stream: string): void {
    this.#stream = stream;
    this.#follow();
  }

  reads(text: string): Promise<void> {
    return patiently(
      () => difference(visibleText(this.#message), text),
      this.#until(() => visibleText(this.#message) === text),
    );
  }

  async ended(): Promise<Ended> {
    await patiently(
      () => `the end; the last was ${visibleText(this.#message).slice(-40)}`,
      this.#until(() => this.#message.end !== undefined),
    );
    await this.#reading;
    return { status: this.#message.status, text: visibleText(this.#message) };
  }

  async reload(from: "kept" | "start"): Promise<void> {
    await this.#leave();
    if (from === "start") this.#message = emptyMessage("0");
    this.#client = this.#open();
    this.#follow();
  }

  /** Nobody tells a program that runs without a page. */
  async offline(on: boolean): Promise<void> {
    this.line.refuse(on);
    this.line.reset();
  }

  async wake(): Promise<void> {
    this.#client.connection.reconnect();
  }

  cancel(): Promise<void> {
    return this.#client.cancel(this.#stream, { attempts: ATTEMPTS });
  }

  async close(): Promise<void> {
    await this.#leave();
    await this.line.close();
  }

  #open(): Client {
    return createClient({
      endpoint: this.line.url,
      transport: this.#transport,
      WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
      timing: TIMING,
    });
  }

  #follow(): void {
    this.#stop = new AbortController();
    this.#failure = null;
    this.#reading = this.#read(this.#stop.signal).catch((error: unknown) => {
      this.#failure = error as StreamError;
      this.#tell();
    });
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { cursor } = this.#message;
    const after = parseCursor(cursor).seq === 0 ? "0" : cursor;
    const feed = this.#client.follow(this.#stream, { after, signal });
    for await (const { message } of readMessage(feed, this.#message)) {
      const { seq } = parseCursor(message.cursor);
      // After a resync to another incarnation a reader begins anew; else it only ever goes forward.
      this.seen.push({ seq, digest: crc32(visibleText(message)) });
      this.#message = message;
      this.#tell();
    }
  }

  async #leave(): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    this.#client.close();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await this.#news.promise;
      if (this.#failure !== null) throw this.#failure;
    }
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}
