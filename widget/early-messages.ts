/** What was sent before the conversation's code was there: shown, and kept over a reload of the tab. */
import type { UserMessage } from "./chat.ts";

const PREFIX = "ai-stream:early:";
/** As many as may wait to be sent; the outbox refuses more. */
const MAX_WAITING = 20;

type EarlyMessage = UserMessage & { readonly waiting: true };

export class EarlyMessages {
  messages: readonly EarlyMessage[] = [];
  /** Null until it is known which element of the page this is. */
  #key: string | null = null;

  /** @returns the id that it is sent with */
  add(text: string, files: readonly File[] = []): string {
    // As `randomId`, which comes with the talk: a file for what both need would be one more to load first.
    const id = crypto.getRandomValues(new Uint32Array(4)).join("-");
    const attachments = files.map(({ name, type }) => ({ name, mediaType: type }));
    const message = { role: "user", id, parent: null, text, attachments, state: "queued", waiting: true } as const;
    this.#keep([...this.messages, message].slice(0, MAX_WAITING));
    return id;
  }

  remove(id: string): void {
    this.#keep(this.messages.filter((message) => message.id !== id));
  }

  hide(): void {
    this.#keep([]);
  }

  /**
   * What was sent before a reload; nothing when asked again. Files do not outlive one, and messages with files do not either.
   * @param name tells this element from others of the page
   */
  recall(name: string): readonly EarlyMessage[] {
    if (this.#key !== null) return [];
    this.#key = PREFIX + name;
    const kept = read(this.#key);
    this.#keep([...kept, ...this.messages]);
    return kept;
  }

  #keep(messages: readonly EarlyMessage[]): void {
    this.messages = messages;
    if (this.#key === null) return;
    const kept = messages.filter(({ attachments }) => attachments.length === 0);
    try {
      if (kept.length > 0) sessionStorage.setItem(this.#key, JSON.stringify(kept));
      else sessionStorage.removeItem(this.#key);
    } catch {
      // Then it lasts as long as the page.
    }
  }
}

/** What is not ours counts as nothing. */
function read(key: string): readonly EarlyMessage[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isEarly).slice(0, MAX_WAITING) : [];
  } catch {
    // Storage is forbidden.
    return [];
  }
}

const isEarly = (value: Partial<EarlyMessage> | null): value is EarlyMessage =>
  typeof value?.id === "string" && typeof value.text === "string" && Array.isArray(value.attachments);
