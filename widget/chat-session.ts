/** One conversation at work: restores it, sends what waits in turn, and shows each answer until its end. */
import { emptyMessage, parseCursor, StreamError } from "../protocol/index.ts";
import type { Attachment, Message, Started } from "../protocol/index.ts";
import type { AgentNote, ChatStatus, ConnectionView, UserMessage } from "./chat.ts";
import { waiting } from "./connection/connection-state.ts";
import { lateTransports } from "./connection/late-transports.ts";
import { comeBackAt, viewOf } from "./connection-view.ts";
import type { Delay, Note } from "./connection-view.ts";
import { Conversation, toUserMessage } from "./conversation.ts";
import { LateToolRunner } from "./late-tool-runner.ts";
import { showAnswer } from "./live-answer.ts";
import { eventsBetween } from "./message-events.ts";
import { Outbox, SENT_BEFORE } from "./outbox.ts";
import type { Outgoing } from "./outbox.ts";
import { declareTools } from "./page-tools.ts";
import { ProxyClient } from "./proxy-client.ts";
import { randomId } from "./random-id.ts";
import { toClientOptions } from "./session-options.ts";
import type { SessionOwner } from "./session-options.ts";
import { toolLedger } from "./tool-ledger.ts";

/** Over an hour at the longest delay: after that the message is marked, and a person tries again. */
const ATTEMPTS = 200;

export class ChatSession {
  readonly client: ProxyClient;
  readonly outbox: Outbox;
  /** How often the copy differed from the proxy's and was read again. */
  divergence = 0;
  agent: AgentNote | null = null;
  status: ChatStatus = "idle";
  readonly #owner: SessionOwner;
  readonly #wanted: string;
  readonly #signal: AbortSignal;
  readonly #abort = new AbortController();
  #delay: Delay | null = null;
  #note: Note | null = null;
  readonly #tools: LateToolRunner;
  /** Gives up the message that is being sent. */
  #unsend = new AbortController();
  #onNews: () => void = () => {};

