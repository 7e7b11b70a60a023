/** What an element's conversation does: it sends, follows, branches and begins anew. Loaded while the page goes on. */
import { invalid, StreamError } from "../protocol/index.ts";
import type { Attachment } from "../protocol/index.ts";
import type { AgentNote, ChatMessage, ChatStatus, ConnectionView, UserMessage } from "./chat.ts";
import { ChatSession } from "./chat-session.ts";
import type { ApiRequest } from "./connection/proxy-api.ts";
import { Conversation, toUserMessage } from "./conversation.ts";
import type { Outbox } from "./outbox.ts";
import type { PageTools } from "./page-tools.ts";
import type { SessionOwner } from "./session-options.ts";
import type { StreamOptions } from "./stream-controller.ts";

/** Who is talked for. */
export interface TalkOwner extends Pick<SessionOwner, "dispatch" | "events"> {
  /** Tells this element from others of the page, over reloads. */
  readonly name: () => string;
  /** Asked anew whenever they matter; a change of what to show or how to reach it begins anew. */
  readonly options: () => StreamOptions;
  /** There is something new to draw. */
  readonly changed: () => void;
}

export interface SendOptions {
  readonly attachments?: readonly File[] | undefined;
  /** Of a message that was shown already. */
  readonly sendId?: string | undefined;
}

/** What decides which conversation is shown, and what decides how the proxy is reached. */
const WHICH = ["endpoint", "agent", "conversation"] as const;
const HOW = ["transport", "accessToken", "getAccessToken", "fetch", "WebSocket"] as const;

const IDLE: ConnectionView = { state: "idle", transport: null };

export class Talk {
  readonly #told: TalkOwner;
  readonly #owner: SessionOwner;
  #session: ChatSession | null = null;
  /** Why there is no session. */
  #mistake: StreamError | null = null;
  /** The options at the last beginning. */
  #which: readonly unknown[] = [];
  #how: readonly unknown[] = [];
  #connection = IDLE;
  #tools: PageTools | undefined;

