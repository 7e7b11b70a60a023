/** The messages of a conversation as a tree, and the one branch of it that is shown. */
import type { Attachment } from "../protocol/index.ts";
import type { AssistantMessage, ChatMessage, ConversationSnapshot, UserMessage } from "./chat.ts";
import type { Outgoing } from "./outbox.ts";

export class Conversation {
  /** Null until the proxy gave it one. */
  id: string | null = null;
  /** The files sent from this page, by message, for asking again. */
  readonly attachments = new Map<string, readonly Attachment[]>();
  #head: string | null = null;
  readonly #messages = new Map<string, ChatMessage>();
  #branch: readonly ChatMessage[] | null = null;

  static from({ id, head, messages }: ConversationSnapshot): Conversation {
    const conversation = new Conversation();
    conversation.id = id;
    for (const { ts: _ts, ...message } of messages) {
      conversation.put(message.role === "user" ? { ...message, state: "sent" } : message);
    }
    conversation.show(head);
    return conversation;
  }

  /** From the first message down to the head. */
  get branch(): readonly ChatMessage[] {
    if (this.#branch !== null) return this.#branch;
    const branch: ChatMessage[] = [];
    let message = this.get(this.#head);
    // A circle in the parents would be the proxy's mistake; it must not hang the page.
    while (message !== null && branch.length < this.#messages.size) {
      branch.push(message);
      message = this.get(message.parent);
    }
    this.#branch = branch.toReversed();
    return this.#branch;
  }

  get head(): ChatMessage | null {
    return this.get(this.#head);
  }

  /** The latest answer of the shown branch: what the next message follows. */
  get lastAnswer(): AssistantMessage | null {
    return this.branch.findLast((message) => message.role === "assistant") ?? null;
  }

  get(id: string | null): ChatMessage | null {
    return id === null ? null : (this.#messages.get(id) ?? null);
  }

  /** The questions that stand in one another's place, this one among them, oldest first; none for an id nobody has. */
  versions(id: string): readonly UserMessage[] {
    const message = this.get(id);
    if (message?.role !== "user") return [];
    return [...this.#messages.values()].filter(
      (other): other is UserMessage => other.role === "user" && other.parent === message.parent,
    );
  }

  /** Shows the branch through this message, down to what was said last in it. */
  showThrough(id: string): void {
    const within = new Set([id]);
    let last = id;
    // Parents come before their children.
    for (const { id: child, parent } of this.#messages.values()) {
      if (parent !== null && within.has(parent)) within.add((last = child));
    }
    this.show(last);
  }

  /** Adds a message, or replaces the one of its id. */
  put(message: ChatMessage): void {
    this.#messages.set(message.id, message);
    this.#branch = null;
  }

  remove(id: string): void {
    if (this.#head === id) this.#head = this.get(id)?.parent ?? null;
    this.#messages.delete(id);
    this.#branch = null;
  }

  /** Shows the branch that ends with this message. */
  show(id: string | null): void {
    this.#head = id;
    this.#branch = null;
  }
}

/** A message of the outbox as it is shown. */
export const toUserMessage = (
  { sendId, text, attachments }: Outgoing,
  parent: string | null,
  state: UserMessage["state"],
): UserMessage => ({
  role: "user",
  id: sendId,
  parent,
  text,
  attachments: attachments.map(({ name, mediaType }) => ({ name, mediaType })),
  state,
});
