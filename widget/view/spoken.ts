/** The live region: finished sentences of the latest answer, each added once. */
import type { AssistantMessage, ChatMessage } from "../chat.ts";
import type { Labels } from "../labels.ts";
import { Announcer } from "../render/announce.ts";

/** A screen reader reads what is added; this many pieces may still wait for their turn. */
const KEPT_PIECES = 8;

export class Spoken {
  readonly #region: () => HTMLElement | null;
  #message = "";
  /** The block being read out, and how far. */
  #index = 0;
  #announcer = new Announcer();
  readonly #asked = new Set<number>();

  constructor(region: () => HTMLElement | null) {
    this.#region = region;
  }

  /** Takes the latest message, at every update. An answer that comes into view complete is not read out. */
  follow(message: ChatMessage | undefined, labels: Labels): void {
    if (message?.role !== "assistant") return;
    const running = message.status === "running";
    if (message.id !== this.#message) {
      this.#message = message.id;
      this.#asked.clear();
      this.#begin(running ? 0 : message.blocks.length);
    }
    if (this.#index > message.blocks.length) this.#begin(message.blocks.length);
    this.#ask(message, labels);
    for (const block of message.blocks.slice(this.#index)) {
      const open = running && block.kind === "text" && block.open;
      if (block.kind === "text") this.say(this.#announcer.next(block.text, open));
      if (open) return;
      this.#begin(this.#index + 1);
    }
  }

  say(text: string): void {
    const region = this.#region();
    if (region === null || text === "") return;
    const piece = document.createElement("p");
    piece.textContent = text;
    region.append(piece);
    while (region.childElementCount > KEPT_PIECES) region.firstElementChild?.remove();
  }

  /** A call that waits for a yes is said once, wherever the reader is. */
  #ask({ blocks, status }: AssistantMessage, labels: Labels): void {
    for (const block of status === "running" ? blocks : []) {
      if (block.kind !== "tool" || block.state !== "awaiting" || this.#asked.has(block.seq)) continue;
      this.#asked.add(block.seq);
      this.say(`${block.name}: ${labels.tools.awaiting}`);
    }
  }

  #begin(index: number): void {
    this.#index = index;
    this.#announcer = new Announcer();
  }
}