  constructor(owner: TalkOwner) {
    this.#told = owner;
    this.#owner = {
      ...owner,
      conversation: new Conversation(),
      senders: new Map(),
      changed: () => this.#changed(),
    };
  }

  /** The shown branch; messages that wait for their turn come last. */
  get messages(): readonly ChatMessage[] {
    const { conversation } = this.#owner;
    const waiting = this.#session?.outbox.waiting.filter(({ sendId }) => conversation.get(sendId) === null) ?? [];
    if (waiting.length === 0) return conversation.branch;
    return [
      ...conversation.branch,
      ...waiting.map((outgoing) => ({ ...toUserMessage(outgoing, null, "queued"), waiting: true }) as const),
    ];
  }

  get status(): ChatStatus {
    return this.#session?.status ?? "idle";
  }

  get connection(): ConnectionView {
    return this.#connection;
  }

  get agent(): AgentNote | null {
    return this.#session?.agent ?? null;
  }

  get conversation(): string | null {
    return this.#session?.conversation ?? this.#owner.conversation.id;
  }

  /** How often a copy differed from the proxy's and was read again. */
  get divergence(): number {
    return this.#session?.divergence ?? 0;
  }

  /** @param conversation the one to show; empty for the one the tab had, or a new one */
  begin(conversation: string = this.#told.options().conversation ?? ""): void {
    this.#which = this.#read(WHICH);
    this.#how = this.#read(HOW);
    const { endpoint, mistake } = this.#told.options();
    if (endpoint === "" && !mistake) return;
    try {
      if (mistake) throw StreamError.fromWire(mistake);
      this.#session = new ChatSession(this.#owner, this.#told.name(), conversation);
      void this.#session.run();
      this.#changed();
    } catch (thrown) {
      this.#mistake = StreamError.from(thrown);
      this.#changed({ state: "failed", transport: null, error: this.#mistake.toJSON() });
    }
  }

  /** Answers go on at the proxy, and what waits is kept for the next beginning. */
  end(): void {
    this.#session?.close();
    this.#session = null;
    this.#mistake = null;
  }

  /** A framework may set properties in any order and at any time. */
  follow(): void {
    if (differs(this.#which, this.#read(WHICH)) || differs(this.#how, this.#read(HOW))) this.reconnect();
  }

  /** Runs what waits for the page's tools, when those came later. */
  followTools(): void {
    const { tools } = this.#told.options();
    if (tools === this.#tools) return;
    this.#tools = tools;
    this.#session?.runTools();
  }

  /**
   * Resolves once the proxy has taken the message; until then it waits for its turn and for the network.
   * @throws {StreamError} when it was refused or given up; the message stays, marked
   */
  async send(text: string, { attachments = [], sendId }: SendOptions = {}): Promise<void> {
    if (this.#told.options().readonly === true) throw new StreamError("forbidden", "This conversation is read-only");
    if (text.trim() === "") throw new StreamError("invalid_request", "input: found no text", { field: "input" });
    const files = attachments.length === 0 ? [] : await encode(attachments);
    await this.#working.enqueue(text, files, undefined, sendId);
  }

  /** Ends the answer for every viewer; its end arrives in the stream. Messages that wait are sent all the same. */
  async stop(): Promise<void> {
    await this.#session?.stop();
  }

  /** Sends again what was refused, or asks again where an answer failed. */
  async retry(): Promise<void> {
    const { conversation } = this.#owner;
    const { head } = conversation;
    if (head?.role === "user" && head.state === "failed") {
      await this.#working.enqueue(head.text, conversation.attachments.get(head.id) ?? [], head.parent, head.id);
    } else if (head?.role === "assistant" && head.status !== "running" && head.status !== "complete") {
      await this.regenerate();
    }
  }

  /** Asks the last question again, as a branch of its own. */
  async regenerate(): Promise<void> {
    const question = this.#owner.conversation.branch.findLast((message) => message.role === "user");
    if (question !== undefined) await this.edit(question.id, question.text);
  }

  /**
   * Asks something else in place of an earlier question, as a branch of its own; a message that waits for its turn is
   * changed. @throws {StreamError} when its files cannot be had any more
   */
  async edit(messageId: string, text: string): Promise<void> {
    if (this.#isWaiting(messageId)) return this.#queue((outbox) => outbox.change(messageId, { text }));
    const question = this.#owner.conversation.get(messageId);
    if (question?.role !== "user") return;
    await this.#working.enqueue(text, await this.#filesOf(question), question.parent);
  }

  /** Takes a message back that waits for its turn. */
  takeBack(messageId: string): void {
    if (!this.#isWaiting(messageId)) return;
    this.#queue((outbox) => outbox.remove(messageId));
    this.#owner.senders.get(messageId)?.reject(new StreamError("cancelled", "The message was taken back"));
    this.#owner.senders.delete(messageId);
  }

  /** The questions that stand in one another's place, oldest first, the shown one among them. */
  versions(messageId: string): readonly UserMessage[] {
    return this.#owner.conversation.versions(messageId);
  }

  /** Shows another version of a question, with what followed it. While an answer is on its way nothing changes. */
  showVersion(messageId: string): void {
    if (this.status !== "idle" || this.#owner.conversation.get(messageId) === null) return;
    this.#owner.conversation.showThrough(messageId);
    this.#changed();
  }

  /** A person's word on a call that waits for it. @throws {StreamError} `conflict` when it was decided otherwise */
  async decide(callId: string, approve: boolean): Promise<void> {
    const { head } = this.#owner.conversation;
    const call = head?.role === "assistant" && head.blocks.some((it) => it.kind === "tool" && it.callId === callId);
    if (!call) throw invalid("callId", callId, "a call of the latest answer");
    await this.#working.client.toolResult(head.stream, callId, { approve });
  }

  /** Begins a new conversation, or goes on with another one; the old one stays at the proxy. What waits is dropped. */
  clear(conversation: string | null = null): void {
    this.#session?.outbox.clear(conversation);
    this.#forget();
    this.begin("");
  }

  /** Asks the proxy for something else, as `ProxyClient.ask`. */
  async ask(path: string, request?: ApiRequest): Promise<unknown> {
    return this.#working.client.ask(path, request);
  }

  /** Tries again now, with the options as they are now. */
  reconnect(): void {
    if (differs(this.#which, this.#read(WHICH))) this.#forget();
    else if (differs(this.#how, this.#read(HOW))) this.end();
    else this.#session?.client.connection.reconnect();
    if (this.#session === null) this.begin();
  }

  #isWaiting(id: string): boolean {
    return this.messages.some((message) => message.id === id && message.role === "user" && message.waiting === true);
  }

  #queue(change: (outbox: Outbox) => void): void {
    change(this.#working.outbox);
    this.#changed();
  }

  /** After a reload the proxy has them. */
  async #filesOf({ id, attachments: noted }: UserMessage): Promise<readonly Attachment[]> {
    const { conversation } = this.#owner;
    const known = conversation.attachments.get(id);
    if (known !== undefined || noted.length === 0) return known ?? [];
    const path = ["/v1/conversations", conversation.id, "messages", id, "attachments"].join("/");
    const { attachments = [] } = (await this.ask(path)) as { readonly attachments?: readonly Attachment[] };
    if (attachments.length !== noted.length) throw new StreamError("not_found", "The message's files are gone");
    conversation.attachments.set(id, attachments);
    return attachments;
  }

  get #working(): ChatSession {
    if (this.#session !== null) return this.#session;
    throw this.#mistake ?? new StreamError("invalid_request", "The element is not connected to a proxy");
  }

  #read(names: readonly (keyof StreamOptions)[]): readonly unknown[] {
    const options = this.#told.options();
    return names.map((name) => options[name]);
  }

  #forget(): void {
    this.end();
    const { senders } = this.#owner;
    for (const sender of senders.values()) sender.reject(new StreamError("cancelled", "The conversation was cleared"));
    senders.clear();
    this.#owner.conversation = new Conversation();
  }

  #changed(connection: ConnectionView = this.#session?.connection ?? IDLE): void {
    const before = this.#connection;
    this.#connection = connection;
    if (before !== connection && JSON.stringify(before) !== JSON.stringify(connection)) {
      this.#owner.dispatch(new this.#owner.events.AiStreamConnectionEvent(connection));
    }
    this.#told.changed();
  }
}

/** Most messages have none, so that this is loaded with the first one that has. */
const encode = async (files: readonly File[]): Promise<readonly Attachment[]> =>
  Promise.all(files.map((await import("./attachment.ts")).encodeAttachment));

const differs = (before: readonly unknown[], now: readonly unknown[]): boolean =>
  now.some((value, index) => value !== before[index]);
