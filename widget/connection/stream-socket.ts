/**
 * A WebSocket on top of `WebSocketStream` (https://developer.mozilla.org/docs/Web/API/WebSocketStream; Chromium only): a
 * page that is too busy to read holds the sender back, where a plain WebSocket queues without bound.
 */

interface Opened {
  readonly readable: ReadableStream<unknown>;
  readonly writable: WritableStream<string>;
  readonly protocol: string;
}

interface Closed {
  readonly closeCode?: number;
  readonly reason?: string;
}

/** As far as it is used here. */
export interface WebSocketStreamLike {
  readonly opened: Promise<Opened>;
  readonly closed: Promise<Closed>;
  close(info?: Closed): void;
}

export type WebSocketStreamClass = new (
  url: string,
  options: { readonly protocols: readonly string[] },
) => WebSocketStreamLike;

/** What a browser reports for a connection lost without a closing handshake. */
const ABNORMAL_CLOSE = 1006;

/** A class to be used in place of `WebSocket`. */
export function streamSocket(Stream: WebSocketStreamClass): typeof WebSocket {
  class StreamSocket extends EventTarget {
    static readonly CONNECTING = 0;
    static readonly OPEN = 1;
    static readonly CLOSING = 2;
    static readonly CLOSED = 3;
    readonly #stream: WebSocketStreamLike;
    #writer: WritableStreamDefaultWriter<string> | null = null;
    readyState = 0;
    protocol = "";
    binaryType = "blob";

    constructor(url: string | URL, protocols: string | readonly string[] = []) {
      super();
      this.#stream = new Stream(String(url), { protocols: [protocols].flat() });
      void this.#run();
    }

    send(text: string): void {
      // What cannot be written any more is lost with the connection; `close` tells.
      this.#writer?.write(text).catch(() => {});
    }

    close(closeCode?: number, reason?: string): void {
      if (this.readyState >= 2) return;
      this.readyState = 2;
      this.#stream.close(closeCode === undefined ? {} : { closeCode, reason: reason ?? "" });
    }

    async #run(): Promise<void> {
      const closed = this.#stream.closed.catch((): Closed => ({}));
      try {
        const { readable, writable, protocol } = await this.#stream.opened;
        this.protocol = protocol;
        this.#writer = writable.getWriter();
        // Its rejection is the same loss again.
        this.#writer.closed.catch(() => {});
        if (this.readyState === 0) {
          this.readyState = 1;
          this.dispatchEvent(new Event("open"));
        }
        const reader = readable.getReader();
        for (let next = await reader.read(); !next.done; next = await reader.read()) {
          this.dispatchEvent(new MessageEvent("message", { data: next.value }));
        }
      } catch {
        this.dispatchEvent(new Event("error"));
      }
      const { closeCode: code = ABNORMAL_CLOSE, reason = "" } = await closed;
      this.readyState = 3;
      this.dispatchEvent(new CloseEvent("close", { code, reason, wasClean: code !== ABNORMAL_CLOSE }));
    }
  }
  return StreamSocket as unknown as typeof WebSocket;
}

/** The best the browser has. A page that has put something in place of its `WebSocket` gets that. */
export function ownSocket(): typeof WebSocket | undefined {
  const { WebSocket: Plain, WebSocketStream: Stream } = globalThis as {
    WebSocket?: typeof WebSocket;
    WebSocketStream?: WebSocketStreamClass;
  };
  const isOwn = Plain !== undefined && /\[native code\]/.test(Function.prototype.toString.call(Plain));
  return Stream === undefined || !isOwn ? Plain : streamSocket(Stream);
}
