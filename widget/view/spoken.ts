/**
 * What people who listen are told of the latest answer, by `verbosity`:
 * `off` nothing; `status` that it is written, what it waits for, and how it ended; `sentences` its text as well, sentence
 * by sentence, in place of what says the same; `full` all of this, its thinking, its tools and its code.
 * Loaded beside the first drawing, which does not wait for it.
 */
import type { MessageBlock, TextBlock } from "../../protocol/index.ts";
import type { AssistantMessage, ChatMessage } from "../chat.ts";
import type { Labels } from "../labels.ts";
import { Announcer } from "../render/announce.ts";
import { addPiece, LiveRegion } from "./live-region.ts";
import type { Clock } from "./live-region.ts";

export type Verbosity = "off" | "status" | "sentences" | "full";

/** How an answer ended, in words; empty where that is simply its end. */
export type EndWords = (message: AssistantMessage, labels: Labels) => string;

/** What is said into a live region of the page. */
export const spokenIn = (region: () => HTMLElement | null, endWords: EndWords): Spoken =>
  new Spoken((text) => addPiece(region(), text), endWords);

export class Spoken {
  readonly #region: LiveRegion;
  readonly #endWords: EndWords;
  #message = "";
  #verbosity: Verbosity = "sentences";
  /** The block being read out, and how far. */
  #index = 0;
  #announcer = new Announcer();
  /** What was said of which block. */
  readonly #told = new Set<string>();
  /** Its end was not seen yet. */
  #running = false;

  /** @param clock a test's own */
  constructor(write: (text: string) => void, endWords: EndWords, clock?: Clock) {
    this.#region = new LiveRegion(write, clock);
    this.#endWords = endWords;
  }

  /** Takes the latest message, at every update. An answer that comes into view complete is not read out. */
  follow(message: ChatMessage | undefined, labels: Labels, verbosity: Verbosity): void {
    this.#verbosity = verbosity;
    if (message?.role !== "assistant") return;
    const running = message.status === "running";
    if (message.id !== this.#message) {
      this.#message = message.id;
      this.#told.clear();
      this.#running = running;
      this.#begin(running ? 0 : message.blocks.length, labels);
      this.#region.drop();
      if (running && this.#says("status", "full")) this.#region.say(labels.answering);
    }
    if (this.#index > message.blocks.length) this.#begin(message.blocks.length, labels);
    if (message.voided === true) this.#tell("voided", labels.voided);
    this.#readTools(message, labels);
    this.#read(message, labels);
    if (running || !this.#running) return;
    this.#running = false;
    const end = this.#endWords(message, labels);
    if (end !== "") this.say(end);
    else if (this.#says("status", "full")) this.#region.say(labels.answered);
  }

  /** Tells what somebody has just done. */
  say(text: string): void {
    if (this.#verbosity !== "off") this.#region.say(text);
  }

  #read(message: AssistantMessage, labels: Labels): void {
    for (const block of message.blocks.slice(this.#index)) {
      const open = message.status === "running" && "open" in block && block.open;
      if (block.kind === "text") this.#readText(block, open, labels);
      if (block.kind === "reasoning" && this.#says("full")) this.#readThought(block, open, labels);
      if (block.kind === "refusal") this.#tell(`refusal ${block.seq}`, open ? "" : block.text);
      if (open) return;
      this.#begin(this.#index + 1, labels);
    }
  }

  #readText(block: TextBlock, open: boolean, labels: Labels): void {
    if (block.canned === true) this.#tell(`canned ${block.seq}`, labels.canned);
    // Also when it is not said: who asks for more in mid-answer hears what comes from there on.
    const text = this.#announcer.next(block.text, open);
    if (this.#says("sentences", "full")) this.#region.flow(text);
  }

  #readThought(block: TextBlock, open: boolean, labels: Labels): void {
    const text = this.#announcer.next(block.text, open);
    if (text !== "") this.#tell(`thought ${block.seq}`, labels.thinking);
    this.#region.flow(text);
  }

  /** A call that waits for a yes is said once, wherever the reader is; other states to who wants to hear all. */
  #readTools({ blocks, status }: AssistantMessage, labels: Labels): void {
    for (const block of blocks) {
      if (block.kind !== "tool" || !this.#running || (status !== "running" && !isOver(block))) continue;
      const { seq, name, state } = block;
      if (state === "awaiting" || (this.#says("full") && state !== "input"))
        this.#tell(`${state} ${seq}`, `${name}: ${labels.tools[state]}`);
    }
  }

  #tell(what: string, words: string): void {
    if (words === "" || this.#told.has(what)) return;
    this.#told.add(what);
    this.say(words);
  }

  #says(...at: readonly Verbosity[]): boolean {
    return at.includes(this.#verbosity);
  }

  #begin(index: number, { code }: Labels): void {
    this.#index = index;
    this.#announcer = new Announcer(this.#says("full") ? code : null);
  }
}

const isOver = (block: MessageBlock): boolean =>
  block.kind === "tool" && (block.state === "done" || block.state === "failed");
