/** One call of a provider, from opening the connection to its last event: what all wire formats have in common. */
import { StreamError } from "../../protocol/index.ts";
import { BodyReader } from "./body-reader.ts";
import { CallStream } from "./call-stream.ts";
import type { OpenedCall } from "./call-stream.ts";
import type { Decoder } from "./decoder.ts";
import type { Framing } from "./frames.ts";
import type { HttpRequest, HttpResponse, HttpTransport, OpenLimits } from "./http-transport.ts";
import type { KeyRing, ProviderKey } from "./key-ring.ts";
import { UNBILLED } from "./provider.ts";
import type { Provider, ProviderEvent, ProviderRequest, ProviderTimers } from "./provider.ts";
import { compressedAnswer, connectionError, httpError, notAStream } from "./provider-error.ts";
import { ReadWatch } from "./read-watch.ts";

/** How one API is spoken: what is sent, and what the answer's bytes mean. */
export interface WireFormat<Frame> {
  /** How a body of this content type is cut into frames; asked after `send`. */
  framing(contentType: string): Framing<Frame>;
  /** Content types a stream of this format never has. */
  readonly foreignTypes: RegExp;
  /** True for an agent: what it did is done, also when its answer fails. */
  readonly acts?: boolean;
  /** True where the response headers may wait for the first token. */
  readonly headersWithContent: boolean;
  /** True where the model goes on from `ProviderRequest.prefix`. @default none does */
  continues?(model: string): boolean;
  /** Sends the request through `call`. */
  send(call: ProviderCall, request: ProviderRequest): Promise<void>;
  /** Sends the cheapest request that proves the address and the key. */
  ping(call: ProviderCall): Promise<void>;
  /** Statuses besides success by which `ping` is satisfied. @default none */
  readonly reachedBy?: readonly number[];
  decoder(request: ProviderRequest): Decoder<Frame>;
  /** Called once for a call that streams, when it is over: why it failed, or null when it ended or its reader left. */
  over?(call: ProviderCall, failure: StreamError | null): void;
}

export interface Connection {
  readonly name: string;
  readonly transport: HttpTransport;
  readonly keys: KeyRing;
  /** Other secrets that must not appear in an error text. */
  readonly secrets?: readonly string[];
}

/** What no provider streams an answer as, in any format. */
const NO_STREAM = /^(?:image|audio|video|font|multipart)\/|xml/i;
/** An error body is a message; what is longer is a page or a dump. */
const ERROR_BODY_BYTES = 65_536;
/** `check()` asks for a list; a provider that needs longer is not healthy. */
const CHECK_MS = 15_000;

export function providerOf<Frame>(format: WireFormat<Frame>, connection: Connection): Provider {
  return {
    name: connection.name,
    ...(format.acts === true ? { acts: true } : {}),
    continues: (model) => format.continues?.(model) === true,
    ...(connection.keys.keys.length === 0 ? {} : { keys: connection.keys }),
    stream: (request, timers, signal, key) => streamCall(format, connection, request, timers, signal, key),
    check: (signal) => checkCall(format, connection, signal),
  };
}

/** One call as `Provider.stream` has it. */
export function streamCall<Frame>(
  format: WireFormat<Frame>,
  connection: Connection,
  request: ProviderRequest,
  timers: ProviderTimers,
  signal: AbortSignal,
  key?: ProviderKey | null,
): AsyncGenerator<readonly ProviderEvent[], void> {
  return new CallStream(() => {
    const { model, prefix } = request;
    if (prefix !== undefined && format.continues?.(model) !== true) throw cannotContinue(model);
    const limits = openLimits(timers, format.headersWithContent);
    const call = new ProviderCall(connection, limits, signal, { key, model });
    return {
      open: () => openBody(format, call, request, timers),
      failed: (thrown, reading) => call.failed(thrown, reading),
      over: (failure) => format.over?.(call, failure),
    };
  });
}

async function openBody<Frame>(
  format: WireFormat<Frame>,
  call: ProviderCall,
  request: ProviderRequest,
  timers: ProviderTimers,
): Promise<OpenedCall> {
  const startedAt = performance.now();
  const { body, headers } = await call.opened(() => format.send(call, request));
  try {
    const compressed = compressedAnswer(headers);
    if (compressed !== null) throw compressed;
    const type = headers["content-type"] ?? "";
    if (format.foreignTypes.test(type) || NO_STREAM.test(type))
      throw notAStream(type, await body.text(ERROR_BODY_BYTES));
    const watch = new ReadWatch(timers, startedAt, (late) => body.destroy(late));
    return { body, reader: new BodyReader(body, format.framing(type), format.decoder(request), watch), watch };
  } catch (thrown) {
    body.destroy(new Error("The answer is not read"));
    throw thrown;
  }
}

async function checkCall<Frame>(format: WireFormat<Frame>, connection: Connection, signal: AbortSignal): Promise<void> {
  const limits: OpenLimits = { connectMs: CHECK_MS, headersMs: CHECK_MS, headersCode: "connect_timeout" };
  const call = new ProviderCall(connection, limits, signal);
  try {
    const { body } = await call.opened(() => format.ping(call));
    body.release();
  } catch (thrown) {
    if (call.status !== null && format.reachedBy?.includes(call.status) === true) return;
    throw call.failed(thrown, false);
  }
}

