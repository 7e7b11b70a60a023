/** A Lit controller that holds a conversation for its host: what to draw at any time; what does the work is loaded meanwhile. */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { WireError } from "../protocol/index.ts";
import type { AgentNote, ChatMessage, ChatStatus, ConnectionView, UserMessage } from "./chat.ts";
import type { ApiRequest } from "./connection/proxy-api.ts";
import {
  AiStreamBlockEvent,
  AiStreamConnectionEvent,
  AiStreamErrorEvent,
  AiStreamMessageEvent,
  AiStreamStartEvent,
  AiStreamStatusEvent,
  AiStreamTokenEvent,
  AiStreamToolEvent,
} from "./dom-events.ts";
import { EarlyMessages } from "./early-messages.ts";
import { Loading } from "./loading.ts";
import type { SessionOptions } from "./session-options.ts";
import type * as talk from "./talk.ts";

export interface StreamOptions extends SessionOptions {
  readonly readonly?: boolean | undefined;
  /** What is wrong with the endpoint: then nothing can be reached. */
  readonly mistake?: WireError | null | undefined;
  /** Gets the events of `dom-events.ts`. @default the host dispatches them */
  readonly onEvent?: ((event: Event) => void) | undefined;
}

/** What an element needs of its controller. */
export type Chat = Omit<StreamController, keyof ReactiveController | "divergence">;

/** The classes that the page knows: copies of them would be others. */
const EVENTS = {
  AiStreamBlockEvent,
  AiStreamConnectionEvent,
  AiStreamErrorEvent,
  AiStreamMessageEvent,
  AiStreamStartEvent,
  AiStreamStatusEvent,
  AiStreamTokenEvent,
  AiStreamToolEvent,
};
export type Events = typeof EVENTS;

/** Starts to load what does the work. Once is enough: browsers keep it. */
export const loadTalk = (): Promise<typeof talk> => import("./talk.ts");

/**
 * Until the talk is there nothing is known of the conversation, and calls wait for it in order; what was sent is shown,
 * and outlives a reload.
 */
export class StreamController implements ReactiveController {
  readonly #host: ReactiveControllerHost & HTMLElement;
  readonly #options: () => StreamOptions;
  readonly #early = new EarlyMessages();
  readonly #loading: Loading<typeof talk>;
  readonly #loaded = Promise.withResolvers<talk.Talk>();
  #talk: talk.Talk | null = null;
  #isConnected = false;

