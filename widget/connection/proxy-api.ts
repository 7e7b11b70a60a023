/** HTTP requests to the proxy: addresses, access token, error bodies and time limits in one place. */
import { StreamError } from "../../protocol/index.ts";
import type { ErrorCode, WireError } from "../../protocol/index.ts";
import { Access } from "./access.ts";
import type { AccessOptions } from "./access.ts";
import { firstAnswer } from "./first-answer.ts";

/** A request that has no answer after this long is given up; repeating it is safe everywhere we repeat. */
const REQUEST_MS = 20_000;
/** A larger body, with attachments, may fill a slow line for longer than an answer takes: it is not sent beside itself. */
const SMALL_BODY_CHARS = 16_384;

export interface ProxyApiOptions extends AccessOptions {
  /** Absolute, or relative to the page; its path is kept: `https://example.com/ai` serves `/ai/v1/streams`. */
  readonly endpoint: string;
  readonly fetch?: typeof fetch | undefined;
}

export interface ApiRequest {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export class ProxyApi {
  readonly base: string;
  readonly access: Access;
  readonly #fetch: typeof fetch;

  /** @throws {StreamError} `invalid_request` with the field `endpoint`. */
  constructor(options: ProxyApiOptions) {
    this.base = parseEndpoint(options.endpoint);
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.access = new Access(this.base, options, (known) => this.#admit(known));
  }

  url(path: string): string {
    return this.base + path;
  }

  /**
   * One request, which must be safe to repeat; its body is yours to read. An access token that is missing or refused is replaced once.
   * @throws {StreamError} what the proxy answered, or `connect_timeout` when it could not be reached.
   * @throws the signal's reason
   */
  async open(path: string, request: ApiRequest, signal: AbortSignal): Promise<Response> {
    try {
      const shown = await this.access.current();
      try {
        return await this.#send(path, request, shown, signal);
      } catch (error) {
        if (!(error instanceof StreamError) || error.code !== "unauthenticated") throw error;
        if (!(await this.access.replace(shown))) throw error;
        return await this.#send(path, request, await this.access.current(), signal);
      }
    } catch (error) {
      if (error instanceof StreamError || request.signal?.aborted === true) throw error;
      throw unreachable(this.base, error);
    }
  }

  /** One request with a JSON answer, within REQUEST_MS. @throws as `open` */
  async json(path: string, request: ApiRequest = {}): Promise<unknown> {
    const limit = AbortSignal.timeout(REQUEST_MS);
    const response = await this.open(path, request, request.signal ? AbortSignal.any([request.signal, limit]) : limit);
    try {
      return response.status === 204 ? null : await response.json();
    } catch (error) {
      if (request.signal?.aborted === true) throw error;
      throw unreachable(this.base, error);
    }
  }

  async #send(path: string, request: ApiRequest, shown: string | undefined, signal: AbortSignal): Promise<Response> {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const ask = (its: AbortSignal): Promise<Response> =>
      this.#fetch(this.url(path), {
        method: request.method ?? "GET",
        headers: {
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(shown === undefined ? {} : { authorization: `Bearer ${shown}` }),
          ...request.headers,
        },
        ...(body === undefined ? {} : { body }),
        cache: "no-store",
        signal: its,
      });
    const isSmall = (body?.length ?? 0) <= SMALL_BODY_CHARS;
    const response = await (isSmall ? firstAnswer(ask, signal) : ask(signal));
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  /** Not by the signal of the request that needed it: others wait for the same token. */
  async #admit(known: string | undefined): Promise<unknown> {
    const signal = AbortSignal.timeout(REQUEST_MS);
    return (await this.#send("/v1/visitors", { method: "POST", body: {} }, known, signal)).json();
  }
}

/** What the client says when there was no answer, or none of the proxy's; trying again may help. */
export const unreachable = (base: string, cause?: unknown): StreamError =>
  new StreamError("connect_timeout", `Cannot reach the proxy at ${base}`, { cause });

function parseEndpoint(endpoint: string): string {
  const page = typeof location === "undefined" ? undefined : location.href;
  const url = endpoint !== "" && URL.canParse(endpoint, page) ? new URL(endpoint, page) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    const expected = "an http or https address";
    throw new StreamError("invalid_request", `endpoint: found ${JSON.stringify(endpoint)}, expected ${expected}`, {
      field: "endpoint",
    });
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}

/** Answers that are not the proxy's own (a gateway's page, a captive portal) get the nearest code. */
const CODE_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  413: "payload_too_large",
  429: "rate_limited",
  500: "internal",
};

async function errorOf(response: Response): Promise<StreamError> {
  const body = (await response.json().catch(() => null)) as { error?: WireError } | null;
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const hint = Number.isFinite(seconds) ? { retryAfterMs: seconds * 1_000 } : {};
  if (typeof body?.error?.code === "string") return StreamError.fromWire({ ...hint, ...body.error });
  const code = CODE_BY_STATUS[response.status] ?? (response.status >= 500 ? "capacity" : "invalid_request");
  return new StreamError(code, `The proxy's address answered ${response.status}`, hint);
}
