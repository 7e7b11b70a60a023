/** The access token that a socket says hello with: another one takes its place when the proxy closes the socket over it. */
import { CLOSE, StreamError } from "../../protocol/index.ts";
import { unreachable } from "./proxy-api.ts";
import type { ProxyApi } from "./proxy-api.ts";

/** A refused access token is replaced at most this often, in milliseconds: after that the refusal counts. */
const REPLACE_MS = 30_000;

export class HelloToken {
  /** What to show; undefined where the proxy has not asked for anything. */
  value: string | undefined;
  /** Why there is none to make an attempt with. */
  error: StreamError | undefined;
  readonly #api: ProxyApi;
  #isRefused = false;
  #refusedAt = Number.NEGATIVE_INFINITY;

  constructor(api: ProxyApi) {
    this.#api = api;
  }

  /** Before each attempt. @throws {StreamError} `error` */
  async refresh(): Promise<void> {
    const { access, base } = this.#api;
    this.error = undefined;
    try {
      if (this.#isRefused) await access.replace(this.value);
      this.#isRefused = false;
      this.value = await access.current();
    } catch (thrown) {
      this.error = thrown instanceof StreamError ? thrown : unreachable(base, thrown);
      throw this.error;
    }
  }

  /** True when the socket was closed over its access token and it is worth connecting at once with another. */
  isRefused(code: number): boolean {
    if (this.error !== undefined || !this.#api.access.isReplaceable) return false;
    if (code !== CLOSE.unauthenticated && code !== CLOSE.accessTokenExpired) return false;
    if (Date.now() - this.#refusedAt < REPLACE_MS) return false;
    this.#refusedAt = Date.now();
    this.#isRefused = true;
    return true;
  }
}
