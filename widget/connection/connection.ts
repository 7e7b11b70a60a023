/** One logical connection to a proxy over many attempts and two transports; readers' positions carry over all of them. */
import { StreamError } from "../../protocol/index.ts";
import { next, waiting } from "./connection-state.ts";
import type { ConnectionInput, ConnectionView } from "./connection-state.ts";
import { watchPage } from "./page-lifecycle.ts";
import type { ProxyApi } from "./proxy-api.ts";
import { TIMING } from "./timing.ts";
import type {
  AttemptEnd,
  PathDetail,
  StreamReader,
  Tabs,
  Timing,
  Transport,
  TransportChoice,
  TransportHost,
  Transports,
} from "./transport.ts";
import { TransportPick } from "./transport-pick.ts";

/** An attempt that lived this long was no failure, whatever it brought. */
const SETTLED_MS = 5_000;

export interface ConnectionOptions {
  readonly api: ProxyApi;
  readonly transports: Transports;
  /** @default "auto" */
  readonly transport?: TransportChoice | undefined;
  readonly WebSocket?: typeof WebSocket | undefined;
  readonly timing?: Partial<Timing> | undefined;
  /** Loads what shares the connection with other tabs; a rejection means that nothing is shared. */
  readonly tabs?: ((connection: Connection) => Promise<Tabs>) | undefined;
}

export class Connection implements TransportHost {
  readonly api: ProxyApi;
  readonly timing: Timing;
  /** Undefined where there is none; then only SSE is used. */
  readonly WebSocket: typeof WebSocket | undefined;
  readonly #transports: Transports;
  readonly #pick: TransportPick;
  readonly #readers = new Set<StreamReader>();
  readonly #listeners = new Set<() => void>();
  readonly #unwatch: () => void;
  #view: ConnectionView = { state: "idle", transport: null };
  #transport: Transport | null = null;
  /** Undefined until loaded; null where nothing is shared. */
  #tabs: Tabs | null | undefined = null;
  #idle: ReturnType<typeof setTimeout> | undefined;
  /** For what to do when this transport fails. */
  #isPrepared = false;
  /** What does not come through on the way to the proxy. */
  #path: PathDetail | undefined;
  /** Failed attempts in a row, on whichever transport. */
  #failures = 0;
  #openedAt = 0;

