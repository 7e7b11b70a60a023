/** Each stream by its own streaming GET, where WebSockets do not get through. */
import { decodeEntry, parseCursor, StreamError } from "../../protocol/index.ts";
import type { StatusNote, WireEntry } from "../../protocol/index.ts";
import { pause } from "./backoff.ts";
import { HeldBack } from "./held-back.ts";
import { unreachable } from "./proxy-api.ts";
import { sseParser } from "./sse-lines.ts";
import type { SseEvent } from "./sse-lines.ts";
import { cursorOf } from "./transport.ts";
import type { StreamReader, Transport, TransportHost } from "./transport.ts";

/** One reader's loop of attempts. */
interface Run {
  /** Ends the loop. */
  readonly stop: AbortController;
  /** Ends the wait before the next attempt, or the present attempt when nothing was heard for `afterMs`. */
  hurry: (afterMs: number) => void;
}

export class SseTransport implements Transport {
  readonly kind = "sse";
  readonly #host: TransportHost;
  readonly #runs = new Map<StreamReader, Run>();
  readonly #firstDelayMs: number;

  /** @param firstDelayMs milliseconds until the first attempt of each reader */
  constructor(host: TransportHost, firstDelayMs: number) {
    this.#host = host;
    this.#firstDelayMs = firstDelayMs;
  }

  attach(reader: StreamReader): void {
    const run: Run = { stop: new AbortController(), hurry: () => {} };
    this.#runs.set(reader, run);
    void this.#follow(reader, run);
  }

  detach(reader: StreamReader): void {
    this.#runs.get(reader)?.stop.abort();
    this.#runs.delete(reader);
  }

  /** The socket's own flow control needs no word from us. */
  applied(): void {}

  /** There is no ping to send: what is silent, or stays so for a moment, is opened anew, which costs one request. */
  wake(): void {
    for (const run of this.#runs.values()) run.hurry(this.#host.timing.probeMs);
  }

  close(): void {
    for (const reader of this.#runs.keys()) this.detach(reader);
  }

  async #follow(reader: StreamReader, run: Run): Promise<void> {
    const { signal } = run.stop;
    for (let delayMs: number | null = this.#firstDelayMs; delayMs !== null;) {
      const early = new AbortController();
      run.hurry = () => early.abort();
      if (delayMs > 0) await pause(delayMs, AbortSignal.any([signal, early.signal]));
      if (signal.aborted) return;
      this.#host.attempting();
      delayMs = await this.#attempt(reader, run);
    }
  }

  /** Milliseconds until the next attempt, or null when there is none. */
  async #attempt(reader: StreamReader, run: Run): Promise<number | null> {
    const { api, timing } = this.#host;
    const attempt = new AbortController();
    const signal = AbortSignal.any([run.stop.signal, attempt.signal]);
    let heardAt = Date.now();
    let hintMs: number | undefined;
    const giveUp = (): void => {
      // Nobody refused us: there is nothing to spare by waiting.
      hintMs = 0;
      attempt.abort();
    };
    const isSilent = (ms: number): boolean => Date.now() - heardAt >= ms;
    let probe: ReturnType<typeof setTimeout> | undefined;
    // Nothing can be asked on the way back: what says nothing for so long is opened anew, which loses nothing.
    run.hurry = (afterMs) => {
      if (isSilent(afterMs)) return giveUp();
      clearTimeout(probe);
      const hurriedAt = Date.now();
      probe = setTimeout(() => heardAt <= hurriedAt && giveUp(), afterMs);
    };
    const watch = setInterval(() => isSilent(timing.silenceMs) && giveUp(), timing.silenceMs / 4);
    const opening = setTimeout(() => attempt.abort(), timing.welcomeMs);
    let worked = false;
    try {
      const path = `/v1/streams/${encodeURIComponent(reader.id)}/live?after=${cursorOf(reader.position)}${reader.hold ? "&hold=true" : ""}`;
      const response = await api.open(path, { headers: { accept: "text/event-stream" } }, signal);
      clearTimeout(opening);
      if (response.status === 204) {
        reader.ended();
        return null;
      }
      // A gateway's own page is not our stream.
      if (!response.headers.get("content-type")?.startsWith("text/event-stream")) throw unreachable(api.base);
      worked = true;
      this.#host.opened();
      hintMs = await this.#read(response, reader, (at) => (heardAt = at), signal);
    } catch (error) {
      if (run.stop.signal.aborted) return null;
      if (error instanceof StreamError && error.code !== "connect_timeout") return this.#host.refused(reader, error);
    } finally {
      clearInterval(watch);
      clearTimeout(opening);
      clearTimeout(probe);
      attempt.abort();
    }
    return run.stop.signal.aborted ? null : this.#host.dropped({ worked, hintMs });
  }

  /** Reads until the body ends or there is a gap. Gives the server's hint for the next attempt, if it gave one. */
  async #read(
    response: Response,
    reader: StreamReader,
    heard: (at: number) => void,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const parse = sseParser();
    const text = new TextDecoder();
    const body = response.body!.getReader();
    const path = new HeldBack(Date.now());
    for (;;) {
      const { done, value } = await body.read();
      if (done || signal.aborted) return undefined;
      heard(Date.now());
      const events = parse(text.decode(value, { stream: true }));
      if (!this.#deliver(events, reader, value.length, path)) return undefined;
      const bye = events.find((event) => event.event === "bye");
      if (bye !== undefined) return (JSON.parse(bye.data) as { retryAfterMs?: number }).retryAfterMs;
      const room = reader.room();
      if (room === undefined) continue;
      // We are the ones who wait: the server's silence means nothing.
      heard(Number.POSITIVE_INFINITY);
      await room;
      heard(Date.now());
    }
  }

  /** False on a gap. */
  #deliver(events: readonly SseEvent[], reader: StreamReader, bytes: number, path: HeldBack): boolean {
    const entries: WireEntry[] = [];
    let inc: string | null = null;
    for (const { id, event, data } of events) {
      if (event === "status") reader.status(JSON.parse(data) as StatusNote);
      if (event !== "") continue;
      inc = parseCursor(id, "id").inc;
      entries.push(decodeEntry(JSON.parse(data)));
    }
    // To a reader that holds, lumps are what the proxy means to send.
    if (!reader.hold && path.arrived(entries, Date.now())) this.#host.noticed("buffered");
    if (inc === null) return true;
    this.#host.progressed();
    return reader.accept(inc, entries, bytes);
  }
}