  /**
   * @param name tells this element from others of the page
   * @param wanted the conversation to show; empty for the one this tab had
   * @throws {StreamError} `invalid_request` for an endpoint that is none
   */
  constructor(owner: SessionOwner, name: string, wanted: string) {
    const options = owner.options();
    this.client = new ProxyClient(toClientOptions(options), lateTransports);
    this.outbox = new Outbox(`chat:${this.client.endpoint}|${options.agent ?? ""}|${name}`);
    this.#owner = owner;
    this.#wanted = wanted;
    this.#signal = this.#abort.signal;
    this.#tools = new LateToolRunner({
      client: this.client,
      tools: () => owner.options().tools ?? {},
      onFailure: (error) => this.#report(error),
    });
    this.client.connection.onChange(() => owner.changed());
  }

  /** Known before it is loaded. */
  get conversation(): string | null {
    return this.#owner.conversation.id ?? (this.#wanted || this.outbox.conversation);
  }

  get connection(): ConnectionView {
    return viewOf(this.client.connection.view, this.#delay, this.#note);
  }

  /** Works until `close`. */
  async run(): Promise<void> {
    void this.#findAgent();
    await this.#restore();
    while (!this.#signal.aborted) {
      const next = this.outbox.waiting[0];
      if (next !== undefined) await this.#ask(next);
      else await new Promise<void>((resolve) => (this.#onNews = resolve));
    }
  }

  /** Answers go on at the proxy, and what waits is kept for the next session. */
  close(): void {
    this.#abort.abort();
    this.#onNews();
    this.#tools.close();
    this.client.close();
  }

  /** Runs what waits for the page, when its tools came later than their calls. */
  runTools(): void {
    const { head } = this.#owner.conversation;
    if (head?.role === "assistant") this.#tools.follow(head);
  }

  /** @param parent the message it follows; undefined for whatever is shown last when its turn comes */
  enqueue(
    text: string,
    attachments: readonly Attachment[],
    parent: string | null | undefined,
    sendId: string = randomId(),
  ): Promise<void> {
    const tools = declareTools(this.#owner.options().tools ?? {});
    this.outbox.add({ sendId, text, attachments, parent, ...(tools.length === 0 ? {} : { tools }) });
    const sender = Promise.withResolvers<void>();
    this.#owner.senders.set(sendId, sender);
    this.client.connection.open();
    this.#onNews();
    this.#owner.changed();
    return sender.promise;
  }

  /** The end arrives in the stream, as for every viewer. A message that still waits for the network is given up. */
  async stop(): Promise<void> {
    if (this.#delay !== null) return this.#unsend.abort();
    if (this.status === "starting") return this.#setStatus("stopping");
    const answer = this.#owner.conversation.head;
    if (this.status !== "streaming" || answer?.role !== "assistant") return;
    this.#setStatus("stopping");
    await this.#cancel(answer.stream);
  }

  async #findAgent(): Promise<void> {
    const { agent } = this.#owner.options();
    // Without its name and greeting the conversation works as well, and sending will tell what is wrong.
    const agents = await this.client.agents({ signal: this.#signal }).catch(() => []);
    this.agent = (agent ? agents.find(({ name }) => name === agent) : agents[0]) ?? null;
    this.#owner.changed();
  }

  /** Shows the conversation as the proxy has it, and follows an answer that is still running. */
  async #restore(isStale = false): Promise<void> {
    const owner = this.#owner;
    const id = this.conversation;
    try {
      if (id !== null && (isStale || owner.conversation.id === null)) {
        owner.conversation = Conversation.from(
          await this.client.conversation(id, { signal: this.#signal, attempts: ATTEMPTS }),
        );
        owner.changed();
      }
      const { head } = owner.conversation;
      if (head?.role === "assistant" && head.status === "running") await this.#show(head, head.parent);
    } catch (error) {
      if (this.#signal.aborted) return;
      // The tab remembered something that is gone: that is a new conversation, not a failure.
      if (this.#wanted === "") this.outbox.forgetConversation();
      else this.#report(StreamError.from(error));
      owner.changed();
    }
  }

  async #ask(outgoing: Outgoing): Promise<void> {
    const { conversation } = this.#owner;
    const parent = outgoing.parent === undefined ? (conversation.lastAnswer?.id ?? null) : outgoing.parent;
    this.outbox.change(outgoing.sendId, { parent });
    const question = toUserMessage(outgoing, parent, "sending");
    conversation.attachments.set(question.id, outgoing.attachments);
    conversation.put(question);
    conversation.show(question.id);
    this.#setStatus("starting");
    try {
      const started = await this.#start(outgoing, question);
      conversation.id = started.conversation;
      this.outbox.remove(outgoing.sendId, started.conversation);
      this.#owner.senders.get(outgoing.sendId)?.resolve();
      await this.#follow(started, question);
    } catch (thrown) {
      if (this.#signal.aborted) return;
      const error = StreamError.from(thrown);
      this.outbox.remove(outgoing.sendId);
      if (error.field === SENT_BEFORE && conversation.id !== null) {
        this.#owner.senders.get(outgoing.sendId)?.resolve();
        return await this.#restore(true);
      }
      conversation.put({ ...question, state: "failed", error: error.toJSON(), ...comeBackAt(error) });
      this.#owner.senders.get(outgoing.sendId)?.reject(error);
      this.#report(error);
    } finally {
      this.#owner.senders.delete(outgoing.sendId);
      this.#setStatus("idle");
    }
  }

  async #start({ sendId, text, attachments, tools }: Outgoing, question: UserMessage): Promise<Started> {
    const { id: conversation } = this.#owner.conversation;
    this.#unsend = new AbortController();
    const request = {
      input: text,
      sendId,
      ...(conversation === null ? {} : { conversation, parent: question.parent }),
      ...(attachments.length === 0 ? {} : { attachments }),
      ...(tools === undefined ? {} : { tools }),
    };
    try {
      const started = await this.client.start(request, {
        signal: AbortSignal.any([this.#signal, this.#unsend.signal]),
        attempts: ATTEMPTS,
        onRetry: (error, delayMs) => {
          this.#delay = { ...waiting(delayMs), error: error.toJSON() };
          this.#owner.conversation.put({ ...question, state: "queued" });
          this.#owner.changed();
        },
      });
      if (tools !== undefined) toolLedger.add(started.id);
      return started;
    } catch (error) {
      if (this.#unsend.signal.aborted) throw new StreamError("cancelled", "The message was not sent");
      throw error;
    } finally {
      this.#delay = null;
    }
  }

  async #follow({ id, message, cursor, conversation: name }: Started, question: UserMessage): Promise<void> {
    const { conversation } = this.#owner;
    const known = conversation.get(message);
    if (known?.role === "assistant") {
      // Sent before a reload, and restored since: it is there already, with its question.
      conversation.remove(question.id);
      conversation.show(message);
      if (known.status === "running") await this.#show(known, known.parent);
      return;
    }
    conversation.put({ ...question, state: "sent" });
    const agent = this.#owner.options().agent || (this.agent?.name ?? "");
    this.#owner.dispatch(new this.#owner.events.AiStreamStartEvent({ stream: id, conversation: name, message, agent }));
    const { inc } = parseCursor(cursor);
    const answer = { ...emptyMessage(inc ?? "0"), id: message, stream: id, conversation: name };
    conversation.put({ ...answer, parent: question.id });
    conversation.show(message);
    if (this.status === "stopping") void this.#cancel(id);
    await this.#show(answer, question.id);
  }

  /** Never rejects: an answer that cannot be read on is shown as failed. */
  async #show(answer: Message, parent: string | null): Promise<void> {
    const { conversation } = this.#owner;
    if (this.status !== "stopping") this.#setStatus("streaming");
    this.#tools.follow(answer);
    try {
      const message = await showAnswer(this.client, answer, {
        parent,
        isInstant: () => this.#owner.options().pace === "instant",
        onShown: (now, before) => {
          conversation.put(now);
          this.#tools.follow(now);
          for (const event of eventsBetween(this.#owner.events, before, now)) this.#owner.dispatch(event);
          this.#owner.changed();
        },
        onNote: (note) => {
          // An agent's step lasts until its next one.
          if (note === this.#note || (note === null && this.#note?.phase === "step")) return;
          this.#note = note;
          this.#owner.changed();
        },
        onDivergence: () => (this.divergence += 1),
        signal: this.#signal,
      });
      // Kept whole, shown or not: the next session goes on from its cursor.
      conversation.put({ ...message, parent, ...comeBackAt(message.end?.error) });
      if (message.end !== undefined) this.#owner.dispatch(new this.#owner.events.AiStreamMessageEvent(message));
      if (message.end?.error !== undefined) this.#report(StreamError.fromWire(message.end.error));
    } catch (thrown) {
      const error = StreamError.from(thrown);
      const shown = conversation.get(answer.id);
      const end = { reason: "error", error: error.toJSON() } as const;
      if (shown?.role === "assistant") conversation.put({ ...shown, status: "error", end });
      this.#report(error);
    } finally {
      this.#note = null;
      this.#setStatus("idle");
    }
  }

  /** The answer goes on when the proxy cannot be told, and says so. */
  async #cancel(stream: string): Promise<void> {
    try {
      await this.client.cancel(stream, { signal: this.#signal });
    } catch (error) {
      if (this.#signal.aborted) return;
      if (this.status === "stopping") this.#setStatus("streaming");
      this.#report(StreamError.from(error));
    }
  }

  #report(error: StreamError): void {
    this.#owner.dispatch(new this.#owner.events.AiStreamErrorEvent(error.toJSON()));
  }

  #setStatus(status: ChatStatus): void {
    const previous = this.status;
    if (status === previous || this.#signal.aborted) return;
    this.status = status;
    this.#owner.dispatch(new this.#owner.events.AiStreamStatusEvent(status, previous));
    this.#owner.changed();
  }
}
