/** The path to a proxy as one HTTP/1.1 client uses it: plain requests, so that nothing is decoded or retried unseen. */
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { jsonObject } from "./json-object.ts";

/** Longer than anything but a dead path takes. */
export const ANSWER_MS = 10_000;
/** More of an answer than this is no answer of the proxy. */
const BODY_BYTES = 65_536;

export interface Asked {
  readonly method?: "GET" | "OPTIONS";
  readonly headers?: Readonly<Record<string, string>>;
  /** Until the head of the response. @default 10 s */
  readonly timeoutMs?: number;
}

export interface Answer {
  readonly status: number;
  /** `1.1`, or what the nearest hop speaks. */
  readonly httpVersion: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Parsed, where it is a JSON object. */
  readonly json: Readonly<Record<string, unknown>> | null;
}

export class Path {
  /** With the path of the endpoint, without a slash at its end. */
  readonly base: URL;
  /** The page that asks. */
  readonly origin: string;
  readonly accessToken: string | null;
  readonly #agent: HttpAgent;

  /** @param origin of the page; the proxy's own where null */
  constructor(base: URL, origin: string | null, accessToken: string | null) {
    this.base = base;
    this.origin = origin ?? base.origin;
    this.accessToken = accessToken;
    this.#agent = base.protocol === "https:" ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  }

  get isOwnOrigin(): boolean {
    return this.origin === this.base.origin;
  }

  get isEncrypted(): boolean {
    return this.base.protocol === "https:";
  }

  get port(): number {
    return Number(this.base.port) || (this.isEncrypted ? 443 : 80);
  }

  /** Without the brackets of an IPv6 address. */
  get host(): string {
    return this.base.hostname.replace(/^\[|\]$/g, "");
  }

  url(path: string): URL {
    return new URL(this.base.pathname.replace(/\/$/, "") + path, this.base);
  }

  /** Resolves with the head; the body is yours to read or destroy. */
  open(path: string, { method = "GET", headers = {}, timeoutMs = ANSWER_MS }: Asked = {}): Promise<IncomingMessage> {
    const request = this.isEncrypted ? httpsRequest : httpRequest;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const asking = request(this.url(path), { method, headers, agent: this.#agent }, (response) => {
      clearTimeout(late);
      resolve(response);
    });
    const late = setTimeout(() => asking.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    asking.on("error", (error) => {
      clearTimeout(late);
      reject(error);
    });
    asking.end();
    return promise;
  }

  /** The whole answer, up to a bound. */
  async ask(path: string, asked?: Asked): Promise<Answer> {
    const response = await this.open(path, asked);
    const late = setTimeout(() => response.destroy(new Error("the answer did not end in time")), ANSWER_MS);
    let text = "";
    try {
      for await (const bytes of response.setEncoding("utf8")) {
        text += String(bytes);
        if (text.length > BODY_BYTES) break;
      }
    } finally {
      clearTimeout(late);
    }
    const { statusCode = 0, httpVersion, headers } = response;
    return { status: statusCode, httpVersion, headers, text, json: jsonObject(text) };
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The proxy's own words, where it is the proxy that refuses. */
export function refusalOf({ json }: Pick<Answer, "json">): { readonly code: string; readonly message: string } | null {
  const error = json?.["error"];
  if (typeof error !== "object" || error === null) return null;
  const { code, message } = error as { code?: unknown; message?: unknown };
  return typeof code === "string" && typeof message === "string" ? { code, message } : null;
}
