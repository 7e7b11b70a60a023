/** Stands for a transport until its code is there: what cannot be loaded is an attempt that did not reach the proxy. */
import { pause } from "./backoff.ts";
import type { StreamReader, Transport, TransportHost } from "./transport.ts";

/** A part that takes longer counts as one that cannot be loaded, in milliseconds; a later attempt waits for the same one. */
const LOAD_MS = 10_000;

export class LateTransport implements Transport {
  readonly kind: "ws" | "sse";
  readonly #host: TransportHost;
  readonly #load: () => Promise<() => Transport>;
  readonly #readers = new Set<StreamReader>();
  readonly #closed = new AbortController();
  #inner: Transport | null = null;
  /** Ends the wait before the next attempt. */
  #hurry: () => void = () => {};

  /** @param firstDelayMs milliseconds until the first attempt */
  constructor(kind: "ws" | "sse", host: TransportHost, firstDelayMs: number, load: () => Promise<() => Transport>) {
    this.kind = kind;
    this.#host = host;
    this.#load = load;
    void this.#run(firstDelayMs);
  }

  attach(reader: StreamReader): void {
    this.#readers.add(reader);
    this.#inner?.attach(reader);
  }

  detach(reader: StreamReader): void {
    this.#readers.delete(reader);
    this.#inner?.detach(reader);
  }

  applied(reader: StreamReader, seq: number, bytes: number): void {
    this.#inner?.applied(reader, seq, bytes);
  }

  wake(): void {
    this.#hurry();
    this.#inner?.wake();
  }

  close(): void {
    this.#closed.abort();
    this.#inner?.close();
  }

  async #run(firstDelayMs: number): Promise<void> {
    const { signal } = this.#closed;
    for (let delayMs: number | null = firstDelayMs; delayMs !== null; delayMs = this.#host.dropped({ worked: false })) {
      const early = new AbortController();
      this.#hurry = () => early.abort();
      // Whoever made us has to know us first.
      await (delayMs > 0 ? pause(delayMs, AbortSignal.any([signal, early.signal])) : null);
      if (signal.aborted) return;
      this.#host.attempting();
      const make = await within(LOAD_MS, this.#load()).catch(() => null);
      if (signal.aborted) return;
      if (make === null) continue;
      this.#inner = make();
      for (const reader of this.#readers) this.#inner.attach(reader);
      return;
    }
  }
}

/** @throws {DOMException} `TimeoutError` after so many milliseconds */
async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new DOMException("Took too long to load", "TimeoutError")), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