  /**
   * @param options asked anew whenever they matter; a change of what to show or how to reach it begins anew
   * @param load a test's in place of `loadTalk`
   */
  constructor(host: ReactiveControllerHost & HTMLElement, options: () => StreamOptions, load = loadTalk) {
    this.#host = host;
    this.#options = options;
    this.#loading = new Loading(load, {
      loaded: ({ Talk }) => this.#begin(Talk),
      changed: (connection) => {
        this.#dispatch(new AiStreamConnectionEvent(connection));
        host.requestUpdate();
      },
    });
    host.addController(this);
  }

  /** Resolves when what the tab remembers of the conversation is known. */
  get ready(): Promise<unknown> {
    return this.#loaded.promise;
  }

  /** The shown branch; messages that wait for their turn come last. */
  get messages(): readonly ChatMessage[] {
    return this.#talk?.messages ?? this.#early.messages;
  }

  get status(): ChatStatus {
    return this.#talk?.status ?? "idle";
  }

  get connection(): ConnectionView {
    return this.#talk?.connection ?? this.#loading.view;
  }

  get agent(): AgentNote | null {
    return this.#talk?.agent ?? null;
  }

  get conversation(): string | null {
    return this.#talk?.conversation ?? null;
  }

  /** How often a copy differed from the proxy's and was read again. */
  get divergence(): number {
    return this.#talk?.divergence ?? 0;
  }

  hostConnected(): void {
    this.#isConnected = true;
    if (this.#talk !== null) return this.#talk.begin();
    for (const { id, text } of this.#early.recall(nameOf(this.#host))) this.#sendEarly(id, text).catch(() => {});
    this.#loading.begin();
  }

  hostUpdate(): void {
    if (this.#isConnected) this.#talk?.follow();
  }

  hostUpdated(): void {
    this.#talk?.followTools();
  }

  hostDisconnected(): void {
    this.#isConnected = false;
    this.#loading.pause();
    this.#talk?.end();
  }

  /**
   * Resolves once the proxy has taken the message; until then it waits for its turn and for the network.
   * @throws {StreamError} when it was refused or given up; the message stays, marked
   */
  async send(text: string, options: { readonly attachments?: readonly File[] } = {}): Promise<void> {
    if (this.#talk !== null) return this.#talk.send(text, options);
    const sendId = this.#early.add(text, options.attachments);
    this.#host.requestUpdate();
    await this.#sendEarly(sendId, text, options.attachments);
  }

  /** Ends the answer for every viewer; its end arrives in the stream. Messages that wait are sent all the same. */
  async stop(): Promise<void> {
    await this.#do((talk) => talk.stop());
  }

  /** Sends again what was refused, or asks again where an answer failed. */
  async retry(): Promise<void> {
    await this.#do((talk) => talk.retry());
  }

  /** Asks the last question again, as a branch of its own. */
  async regenerate(): Promise<void> {
    await this.#do((talk) => talk.regenerate());
  }

  /**
   * Asks something else in place of an earlier question, as a branch of its own; a message that waits for its turn is
   * changed. @throws {StreamError} when its files cannot be had any more
   */
  async edit(messageId: string, text: string): Promise<void> {
    await this.#do((talk) => talk.edit(messageId, text));
  }

  /** Takes a message back that waits for its turn. */
  takeBack(messageId: string): void {
    void this.#do((talk) => talk.takeBack(messageId));
  }

  /** The questions that stand in one another's place, oldest first, the shown one among them. */
  versions(messageId: string): readonly UserMessage[] {
    return this.#talk?.versions(messageId) ?? [];
  }

  /** Shows another version of a question, with what followed it. While an answer is on its way nothing changes. */
  showVersion(messageId: string): void {
    void this.#do((talk) => talk.showVersion(messageId));
  }

  /** Lets a call run that waits for a person's yes. @throws {StreamError} `conflict` when it was decided otherwise */
  async approve(callId: string): Promise<void> {
    await this.#do((talk) => talk.decide(callId, true));
  }

  /** Refuses it; the answer goes on without. @throws as `approve` */
  async deny(callId: string): Promise<void> {
    await this.#do((talk) => talk.decide(callId, false));
  }

  /** Begins a new conversation, or goes on with another one; the old one stays at the proxy. What waits is dropped. */
  clear(conversation: string | null = null): void {
    this.#early.hide();
    void this.#do((talk) => talk.clear(conversation));
  }

  /** Asks the proxy for something else, as `ProxyClient.ask`. */
  async ask(path: string, request?: ApiRequest): Promise<unknown> {
    return this.#do((talk) => talk.ask(path, request));
  }

  /** Tries again now, with the options as they are now. */
  reconnect(): void {
    if (this.#talk !== null) this.#talk.reconnect();
    else if (this.#isConnected) this.#loading.begin();
  }

  /** At once, or in its turn when the talk is there. */
  #do<Result>(call: (talk: talk.Talk) => Result): Result | Promise<Awaited<Result>> {
    return this.#talk === null ? (this.#loaded.promise.then(call) as Promise<Awaited<Result>>) : call(this.#talk);
  }

  #sendEarly(sendId: string, text: string, attachments?: readonly File[]): Promise<void> {
    return this.#loaded.promise.then((talk) => {
      const sent = talk.send(text, { attachments, sendId });
      // The talk keeps it from now on.
      this.#early.remove(sendId);
      return sent;
    });
  }

  #begin(Talk: typeof talk.Talk): void {
    const host = this.#host;
    this.#talk = new Talk({
      events: EVENTS,
      name: () => nameOf(host),
      options: this.#options,
      changed: () => host.requestUpdate(),
      dispatch: (event) => this.#dispatch(event),
    });
    this.#talk.begin();
    this.#talk.followTools();
    this.#loaded.resolve(this.#talk);
    host.requestUpdate();
  }

  #dispatch(event: Event): void {
    (this.#options().onEvent ?? ((it) => this.#host.dispatchEvent(it)))(event);
  }
}

/** Elements without an id are told apart by their place in the page, which a reload does not change. */
const nameOf = (host: HTMLElement): string =>
  host.id || String([...host.ownerDocument.querySelectorAll(host.localName)].indexOf(host));
