/** One stream on a WebSocket: a viewer within a byte window that cumulative acks move (protocol.md §5.5). */
import type { ServerFrame, StatusNote, StreamError } from "../../protocol/index.ts";
import type { Head } from "./feed.ts";
import type { Parcel } from "./parcel.ts";
import { Viewer } from "./viewer.ts";
import type { ViewedFeed, ViewerTransport } from "./viewer.ts";

/** What a subscription needs of its socket. */
export interface FrameSocket {
  /** False while the socket's own buffer is full. */
  writable(): boolean;
  /** Sends bytes that are a whole WebSocket frame already. */
  sendRaw(frame: Buffer): void;
  send(frame: ServerFrame): void;
}

interface Unacknowledged {
  readonly seq: number;
  readonly bytes: number;
  readonly sentAt: number;
}

export class WsSubscription implements ViewerTransport {
  readonly s: number;
  readonly #socket: FrameSocket;
  readonly #windowBytes: number;
  readonly #viewer: Viewer;
  readonly #onEnd: () => void;
  #sent: Unacknowledged[] = [];
  #sentBytes = 0;

  /** Call `begin()` once the client knows of it. `onEnd` is called when there is nothing more to send. */
  constructor(s: number, feed: ViewedFeed, after: number, socket: FrameSocket, windowBytes: number, onEnd: () => void) {
    this.s = s;
    this.#socket = socket;
    this.#windowBytes = windowBytes;
    this.#onEnd = onEnd;
    this.#viewer = new Viewer(feed, after, this);
  }

  /** A window that has room always takes one frame, however large: no size of frame can deadlock. */
  ready(): boolean {
    return this.#sentBytes < this.#windowBytes && this.#socket.writable();
  }

  send(parcel: Parcel): void {
    const frame = parcel.frame(this.s);
    this.#sent.push({ seq: parcel.last, bytes: frame.length, sentAt: Date.now() });
    this.#sentBytes += frame.length;
    this.#socket.sendRaw(frame);
  }

  note(note: StatusNote): void {
    this.#socket.send({ type: "status", s: this.s, ...note });
  }

  end(seq: number): void {
    this.#socket.send({ type: "end", s: this.s, seq });
    this.#onEnd();
  }

  fail(error: StreamError): void {
    this.#socket.send({ type: "err", s: this.s, error: error.toJSON() });
    this.#onEnd();
  }

  /** Everything up to `seq` was applied. An old or repeated ack changes nothing. */
  acknowledge(seq: number): void {
    let count = 0;
    for (const sent of this.#sent) {
      if (sent.seq > seq) break;
      this.#sentBytes -= sent.bytes;
      count++;
    }
    if (count > 0) this.#sent = this.#sent.slice(count);
    this.wake();
  }

  begin(): void {
    this.#viewer.begin();
  }

  wake(): void {
    this.#viewer.wake();
  }

  /** Milliseconds the oldest frame has waited for its ack; only a full window owes one. */
  overdueMs(now: number): number {
    const oldest = this.#sent[0];
    return oldest === undefined || this.#sentBytes < this.#windowBytes ? 0 : now - oldest.sentAt;
  }

  head(): (Head & { readonly s: number }) | null {
    const head = this.#viewer.head();
    return head === null ? null : { s: this.s, ...head };
  }

  stop(): void {
    this.#viewer.stop();
  }
}
