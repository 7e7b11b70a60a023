/** What a proxy does for a page, without any UI: starts, follows and stops answers, tells of agents and conversations. */
import { StreamError } from "../protocol/index.ts";
import type { Message, Started, StartRequest, ToolOutcome } from "../protocol/index.ts";
import { decodeAgents, decodeConversation, decodeMessage, decodeStarted } from "./answers.ts";
import type { AgentNote, ConversationSnapshot } from "./chat.ts";
import { backoffMs, pause } from "./connection/backoff.ts";
import type { Connection } from "./connection/connection.ts";
import { ProxyApi } from "./connection/proxy-api.ts";
import type { ApiRequest, ProxyApiOptions } from "./connection/proxy-api.ts";
import { shareConnection } from "./connection/shared-connections.ts";
import type { Timing, TransportChoice, Transports } from "./connection/transport.ts";
import { Feed } from "./feed.ts";
import type { FeedOptions } from "./feed.ts";
import { randomId } from "./random-id.ts";

/** Attempts of one request; repeating is safe, because a start has its key and the others change nothing twice. */
const ATTEMPTS = 5;

export interface ClientOptions extends ProxyApiOptions {
  /** Used by requests that name no agent. */
  readonly agent?: string | undefined;
  /** @default "auto": WebSocket, or SSE where WebSockets do not come through */
  readonly transport?: TransportChoice | undefined;
  /** @default the global one */
  readonly WebSocket?: typeof WebSocket | undefined;
  readonly timing?: Partial<Timing> | undefined;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** How often to try in all while the proxy cannot be reached or is not ready. @default 5 */
  readonly attempts?: number | undefined;
  /** Told before each further attempt, and how many milliseconds it will wait. */
  readonly onRetry?: ((error: StreamError, delayMs: number) => void) | undefined;
}

/** All its promises reject with a StreamError, or with the signal's reason. Clients of one endpoint share a socket. */
export class ProxyClient {
  readonly #api: ProxyApi;
  readonly #options: ClientOptions;
  readonly #shared: { readonly connection: Connection; release(): void };

  constructor(options: ClientOptions, transports: Transports) {
    this.#api = new ProxyApi(options);
    this.#options = options;
    this.#shared = shareConnection(this.#api, { ...options, transports });
  }

  /** The proxy's address in full. */
  get endpoint(): string {
    return this.#api.base;
  }

  get connection(): Connection {
    return this.#shared.connection;
  }

  /** Starts an answer, once: repeats of the same `sendId` give the same stream. */
  async start(request: StartRequest, options: RequestOptions = {}): Promise<Started> {
    const { sendId = randomId(), agent = this.#options.agent, ...rest } = request;
    const body = { ...rest, sendId, ...(agent === undefined ? {} : { agent }) };
    const headers = { "idempotency-key": sendId };
    return decodeStarted(await this.ask("/v1/streams", { method: "POST", body, headers }, options));
  }

  /** The stream's entries after a cursor, then live ones, until its end. Iterate it once. */
  follow(id: string, options?: FeedOptions): Feed {
    return new Feed(this.connection, id, options);
  }

  /** The fold of a stream as it is now. */
  async message(id: string, options: RequestOptions = {}): Promise<Message> {
    return decodeMessage(await this.ask(`/v1/streams/${encodeURIComponent(id)}/message`, {}, options));
  }

  async conversation(id: string, options: RequestOptions = {}): Promise<ConversationSnapshot> {
    return decodeConversation(await this.ask(`/v1/conversations/${encodeURIComponent(id)}`, {}, options));
  }

  async agents(options: RequestOptions = {}): Promise<readonly AgentNote[]> {
    return decodeAgents(await this.ask("/v1/agents", {}, options));
  }

  /** Stops an answer at the proxy and its provider; the end arrives in the stream. Stopping twice is no error. */
  async cancel(id: string, options: RequestOptions = {}): Promise<void> {
    await this.ask(`/v1/streams/${encodeURIComponent(id)}/cancel`, { method: "POST", body: {} }, options);
  }

  /**
   * Tells the outcome of a call that waits for the page (`result`, `error`) or for a person's word (`approve`).
   * Telling the same again is no error. @throws {StreamError} `conflict` when another outcome was first
   */
  async toolResult(id: string, callId: string, outcome: ToolOutcome, options: RequestOptions = {}): Promise<void> {
    const path = `/v1/streams/${encodeURIComponent(id)}/tools/${encodeURIComponent(callId)}`;
    await this.ask(path, { method: "POST", body: outcome }, options);
  }

  /** Lets go of the connection. Answers go on at the proxy. */
  close(): void {
    this.#shared.release();
  }

  /** Any request that is safe to repeat, and the JSON that is answered; null where there is nothing to say. */
  async ask(path: string, request: ApiRequest = {}, options: RequestOptions = {}): Promise<unknown> {
    const { signal, attempts = ATTEMPTS, onRetry } = options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#api.json(path, { ...request, signal });
      } catch (thrown) {
        if (signal?.aborted === true) throw signal.reason;
        const error = StreamError.from(thrown);
        if (attempt >= attempts || !isWorthRepeating(error)) throw error;
        const backoff = this.#options.timing?.backoff ?? backoffMs;
        const delayMs = error.retryAfterMs ?? backoff(attempt);
        onRetry?.(error, delayMs);
        await pause(delayMs, signal ?? new AbortController().signal);
      }
    }
  }
}

/** What passes by itself. A limit of the visitor's (`rate_limited`, `budget_exhausted`) is for a person to know. */
const isWorthRepeating = (error: StreamError): boolean =>
  ["connect_timeout", "capacity", "draining", "storage_unavailable"].includes(error.code);
