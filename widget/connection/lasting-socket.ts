/**
 * One WebSocket that comes back, by `reconnecting-websocket` 4.4 with its gaps closed here and nowhere else:
 * - on an error it reports a clean close 1000: a recording socket class keeps the true code;
 * - it reconnects after every close: `dropped` decides, so that a fatal code stops;
 * - its delays have no jitter, and `reconnect()` cannot shorten one: we wait ourselves, and `retryNow()` ends the wait;
 * - a rejected URL provider locks it for ever: ours never rejects;
 * - it queues without bound and sends blindly after reopening: our `send` drops what cannot be sent now;
 * - after `close()` it may be locked: a closed LastingSocket is never used again.
 */
import ReconnectingWebSocket from "reconnecting-websocket";

/** What a browser reports for a connection lost without a closing handshake. */
const ABNORMAL_CLOSE = 1006;

export interface LastingSocketOptions {
  /** The address of the next attempt; a rejection counts as a failed attempt. */
  readonly url: () => Promise<string>;
  readonly protocol: string;
  readonly WebSocket: typeof WebSocket;
  /** Milliseconds an attempt may take to open. */
  readonly connectMs: number;
  readonly opened: () => void;
  readonly received: (text: string) => void;
  /** An attempt is over: gives the milliseconds until the next one, or null to stop for good. */
  readonly dropped: (code: number, reason: string) => number | null;
}

/** The part of the library that it keeps private and that must be replaced. */
interface Internals {
  _wait: () => Promise<void>;
}

export class LastingSocket {
  readonly #options: LastingSocketOptions;
  readonly #inner: ReconnectingWebSocket;
  /** The socket of the present attempt: a late close of an earlier one means nothing. */
  #raw: WebSocket | null = null;
  #close = { code: ABNORMAL_CLOSE, reason: "" };
  #endWait: (() => void) | null = null;
  #closed = false;

  /** @param firstDelayMs milliseconds until the first attempt */
  constructor(options: LastingSocketOptions, firstDelayMs: number) {
    this.#options = options;
    this.#inner = new ReconnectingWebSocket(() => this.#nextUrl(), options.protocol, {
      WebSocket: this.#recording(options.WebSocket),
      connectionTimeout: options.connectMs,
      maxEnqueuedMessages: 0,
      startClosed: true,
    });
    let first = true;
    (this.#inner as unknown as Internals)._wait = async () => {
      await this.#sleep(first ? firstDelayMs : await this.#afterDrop());
      first = false;
    };
    this.#inner.onopen = () => options.opened();
    this.#inner.onmessage = (event) => options.received(String(event.data));
    this.#inner.reconnect();
  }

  /** False when there is no open socket; nothing is kept. */
  send(text: string): boolean {
    if (this.#closed || this.#inner.readyState !== this.#inner.OPEN) return false;
    this.#inner.send(text);
    return true;
  }

  retryNow(): void {
    this.#endWait?.();
  }

  /** Gives the present attempt up, as if the other side had closed with this code. */
  drop(code: number, reason: string): void {
    if (this.#closed || this.#endWait !== null) return;
    this.#raw = null;
    this.#close = { code, reason };
    // A code or reason that browsers refuse to send would throw inside the library, which would then wait for ever.
    this.#inner.reconnect(code >= 4000 && code <= 4999 ? code : undefined);
  }

  close(): void {
    this.#closed = true;
    this.#raw = null;
    this.#endWait?.();
    this.#inner.close();
  }

  async #nextUrl(): Promise<string> {
    for (;;) {
      try {
        return await this.#options.url();
      } catch {
        await this.#sleep(await this.#afterDrop());
      }
    }
  }

  /** The true close event follows the error event in the same task, so it is there one task later. */
  async #afterDrop(): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    const { code, reason } = this.#close;
    this.#raw = null;
    const delayMs = this.#closed ? null : this.#options.dropped(code, reason);
    if (delayMs !== null) return delayMs;
    this.close();
    // Nobody will ever need this attempt: it is left waiting and is collected with the socket.
    return new Promise(() => {});
  }

  #sleep(ms: number): Promise<void> {
    if (ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#endWait = null;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#endWait = end;
    });
  }

  #recording(Base: typeof WebSocket): typeof WebSocket {
    const opened = (socket: WebSocket): void => {
      this.#raw = socket;
      this.#close = { code: ABNORMAL_CLOSE, reason: "" };
    };
    const closed = (socket: WebSocket, { code, reason }: CloseEvent): void => {
      if (socket === this.#raw) this.#close = { code, reason };
    };
    return class extends Base {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        opened(this);
        this.addEventListener("close", (event) => closed(this, event));
        // In Node an error nobody listens to ends the process, and the library stops listening to what it gave up.
        this.addEventListener("error", () => {});
      }
    };
  }
}
