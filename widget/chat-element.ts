/** What a page can set on the element and ask of it; `ai-stream.ts` draws it. */
import { LitElement } from "lit";
import type { PropertyValues } from "lit";
import type { WireError } from "../protocol/index.ts";
import { mistakeIn, PROPERTIES, routeOf, streamOptions } from "./attributes.ts";
import type { ChatMessage, ChatStatus, ConnectionView } from "./chat.ts";
import { AiStreamErrorEvent } from "./dom-events.ts";
import type { Labels } from "./labels.ts";
import type { PageTools } from "./page-tools.ts";
import { StreamController } from "./stream-controller.ts";
import type { Chat, StreamOptions } from "./stream-controller.ts";
import type { Renderers } from "./view/renderers.ts";

export abstract class ChatElement extends LitElement {
  static override properties = PROPERTIES;

  declare endpoint: string;
  declare agent: string;
  declare mode: string;
  declare prompt: string;
  declare conversation: string;
  declare transport: string;
  declare accessToken: string;
  declare pace: string;
  declare theme: string;
  declare verbosity: string;
  declare placeholder: string;
  declare readonly: boolean;
  declare open: boolean;
  /** Words of the page's own in place of the shipped ones. */
  declare labels: Partial<Labels>;
  /** Asked for an access token before each attempt to connect; wins over `accessToken`. */
  declare getAccessToken: (() => string | Promise<string>) | undefined;
  /** What an answer may have run in the page, by name; the agent's `pageMay` must list `tools`. */
  declare tools: PageTools;
  /** Whether answers get buttons to judge them; the event `ai-stream-feedback` tells. */
  declare feedback: boolean;
  /** Hosts that images of an answer load from at once, and `ask` for a button on all others; empty: none load. */
  declare images: string;
  /** Hosts that links of an answer may lead to; empty: any. */
  declare links: string;
  /** What the page draws itself: `{ "tool:NAME": (call) => template or node }`. */
  declare renderers: Renderers;

  /** @internal */
  protected readonly chat: Chat;
  /** An attribute that is wrong: there is nothing to talk to. @internal */
  protected mistake: WireError | null = null;
  #routed: readonly unknown[] = [];

  constructor() {
    super();
    this.endpoint = this.agent = this.prompt = this.conversation = this.accessToken = this.placeholder = "";
    this.mode = "chat";
    this.transport = this.theme = "auto";
    this.pace = "smooth";
    this.verbosity = "sentences";
    this.readonly = this.open = this.feedback = false;
    this.images = this.links = "";
    this.labels = this.tools = this.renderers = {};
    this.chat = this.createChat(() => streamOptions(this, this.#onEvent));
  }

  /** The messages shown, in order. */
  get messages(): readonly ChatMessage[] {
    return this.chat.messages;
  }

  get status(): ChatStatus {
    return this.chat.status;
  }

  get connection(): ConnectionView {
    return this.chat.connection;
  }

  /**
   * Asks. Resolves once the proxy has taken it; while an answer is on its way it waits for its turn.
   * @throws {StreamError} when it was refused; the message stays, marked, and can be tried again
   */
  async send(text: string, options?: { attachments?: readonly File[] }): Promise<void> {
    await this.chat.send(text, options);
  }

  /** Ends the answer that is on its way; what has arrived stays. */
  stop(): Promise<void> {
    return this.chat.stop();
  }

  /** Tries again what failed: the message that was refused, or the answer. */
  retry(): Promise<void> {
    return this.chat.retry();
  }

  /** Asks for another answer to the last message. */
  regenerate(): Promise<void> {
    return this.chat.regenerate();
  }

  /** Asks anew from one of the reader's messages, as a branch of its own. */
  edit(messageId: string, text: string): Promise<void> {
    return this.chat.edit(messageId, text);
  }

  /** Lets a tool call run that waits for a person's yes. @throws {StreamError} `conflict` when it was refused already */
  approve(callId: string): Promise<void> {
    return this.chat.approve(callId);
  }

  /** Refuses it; the answer goes on without. @throws as `approve` */
  deny(callId: string): Promise<void> {
    return this.chat.deny(callId);
  }

  /** Begins a new conversation, or goes on with the one of this id. What waits to be sent is dropped. */
  clear(conversation?: string): void {
    this.chat.clear(conversation);
  }

  /** @internal a seam for tests: the conversation without a network */
  protected createChat(options: () => StreamOptions): Chat {
    return new StreamController(this, options);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#routed = routeOf(this);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("endpoint")) this.mistake = mistakeIn(this.endpoint);
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("endpoint") && this.mistake !== null) this.dispatchEvent(new AiStreamErrorEvent(this.mistake));
    if (routeOf(this).some((value, index) => value !== this.#routed[index])) {
      this.#routed = routeOf(this);
      this.chat.reconnect();
    }
  }

  /** A wrong endpoint is told once, when all attributes had their chance to be set. */
  readonly #onEvent = (event: Event): void => {
    if (event instanceof AiStreamErrorEvent && event.error.field === "endpoint") return;
    this.dispatchEvent(event);
  };
}
