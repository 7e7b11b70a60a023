/** All streams of a connection over one WebSocket: hello, subscriptions, acknowledgements, heartbeats. */
import {
  ACK_RATIO,
  CLOSE,
  decodeServerFrame,
  encodeFrame,
  isFatalClose,
  parseCursor,
  PROTOCOL_VERSION,
  StreamError,
  SUBPROTOCOL,
  WINDOW_BYTES,
} from "../../protocol/index.ts";
import type { ClientFrame, ServerFrame } from "../../protocol/index.ts";
import { HelloToken } from "./hello-token.ts";
import { LastingSocket } from "./lasting-socket.ts";
import { cursorOf } from "./transport.ts";
import type { StreamReader, Transport, TransportHost } from "./transport.ts";

type Timer = ReturnType<typeof setTimeout>;

/** One subscription: `s` is new each time it is asked for, so that frames of an older one are not taken for its own. */
interface Lane {
  readonly reader: StreamReader;
  s: number;
  /** Known once the server confirmed. */
  inc: string | null;
  appliedSeq: number;
  unackedBytes: number;
  timer: Timer | undefined;
}

export class WsTransport implements Transport {
  readonly kind = "ws";
  readonly #host: TransportHost;
  readonly #socket: LastingSocket;
  readonly #lanes = new Map<StreamReader, Lane>();
  readonly #bySub = new Map<number, Lane>();
  readonly #token: HelloToken;
  #lastSub = 0;
  #pings = 0;
  #welcomed = false;
  #window = WINDOW_BYTES;
  #hintMs: number | undefined;
  #heardAt = 0;
  #watch: Timer | undefined;

