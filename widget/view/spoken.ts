/** The live region: finished sentences of the latest answer, each added once. */
import type { MessageBlock } from "../../protocol/index.ts";
import type { AssistantMessage, ChatMessage } from "../chat.ts";
import type { Labels } from "../labels.ts";
import { Announcer } from "../render/announce.ts";
import { endWords } from "./message.ts";

/** A screen reader reads what is added; this many pieces may still wait for their turn. */
const KEPT_PIECES = 8;

export class Spoken {
  readonly #region: () => HTMLElement | null;
  #message = "";
  /** The block being read out, and how far. */
  #index = 0;
  #announcer = new Announcer();
  /** The blocks that something was said about. */
  readonly #told = new Set<number>();
  /** Its end was not seen yet. */
  #running = false;

  constructor(region: () => HTMLElement | null) {
    this.#region = region;
  }

  /** Takes the latest message, at every update. An answer that comes into view complete is not read out. */
  follow(message: ChatMessage | undefined, labels: Labels): void {
    if (message?.role !== "assistant") return;
    const running = message.status === "running";
    if (message.id !== this.#message) {
      this.#message = message.id;
      this.#told.clear();
      this.#running = running;
      this.#begin(running ? 0 : message.blocks.length);
    }
    if (this.#index > message.blocks.length) this.#begin(message.blocks.length);
    this.#ask(message, labels);
    for (const block of message.blocks.slice(this.#index)) {
      const open = running && block.kind === "text" && block.open;
      if (block.kind === "text" && block.canned === true) this.#tell(block, labels.canned);
      if (block.kind === "text") this.say(this.#announcer.next(block.text, open));
      if (open) return;
      this.#begin(this.#index + 1);
    }
    if (running || !this.#running) return;
    this.#running = false;
    this.say(endWords(message, labels));
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
      if (block.kind === "tool" && block.state === "awaiting")
        this.#tell(block, `${block.name}: ${labels.tools.awaiting}`);
    }
  }

  #tell({ seq }: MessageBlock, words: string): void {
    if (this.#told.has(seq)) return;
    this.#told.add(seq);
    this.say(words);
  }

  #begin(index: number): void {
    this.#index = index;
    this.#announcer = new Announcer();
  }
}
