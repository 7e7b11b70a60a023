/** A response body as it arrives: bytes wait here for one reader, and the socket pauses while too many wait. */
import { afterReads } from "./after-reads.ts";

/** What feeds the body; undici's controller is one. */
export interface BodySource {
  pause(): void;
  resume(): void;
  /** Destroys the socket. */
  abort(reason: Error): void;
}

/** Waiting bytes at which the socket pauses: two reads of a fast socket, so that a reader that keeps up never waits. */
const HIGH_WATER_BYTES = 131_072;
/** What may still come after the reader is satisfied, before the socket is given up instead of reused. */
const REST_BYTES = 65_536;
const REST_MS = 1_000;

export class RawBody {
  readonly #source: BodySource;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #paused = false;
  #ended = false;
  #failure: Error | null = null;
  #wake: (() => void) | null = null;
  /** Set by `release()`: bytes that may still come before the socket is cut. */
  #rest: number | null = null;
  #restTimer: NodeJS.Timeout | undefined;

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** True when the body came to its regular end and every byte was taken. */
  get ended(): boolean {
    return this.#ended && this.#waiting.length === 0;
  }

  /** Why the body broke off; bytes that came before it can still be taken. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** Called by the source for each read. */
  push(bytes: Uint8Array): void {
    if (this.#rest !== null) {
      this.#rest -= bytes.length;
      if (this.#rest < 0) this.destroy(new Error("The rest of the response is too long to wait for"));
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= HIGH_WATER_BYTES && !this.#paused) {
      this.#paused = true;
      this.#source.pause();
    }
    this.#signal();
  }

  /** Called by the source at the regular end. */
  end(): void {
    this.#ended = true;
    this.#settled();
  }

  /** Called by the source when the connection broke. */
  fail(failure: Error): void {
    if (this.#ended) return;
    this.#failure ??= failure;
    this.#settled();
  }

  /** All bytes that wait, without copying; lets a paused socket go on. */
  take(): readonly Uint8Array[] {
    const bytes = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#goOn();
    return bytes;
  }

  /** Calls `wake` once there is something to read, the end and a failure included; at once when there is. */
  whenReady(wake: () => void): void {
    if (this.#waiting.length > 0 || this.#ended || this.#failure !== null) wake();
    else this.#wake = wake;
  }

  /** Closes the socket at once. `failure` is what the reader sees. */
  destroy(failure: Error): void {
    if (this.#ended || this.#failure !== null) return;
    this.fail(failure);
    this.#source.abort(failure);
  }

  /** The reader has all it wants: lets a short rest run off so that the socket can serve the next request. */
  release(): void {
    if (this.#ended || this.#failure !== null) return;
    this.#rest = REST_BYTES - this.#waitingBytes;
    this.#restTimer = setTimeout(() => this.destroy(new Error("The response did not end")), REST_MS);
    this.#restTimer.unref();
    this.take();
  }

  /** The whole body as text, cut after `maxBytes`: for error answers. Never throws: what broke off is what there is. */
  async text(maxBytes: number): Promise<string> {
    const utf8 = new TextDecoder();
    let text = "";
    let left = maxBytes;
    while (left > 0) {
      await new Promise<void>((resolve) => this.whenReady(resolve));
      for (const bytes of this.take()) {
        text += utf8.decode(bytes.subarray(0, Math.max(0, left)), { stream: true });
        left -= bytes.length;
      }
      if (this.ended || this.#failure !== null) break;
    }
    this.release();
    return text;
  }

  #goOn(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#source.resume();
  }

  #settled(): void {
    clearTimeout(this.#restTimer);
    this.#signal();
  }

  /** One read of the socket may push several times: the reader takes it all at once. */
  #signal(): void {
    const wake = this.#wake;
    if (wake === null) return;
    this.#wake = null;
    afterReads(wake);
  }
}