  /** @param firstDelayMs milliseconds until the first attempt */
  constructor(host: TransportHost, Socket: typeof WebSocket, firstDelayMs: number) {
    this.#host = host;
    this.#token = new HelloToken(host.api);
    this.#socket = new LastingSocket(
      {
        url: () => this.#nextUrl(),
        protocol: SUBPROTOCOL,
        WebSocket: Socket,
        connectMs: host.timing.welcomeMs,
        opened: () => this.#onOpen(),
        received: (text) => this.#onText(text),
        dropped: (code, reason) => this.#onDrop(code, reason),
      },
      firstDelayMs,
    );
  }

  attach(reader: StreamReader): void {
    const lane: Lane = { reader, s: 0, inc: null, appliedSeq: 0, unackedBytes: 0, timer: undefined };
    this.#lanes.set(reader, lane);
    if (this.#welcomed) this.#subscribe(lane);
  }

  detach(reader: StreamReader): void {
    const lane = this.#lanes.get(reader);
    if (lane === undefined) return;
    this.#unsubscribe(lane);
    this.#lanes.delete(reader);
  }

  /** Counts characters for bytes: for text beyond ASCII that acknowledges later, still well within the window. */
  applied(reader: StreamReader, seq: number, bytes: number): void {
    const lane = this.#lanes.get(reader);
    if (lane === undefined) return;
    lane.appliedSeq = seq;
    lane.unackedBytes += bytes;
    if (lane.unackedBytes >= ACK_RATIO * this.#window) this.#ack(lane);
    else lane.timer ??= setTimeout(() => this.#ack(lane), this.#host.timing.ackMs);
  }

  wake(): void {
    this.#socket.retryNow();
    if (!this.#welcomed) return;
    const { probeMs } = this.#host.timing;
    this.#heardAt = Math.min(this.#heardAt, Date.now() - this.#host.timing.silenceMs + probeMs);
    this.#send({ type: "ping", n: ++this.#pings });
    this.#watchFor(probeMs);
  }

  close(): void {
    this.#endAttempt();
    for (const reader of this.#lanes.keys()) this.detach(reader);
    this.#socket.close();
  }

  async #nextUrl(): Promise<string> {
    this.#host.attempting();
    await this.#token.refresh();
    return this.#host.api.url("/v1/ws").replace(/^http/, "ws");
  }

  #onOpen(): void {
    const { welcomeMs, silenceMs } = this.#host.timing;
    this.#heardAt = Date.now() - silenceMs + welcomeMs;
    this.#watchFor(welcomeMs);
    const accessToken = this.#token.value;
    this.#send({ type: "hello", v: PROTOCOL_VERSION, ...(accessToken === undefined ? {} : { accessToken }) });
  }

  #onDrop(code: number, reason: string): number | null {
    const worked = this.#welcomed;
    const hintMs = this.#hintMs;
    this.#endAttempt();
    // A visitor without a token yet, or one whose token expired while the page was open, is not told anything.
    if (this.#token.isRefused(code)) return 0;
    const error = this.#token.error ?? (isFatalClose(code) ? fatalError(code, reason) : undefined);
    if (error === undefined || error.retryable) return this.#host.dropped({ worked, hintMs });
    this.#host.failed(error);
    return null;
  }

  #onText(text: string): void {
    let frame: ServerFrame | null;
    try {
      frame = decodeServerFrame(text);
    } catch {
      this.#socket.drop(CLOSE.heartbeat, "frame not understood");
      return;
    }
    // Until the welcome only the welcome proves that frames come through in time.
    if (this.#welcomed || frame?.type === "welcome") this.#heardAt = Date.now();
    if (frame !== null) this.#onFrame(frame, text.length);
  }

  #onFrame(frame: ServerFrame, bytes: number): void {
    switch (frame.type) {
      case "ev":
        return this.#onEntries(frame, bytes);
      case "ping":
        this.#send({ type: "pong", n: frame.n });
        for (const head of frame.heads ?? []) this.#bySub.get(head.s)?.reader.digestAt(head.seq, head.digest);
        return;
      case "welcome":
        this.#welcomed = true;
        this.#window = frame.window;
        this.#host.opened();
        for (const lane of this.#lanes.values()) this.#subscribe(lane);
        return;
      case "subbed":
        return this.#onSubbed(frame);
      case "status":
        return this.#bySub.get(frame.s)?.reader.status(frame);
      case "end":
        return this.#onEnd(frame);
      case "err":
        return this.#onError(frame);
      case "bye":
        this.#hintMs = frame.retryAfterMs;
        return this.#socket.drop(frame.code, frame.reason);
      case "pong":
      case "started":
      case "cancelled":
      case "tooled":
        // Requests go by HTTP, where they work the same on both transports.
        return;
    }
  }

  #onEntries({ s, e }: ServerFrame & { type: "ev" }, bytes: number): void {
    const lane = this.#bySub.get(s);
    if (lane === undefined) return;
    if (lane.inc === null || !lane.reader.accept(lane.inc, e, bytes)) return this.#resubscribe(lane);
    this.#host.progressed();
  }

  #onSubbed({ s, cursor }: ServerFrame & { type: "subbed" }): void {
    const lane = this.#bySub.get(s);
    if (lane === undefined) return;
    lane.inc = parseCursor(cursor).inc;
    const { inc } = lane.reader.position;
    if (inc === null || inc === lane.inc) return;
    lane.reader.restart();
    this.#unsubscribe(lane);
    this.#subscribe(lane);
  }

  #onEnd({ s, seq }: ServerFrame & { type: "end" }): void {
    const lane = this.#bySub.get(s);
    if (lane === undefined) return;
    if (lane.reader.position.seq >= seq) lane.reader.ended();
    else this.#resubscribe(lane);
  }

  #onError({ s, error }: ServerFrame & { type: "err" }): void {
    const lane = this.#bySub.get(s ?? -1);
    if (lane === undefined) return;
    this.#unsubscribe(lane);
    void this.#host.refused(lane.reader, StreamError.fromWire(error)).then((delayMs) => {
      if (delayMs === null || lane.s !== 0) return;
      lane.timer = setTimeout(() => this.#subscribe(lane), delayMs);
    });
  }

  /** A gap: what follows the reader's position is asked for again, after a while so that it cannot spin. */
  #resubscribe(lane: Lane): void {
    this.#unsubscribe(lane);
    lane.timer = setTimeout(() => this.#subscribe(lane), this.#host.timing.backoff(0));
  }

  #subscribe(lane: Lane): void {
    if (!this.#welcomed || this.#lanes.get(lane.reader) !== lane) return;
    this.#forget(lane);
    lane.s = ++this.#lastSub;
    this.#bySub.set(lane.s, lane);
    const { id, position, hold } = lane.reader;
    this.#send({ type: "sub", s: lane.s, id, after: cursorOf(position), ...(hold ? { hold } : {}) });
  }

  #unsubscribe(lane: Lane): void {
    if (lane.s !== 0) this.#send({ type: "unsub", s: lane.s });
    this.#forget(lane);
  }

  #forget(lane: Lane): void {
    clearTimeout(lane.timer);
    this.#bySub.delete(lane.s);
    Object.assign(lane, { s: 0, inc: null, unackedBytes: 0, timer: undefined });
  }

  #ack(lane: Lane): void {
    clearTimeout(lane.timer);
    lane.timer = undefined;
    lane.unackedBytes = 0;
    if (lane.s !== 0) this.#send({ type: "ack", s: lane.s, seq: lane.appliedSeq });
  }

  #endAttempt(): void {
    clearTimeout(this.#watch);
    this.#welcomed = false;
    this.#hintMs = undefined;
    for (const lane of this.#lanes.values()) this.#forget(lane);
  }

  /** One timer looks when the silence was last broken, instead of being set anew by each frame. */
  #watchFor(ms: number): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      const left = this.#heardAt + this.#host.timing.silenceMs - Date.now();
      if (left > 0) this.#watchFor(left);
      else this.#socket.drop(CLOSE.heartbeat, "nothing heard");
    }, ms);
  }

  #send(frame: ClientFrame): void {
    this.#socket.send(encodeFrame(frame));
  }
}

function fatalError(code: number, reason: string): StreamError {
  const message = reason === "" ? `The proxy closed the connection for good (${code})` : reason;
  switch (code) {
    case CLOSE.unauthenticated:
      return new StreamError("unauthenticated", message);
    case CLOSE.origin:
    case CLOSE.forbidden:
      return new StreamError("forbidden", message);
    default:
      return new StreamError("invalid_request", message);
  }
}