/** Nothing is lost but words: the status alone tells what to do. */
async function errorText({ headers, body }: HttpResponse): Promise<string> {
  if (compressedAnswer(headers) === null) return body.text(ERROR_BODY_BYTES);
  body.release();
  return "";
}

/** Sent all the same, the answer would begin anew, and a reader would have its start twice. */
const cannotContinue = (model: string): StreamError =>
  new StreamError("provider_invalid_request", `prefix: the model "${model}" cannot go on from a partial answer`, {
    field: "prefix",
  });

/** Where headers come at once, waiting for them is part of connecting; elsewhere it is waiting for content. */
const openLimits = ({ connectMs, firstContentMs }: ProviderTimers, headersWithContent: boolean): OpenLimits =>
  headersWithContent
    ? { connectMs, headersMs: firstContentMs, headersCode: "first_token_timeout" }
    : { connectMs, headersMs: connectMs, headersCode: "connect_timeout" };

/** Sends one request, by itself or as the `fetch` of an SDK, and keeps what came of it. */
export class ProviderCall {
  /** The key of this call; null where none is configured. */
  readonly key: string | null;
  /** Taken from the ring by this call, which then tells the ring how it went; who gives a key tells it himself. */
  readonly #taken: ProviderKey | null;
  readonly #model: string;
  readonly #connection: Connection;
  readonly #limits: OpenLimits;
  readonly #signal: AbortSignal;
  #response: HttpResponse | null = null;
  #failure: StreamError | null = null;
  #status: number | null = null;

  /** @param asked with which key (undefined: the ring's next one) for which model */
  constructor(
    connection: Connection,
    limits: OpenLimits,
    signal: AbortSignal,
    { key, model = "" }: { readonly key?: ProviderKey | null | undefined; readonly model?: string } = {},
  ) {
    this.#connection = connection;
    this.#limits = limits;
    this.#signal = signal;
    this.#model = model;
    this.#taken = key === undefined ? connection.keys.next(model) : null;
    this.key = (key ?? this.#taken)?.secret ?? null;
  }

  /** Of the response, a failed one included; null before it. */
  get status(): number | null {
    return this.#status;
  }

  /** Why the last request failed; null when it did not. */
  get failure(): StreamError | null {
    return this.#failure;
  }

  /** Resolves to the response that `send` caused, which is a success. It is given away: its headers need not be kept. */
  async opened(send: () => Promise<void>): Promise<HttpResponse> {
    await send();
    const response = this.#response;
    this.#response = null;
    if (response === null) throw this.#failure ?? new Error("No request was sent");
    return response;
  }

  /**
   * For an SDK: a success is an empty `Response` (its body is read elsewhere), a failure has the body it came with.
   * The SDK's own signal is left out: it only carries a timeout of its own.
   */
  readonly fetch = async (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { method, body } = init;
    const refusal = await this.send({
      method: method?.toUpperCase() === "GET" ? "GET" : "POST",
      url: url instanceof Request ? url.url : String(url),
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(typeof body === "string" ? { body } : {}),
    });
    const headers = { "content-type": refusal?.headers["content-type"] ?? "text/event-stream" };
    return new Response(refusal?.text ?? null, { status: refusal?.status ?? 200, headers });
  };

  /** Null for a success; the response is kept. @throws what the connection threw */
  async send(request: HttpRequest): Promise<{ status: number; headers: HttpResponse["headers"]; text: string } | null> {
    try {
      const response = await this.#connection.transport.open(request, this.#limits, this.#signal);
      this.#status = response.status;
      if (response.status < 300) {
        this.#failure = null;
        this.#response = response;
        return null;
      }
      const { status, headers } = response;
      const text = await errorText(response);
      this.#failure = httpError(status, headers, text);
      return { status, headers, text };
    } catch (thrown) {
      this.#failure = connectionError(thrown, false);
      throw thrown;
    }
  }

  /** What a call that threw is reported as. `reading`: the response headers had come. */
  failed(thrown: unknown, reading: boolean): StreamError {
    const error = this.#failure ?? connectionError(thrown, reading);
    const told = this.#told(error);
    if (UNBILLED.has(error)) UNBILLED.add(told);
    return told;
  }

  #told(error: StreamError): StreamError {
    if (this.#signal.aborted) {
      return new StreamError("cancelled", "The request was cancelled", { cause: this.#signal.reason });
    }
    if (this.#taken !== null) this.#connection.keys.failed(this.#taken, error, this.#model);
    return this.#withoutSecrets(error);
  }

  #withoutSecrets(error: StreamError): StreamError {
    const secrets = [...this.#connection.keys.all, ...(this.#connection.secrets ?? [])];
    const message = secrets.reduce((text, secret) => text.replaceAll(secret, "…"), error.message);
    if (message === error.message) return error;
    const { code, retryAfterMs, field, cause } = error;
    return new StreamError(code, message, { retryAfterMs, field, cause });
  }
}
