/** Messages that wait to be sent, in order and bounded; those without attachments outlive a reload of the tab. */
import { StreamError } from "../protocol/index.ts";
import type { Attachment, PageTool } from "../protocol/index.ts";
import { tabMemory } from "./connection/memory.ts";

/** More than anybody types while an answer streams or a train is in a tunnel. */
const MAX_WAITING = 20;

/** The field of a conflict that says: another tab has sent this, at another place of the conversation. */
export const SENT_BEFORE = "Idempotency-Key";

export interface Outgoing {
  /** Makes sending it twice the same as sending it once. */
  readonly sendId: string;
  readonly text: string;
  readonly attachments: readonly Attachment[];
  /** What the page offered when it was written: a repeat must say the same. */
  readonly tools?: readonly PageTool[];
  /** The message it follows; null for a new beginning, undefined for the end of what is shown when its turn comes. */
  readonly parent: string | null | undefined;
}

interface Note {
  readonly conversation: string | null;
  readonly waiting: readonly Outgoing[];
}

/** Also remembers the tab's conversation, in the same note, so that both change together. */
export class Outbox {
  readonly #name: string;
  #note: Note;

  /** @param name tells conversations of one tab apart */
  constructor(name: string) {
    this.#name = name;
    this.#note = decodeNote(tabMemory.recall(name));
  }

  get conversation(): string | null {
    return this.#note.conversation;
  }

  get waiting(): readonly Outgoing[] {
    return this.#note.waiting;
  }

  /** @throws {StreamError} `capacity` when too many wait already */
  add(outgoing: Outgoing): void {
    if (this.waiting.length >= MAX_WAITING) {
      throw new StreamError("capacity", `${MAX_WAITING} messages wait to be sent already`);
    }
    this.#keep({ ...this.#note, waiting: [...this.waiting, outgoing] });
  }

  /**
   * Changes a message that waits; one that is gone stays so. Its `parent` is settled when its turn comes: should it be
   * sent again after a reload, it must say the same.
   */
  change(sendId: string, what: Partial<Pick<Outgoing, "text" | "parent">>): void {
    const waiting = this.waiting.map((outgoing) => (outgoing.sendId === sendId ? { ...outgoing, ...what } : outgoing));
    this.#keep({ ...this.#note, waiting });
  }

  /** Takes out what was sent or given up. */
  remove(sendId: string, conversation: string | null = this.conversation): void {
    this.#keep({ conversation, waiting: this.waiting.filter((outgoing) => outgoing.sendId !== sendId) });
  }

  forgetConversation(): void {
    this.#keep({ ...this.#note, conversation: null });
  }

  /** Forgets what waits. @param conversation the one to go on with */
  clear(conversation: string | null = null): void {
    this.#keep({ conversation, waiting: [] });
  }

  #keep(note: Note): void {
    this.#note = note;
    const waiting = note.waiting.filter(({ attachments }) => attachments.length === 0);
    const isEmpty = note.conversation === null && waiting.length === 0;
    tabMemory.remember(this.#name, isEmpty ? null : JSON.stringify({ ...note, waiting }));
  }
}

/** What is not ours, or of another version, counts as nothing. */
function decodeNote(text: string | null): Note {
  try {
    const { conversation, waiting } = JSON.parse(text ?? "{}") as Partial<Note>;
    return {
      conversation: typeof conversation === "string" ? conversation : null,
      waiting: Array.isArray(waiting) ? waiting.filter(isOutgoing).slice(0, MAX_WAITING) : [],
    };
  } catch {
    return { conversation: null, waiting: [] };
  }
}

const isOutgoing = (value: Partial<Outgoing> | null): value is Outgoing =>
  typeof value?.sendId === "string" && typeof value.text === "string" && Array.isArray(value.attachments);
