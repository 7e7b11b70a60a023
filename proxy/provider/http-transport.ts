/**
 * HTTP to the providers on pooled undici sockets: a request goes out, a status, headers and a raw body come back.
 * Works below `fetch`: no web stream and no promise lies on the path of a byte.
 */
import { Agent } from "undici";
import type { Dispatcher } from "undici";
import { StreamError } from "../../protocol/index.ts";
import { UNBILLED } from "./provider.ts";
import { PassingBody } from "./passing-body.ts";
import { RawBody } from "./raw-body.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "OPTIONS";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeated headers joined with commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RawBody;
}

/** Milliseconds from the request; 0 switches a limit off. */
export interface OpenLimits {
  /** Until the socket is connected. */
  readonly connectMs: number;
  /** Until the response headers. */
  readonly headersMs: number;
  /** What a late header is called. */
  readonly headersCode: "connect_timeout" | "first_token_timeout";
}

/** A socket nobody waits for any more is given up after this: long enough for a slow TLS handshake. */
const SOCKET_CONNECT_MS = 30_000;
/** Idle sockets are kept for the next request; common servers and balancers close theirs after 60 s or later. */
const KEEP_ALIVE_MS = 30_000;

export class HttpTransport {
  readonly #dispatcher: Dispatcher;

  /** @param dispatcher the socket pool; by default one of this transport's own, HTTP/1.1 so that a break is seen. */
  constructor(dispatcher: Dispatcher = pool()) {
    this.#dispatcher = dispatcher;
  }

  /**
   * Resolves at the response headers, whatever the status. Aborting `signal` destroys the socket at once, then and
   * while the body is read.
   * @throws {StreamError} `cancelled`, `connect_timeout` or `limits.headersCode`; otherwise the socket's own error. It
   * is in `UNBILLED` when nothing was sent.
   */
  open(request: HttpRequest, limits: OpenLimits, signal: AbortSignal): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(unsent(cancelled(signal)));
      const { origin, pathname, search } = new URL(request.url);
      const exchange = new Exchange(limits, signal, resolve, reject);
      const body = request.body === undefined ? null : new PassingBody(request.body);
      this.#dispatcher.dispatch(
        {
          origin,
          path: pathname + search,
          method: request.method,
          // A compressed stream would need a decompressor that holds tokens back.
          headers: { ...request.headers, ...lengthOf(body, request), "accept-encoding": "identity" },
          // Any iterable will do; undici's types leave it out.
          body: body as unknown as Uint8Array | null,
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        exchange,
      );
    });
  }

  /** Closes every socket; open bodies fail. */
  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }
}

/** One request from dispatch to the end of its body; owns its timer and its place on the abort signal. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #limits: OpenLimits;
  readonly #signal: AbortSignal;
  /** Both are let go of once there is a response: else it would be kept for as long as its body streams. */
  #resolve: (response: HttpResponse) => void;
  #reject: (failure: Error) => void;
  readonly #startedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #controller: Dispatcher.DispatchController | null = null;
  #body: RawBody | null = null;
  #failure: Error | null = null;

  constructor(
    limits: OpenLimits,
    signal: AbortSignal,
    resolve: (response: HttpResponse) => void,
    reject: (failure: Error) => void,
  ) {
    this.#limits = limits;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    signal.addEventListener("abort", this.#onAbort, { once: true });
    this.#wait(limits.connectMs, "connect_timeout", "could not be connected");
  }

  /** The socket is connected and the request about to be written. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failure !== null) return controller.abort(this.#failure);
    this.#wait(this.#limits.headersMs, this.#limits.headersCode, "did not answer");
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#stopWaiting();
    // Its slices keep the whole first read from being collected for as long as the answer streams.
    (controller as { rawHeaders?: unknown }).rawHeaders = null;
    this.#body = new RawBody(controller);
    this.#resolve({ status, headers: joined(headers), body: this.#body });
    this.#resolve = this.#reject = settled;
  }

  onResponseData(_controller: Dispatcher.DispatchController, bytes: Uint8Array): void {
    this.#body?.push(bytes);
  }

  onResponseEnd(): void {
    this.#close();
    this.#body?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#close();
    if (this.#body === null) this.#refuse(this.#failure ?? error);
    else this.#body.fail(this.#failure ?? error);
  }

  readonly #onAbort = (): void => this.#giveUp(cancelled(this.#signal));

  /** Before there is a socket undici cannot be told to stop: the caller goes on now, the socket is closed when it comes. */
  #giveUp(failure: Error): void {
    this.#close();
    this.#failure = failure;
    this.#refuse(failure);
    this.#body?.fail(failure);
    this.#controller?.abort(failure);
  }

  #refuse(failure: Error): void {
    this.#reject(this.#controller === null ? unsent(failure) : failure);
  }

  #wait(limitMs: number, code: "connect_timeout" | "first_token_timeout", what: string): void {
    this.#stopWaiting();
    if (limitMs === 0) return;
    const leftMs = Math.max(0, this.#startedAt + limitMs - performance.now());
    const late = (): void => this.#giveUp(new StreamError(code, `The provider ${what} within ${limitMs} ms`));
    this.#timer = setTimeout(late, leftMs);
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #close(): void {
    this.#stopWaiting();
    this.#signal.removeEventListener("abort", this.#onAbort);
  }
}

/** Without it a body would be sent in chunks, which not every server takes. */
function lengthOf(body: PassingBody | null, { headers }: HttpRequest): Record<string, string> {
  if (body === null || Object.keys(headers).some((name) => name.toLowerCase() === "content-length")) return {};
  return { "content-length": String(body.byteLength) };
}

const pool = (): Agent =>
  new Agent({ allowH2: false, connect: { timeout: SOCKET_CONNECT_MS }, keepAliveTimeout: KEEP_ALIVE_MS });

const settled = (): void => {};

function unsent(failure: Error): Error {
  UNBILLED.add(failure);
  return failure;
}

const cancelled = (signal: AbortSignal): StreamError =>
  new StreamError("cancelled", "The request was cancelled", { cause: signal.reason });

function joined(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return plain;
}
