/** The element with a conversation the test writes itself: no controller, no network. */
import { emptyMessage } from "../../protocol/index.ts";
import type { EndReason, MessageBlock, TextBlock } from "../../protocol/index.ts";
import { AiStream } from "../../widget/ai-stream.ts";
import type { Chat } from "../../widget/stream-controller.ts";
import type { Parts } from "../../widget/view/parts.ts";
import type {
  AgentNote,
  AssistantMessage,
  ChatMessage,
  ChatStatus,
  ConnectionView,
  UserMessage,
} from "../../widget/chat.ts";

/** Records what it is asked to do; shows what the test puts into it. */
export class FakeChat implements Chat {
  messages: readonly ChatMessage[] = [];
  status: ChatStatus = "idle";
  connection: ConnectionView = { state: "idle", transport: null };
  agent: AgentNote | null = null;
  conversation: string | null = null;
  readonly ready = Promise.resolve();
  readonly calls: string[] = [];

  send(text: string, _options?: { readonly attachments?: readonly File[] }): Promise<void> {
    return this.#did(`send ${text}`);
  }
  stop(): Promise<void> {
    return this.#did("stop");
  }
  retry(): Promise<void> {
    return this.#did("retry");
  }
  regenerate(): Promise<void> {
    return this.#did("regenerate");
  }
  edit(id: string, text: string): Promise<void> {
    return this.#did(`edit ${id} ${text}`);
  }
  approve(callId: string): Promise<void> {
    return this.#did(`approve ${callId}`);
  }
  deny(callId: string): Promise<void> {
    return this.#did(`deny ${callId}`);
  }
  clear(conversation: string | null = null): void {
    this.calls.push(conversation === null ? "clear" : `clear ${conversation}`);
    this.messages = [];
    this.conversation = conversation;
  }
  takeBack(id: string): void {
    this.calls.push(`takeBack ${id}`);
  }
  /** What `versions` answers, by any of their ids. */
  family: readonly UserMessage[] = [];
  versions(id: string): readonly UserMessage[] {
    return this.family.some((message) => message.id === id) ? this.family : [];
  }
  showVersion(id: string): void {
    this.calls.push(`showVersion ${id}`);
  }
  /** What the proxy answers, by path. */
  answers: Readonly<Record<string, unknown>> = {};
  ask(path: string, { method = "GET" }: { method?: string } = {}): Promise<unknown> {
    this.calls.push(`${method} ${path}`);
    return path in this.answers ? Promise.resolve(this.answers[path]) : Promise.reject(new Error(`no ${path}`));
  }
  reconnect(): void {
    this.calls.push("reconnect");
  }

  #did(call: string): Promise<void> {
    this.calls.push(call);
    return Promise.resolve();
  }
}

export class FakeStream extends AiStream {
  declare chat: FakeChat;

  protected override createChat(): Chat {
    this.chat = new FakeChat();
    return this.chat;
  }

  /** Changes what is shown and waits until it is. */
  async show(change: Partial<FakeChat>): Promise<void> {
    Object.assign(this.chat, change);
    this.requestUpdate();
    await this.updateComplete;
  }

  takeFiles(): readonly File[] {
    return this.extras.desk?.takeFiles() ?? [];
  }

  get parts(): Parts {
    return this.extras.parts;
  }

  /** Waits until what is loaded later is there. */
  async furnished(): Promise<void> {
    await Promise.all(
      (["agent", "desk", "files", "history", "speech"] as const).map((name) => this.extras.parts.load(name)),
    );
    await this.updateComplete;
  }

  /** One element of the shadow tree. */
  find<E extends Element = HTMLElement>(selector: string): E {
    const found = this.renderRoot.querySelector<E>(selector);
    if (found === null) throw new Error(`nothing matches ${selector} in ${(this.renderRoot as ShadowRoot).innerHTML}`);
    return found;
  }

  has(selector: string): boolean {
    return this.renderRoot.querySelector(selector) !== null;
  }
}
customElements.define("fake-stream", FakeStream);

/** An element on the page, as its attributes make it. */
export async function mount(attributes: Readonly<Record<string, string>> = {}): Promise<FakeStream> {
  document.body.replaceChildren();
  const element = document.createElement("fake-stream") as FakeStream;
  for (const [name, value] of Object.entries({ endpoint: "/", ...attributes })) element.setAttribute(name, value);
  document.body.append(element);
  await element.updateComplete;
  await element.furnished();
  // Asked for by the element before, so it has it too.
  await import("../../widget/view/spoken.ts");
  await element.updateComplete;
  return element;
}

export const asked = (text: string, change: Partial<UserMessage> = {}): UserMessage => ({
  role: "user",
  id: "m_q",
  parent: null,
  text,
  attachments: [],
  state: "sent",
  ...change,
});

export const words = (text: string, change: Partial<TextBlock> = {}): TextBlock => ({
  kind: "text",
  seq: 3,
  block: 0,
  text,
  open: false,
  ...change,
});

export const growing = (text: string): AssistantMessage =>
  answered([words(text, { open: true })], { status: "running" });

export const answered = (
  blocks: readonly MessageBlock[],
  change: Partial<AssistantMessage> & { reason?: EndReason } = {},
): AssistantMessage => {
  const { reason = "stop", ...rest } = change;
  const ended = rest.status === "running" ? {} : { end: { reason }, timings: { totalMs: 2400 } };
  return { ...emptyMessage("i"), id: "m_a", parent: "m_q", status: "complete", blocks, ...ended, ...rest };
};