  constructor({ api, transports, transport = "auto", WebSocket: Socket, timing, tabs }: ConnectionOptions) {
    this.api = api;
    this.#transports = transports;
    this.timing = { ...TIMING, ...timing };
    this.WebSocket = Socket ?? globalThis.WebSocket;
    this.#pick = new TransportPick(transport, api.base, this.WebSocket !== undefined);
    // The first answer need not wait for it.
    transports.prepare?.(this.#pick.preferred);
    this.#unwatch = watchPage({
      wake: () => {
        this.#move("online");
        this.#transport?.wake();
      },
      offline: () => this.#move("offline"),
      suspend: () => this.#close(),
      resume: () => this.#resume(),
    });
    if (tabs !== undefined) void this.#load(tabs);
  }

  get view(): ConnectionView {
    return this.#view;
  }

  /** Calls back after each change of `view`. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Delivers to the reader from its position on, until it is detached. */
  attach(reader: StreamReader): void {
    if (this.#readers.size === 0) this.#ready();
    this.#readers.add(reader);
    // None while the page is suspended; then resuming attaches it.
    this.#transport?.attach(reader);
  }

  detach(reader: StreamReader): void {
    if (!this.#readers.delete(reader)) return;
    this.#transport?.detach(reader);
    if (this.#readers.size === 0) this.#rest();
  }

  applied(reader: StreamReader, seq: number, bytes: number): void {
    this.#transport?.applied(reader, seq, bytes);
  }

  /** Opens the socket ahead of the first reader, so that an answer that is about to start need not wait for it. */
  open(): void {
    if (this.#readers.size > 0 || this.#pick.preferred === "sse") return;
    this.#ready();
    this.#rest();
  }

  /** A person's wish: forgets the back-off and tries at once. */
  reconnect(): void {
    this.#failures = 0;
    if (this.#view.state === "failed") this.#close();
    if (this.#transport === null) this.#resume();
    else this.#transport.wake();
  }

  /** Begins again with what is decided about tabs now; readers go on from where they are. */
  retake(): void {
    this.#transport?.close();
    this.#transport = null;
    this.#move("stop");
    this.#resume();
    this.#rest();
  }

  /** What the tab that holds the connection says of it. */
  mirror(view: ConnectionView): void {
    this.#view = view;
    for (const listener of this.#listeners) listener();
  }

  close(): void {
    this.#unwatch();
    this.#listeners.clear();
    this.#readers.clear();
    this.#close();
  }

  attempting(): void {
    this.#move("attempt");
  }

  opened(): void {
    this.#openedAt = Date.now();
    const kind = this.#transport?.kind;
    this.#pick.opened(kind);
    this.#path = this.#pick.isSecondBest(kind) ? (this.#path ?? "upgrade_blocked") : undefined;
    this.#move("opened");
  }

  noticed(detail: PathDetail): void {
    this.#path = detail;
    this.mirror({ ...this.#view, detail });
  }

  progressed(): void {
    this.#failures = 0;
    // When this one comes through no more, the network may not bring the other one's code either.
    const other = this.#isPrepared ? null : this.#pick.otherThan(this.#transport?.kind);
    if (other !== null) this.#transports.prepare?.(other);
    this.#isPrepared = true;
  }

  dropped({ worked, hintMs }: AttemptEnd): number | null {
    if (worked && Date.now() - this.#openedAt >= SETTLED_MS) this.#failures = 0;
    this.#failures += 1;
    const delayMs = hintMs ?? this.timing.backoff(this.#failures);
    if (!worked && this.#replace(delayMs)) return null;
    this.#move("dropped", waiting(delayMs));
    if (globalThis.navigator?.onLine === false) this.#move("offline", waiting(delayMs));
    return delayMs;
  }

  async refused(reader: StreamReader, error: StreamError): Promise<number | null> {
    switch (error.code) {
      case "cursor_ahead":
      case "incarnation_changed":
        reader.restart();
        break;
      case "cursor_expired":
        try {
          reader.rebase(await this.api.json(`/v1/streams/${encodeURIComponent(reader.id)}/message`));
        } catch (failure) {
          const cause = StreamError.from(failure);
          return cause.retryable ? this.#retryIn(cause) : this.#giveUp(reader, cause);
        }
        break;
      default:
        return error.retryable ? this.#retryIn(error) : this.#giveUp(reader, error);
    }
    return this.#readers.has(reader) ? this.timing.backoff(0) : null;
  }

  failed(error: StreamError): void {
    this.#transport = null;
    this.#tabs?.leave();
    this.#move("refused", { error: error.toJSON() });
    for (const reader of this.#readers) this.#giveUp(reader, error);
  }

  #retryIn(error: StreamError): number {
    this.#failures += 1;
    return error.retryAfterMs ?? this.timing.backoff(this.#failures);
  }

  #giveUp(reader: StreamReader, error: StreamError): null {
    this.detach(reader);
    reader.fail(error);
    return null;
  }

  /** Where WebSockets do not come through, SSE takes over; where SSE does not either, WebSockets have their turn again. */
  #replace(delayMs: number): boolean {
    const from = this.#transport?.kind;
    if (!this.#pick.failed(from)) return false;
    this.#transport?.close();
    // SSE did nothing wrong yet, so its first attempt is made at once.
    this.#move("dropped", from === "ws" ? {} : waiting(delayMs));
    this.#transport = from === "ws" ? this.#make("sse", 0) : this.#make("ws", delayMs);
    for (const reader of this.#readers) this.#transport.attach(reader);
    return true;
  }

  async #load(tabs: (connection: Connection) => Promise<Tabs>): Promise<void> {
    this.#tabs = undefined;
    this.#tabs = await tabs(this).catch(() => null);
    this.#resume();
  }

  /** Null until it is decided whose connection it is. */
  #begin(): Transport | null {
    if (this.#tabs === undefined) return null;
    const shared = this.#tabs === null ? null : this.#tabs.enter();
    return shared === null ? this.#make(this.#pick.preferred, 0) : (shared ?? null);
  }

  #make(kind: "ws" | "sse", delayMs: number): Transport {
    const { WebSocket: Socket } = this;
    return kind === "ws" && Socket !== undefined
      ? this.#transports.ws(this, Socket, delayMs)
      : this.#transports.sse(this, delayMs);
  }

  /** Before the first reader comes: that is when a transport may be chosen anew. */
  #ready(): void {
    clearTimeout(this.#idle);
    const from = this.#transport?.kind ?? "tab";
    if (from !== "tab" && from !== this.#pick.preferred) this.#close();
    this.#transport ??= this.#begin();
  }

  /** After the last reader left. */
  #rest(): void {
    clearTimeout(this.#idle);
    if (this.#readers.size > 0 || (this.#transport === null && !this.#tabs)) return;
    if (this.#transport?.kind === "sse") this.#close();
    else this.#idle = setTimeout(() => this.#close(), this.timing.idleMs);
  }

  #close(): void {
    clearTimeout(this.#idle);
    this.#transport?.close();
    this.#transport = null;
    this.#tabs?.leave();
    this.#move("stop");
  }

  #resume(): void {
    if (this.#transport !== null || this.#readers.size === 0) return;
    this.#transport = this.#begin();
    for (const reader of this.#readers) this.#transport?.attach(reader);
  }

  #move(input: ConnectionInput, facts: Pick<ConnectionView, "retryInMs" | "retryAt" | "error"> = {}): void {
    const state = next(this.#view.state, input);
    if (state === this.#view.state && facts.retryInMs === undefined) return;
    const { kind = null } = this.#transport ?? {};
    const path = state === "open" && this.#path !== undefined ? { detail: this.#path } : {};
    this.mirror({ state, transport: kind === "tab" ? null : kind, ...path, ...facts });
  }
}
