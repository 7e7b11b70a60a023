/** What of an answer is on screen: its text at the pacer's speed, and voided text until the new one has caught up. */
import type { Message, MessageBlock, TextBlock } from "../protocol/index.ts";
import { FramePacer, wholeCharacters } from "./buffer/frame-pacer.ts";
import type { AssistantMessage } from "./chat.ts";

export class ShownAnswer {
  readonly #parent: string | null;
  #pacer = new FramePacer();
  #arrived: Message;
  #shown: AssistantMessage;
  /** Characters the pacer knows of, and those shown, by block number. */
  #known: number;
  #lengths = new Map<number, number>();
  #voided = "";
  /** Length of the visible text when `#voided` was voided. */
  #keptChars = 0;

  /** @param message shown at once, as it was before a reload or a reconnect */
  constructor(message: Message, parent: string | null) {
    this.#parent = parent;
    this.#arrived = message;
    this.#shown = { ...message, parent };
    this.#known = countChars(message.blocks, isText);
    for (const block of message.blocks) if (isText(block)) this.#lengths.set(block.block, block.text.length);
  }

  /** The latest complete state, shown or not. */
  get arrived(): Message {
    return this.#arrived;
  }

  get shown(): AssistantMessage {
    return this.#shown;
  }

  /** True while there is something that is not yet on screen. */
  get isBehind(): boolean {
    return this.#pacer.isBehind;
  }

  arrive(message: Message, nowMs: number): void {
    this.#arrived = message;
    this.#void(message);
    const chars = countChars(message.blocks, isText);
    this.#pacer.arrive(chars - this.#known, nowMs);
    this.#known = chars;
  }

  /** The answer to show at `nowMs`; everything that has arrived when `all`. The same object while nothing changes. */
  show(nowMs: number, all: boolean): AssistantMessage {
    if (all) this.#pacer = new FramePacer();
    const granted = all ? Number.POSITIVE_INFINITY : this.#pacer.grant(nowMs);
    const isWhole = !this.#pacer.isBehind;
    const blocks = this.#reveal(isWhole ? Number.POSITIVE_INFINITY : granted);
    const { end, ...running } = this.#arrived;
    const message: Message = isWhole ? this.#arrived : { ...running, blocks, status: "running" };
    if (end !== undefined && isWhole) this.#voided = "";
    if (this.#voided.length <= countChars(message.blocks, isVisible) - this.#keptChars) this.#voided = "";
    this.#shown = { ...message, parent: this.#parent, ...(this.#voided === "" ? {} : { voided: this.#voided }) };
    return this.#shown;
  }

  /** Gives each block, in order, of the granted characters what it lacks. */
  #reveal(granted: number): readonly MessageBlock[] {
    return this.#arrived.blocks.map((block) => {
      if (!isText(block)) return block;
      const had = Math.min(this.#lengths.get(block.block) ?? 0, block.text.length);
      const length = granted > 0 ? wholeCharacters(block.text, had + granted) : had;
      granted -= length - had;
      this.#lengths.set(block.block, length);
      return length === block.text.length ? block : { ...block, text: block.text.slice(0, length), open: true };
    });
  }

  /** Block numbers are never used again, so a block that is gone was voided by a reset. */
  #void(message: Message): void {
    const kept = new Set(message.blocks.map((block) => block.block));
    const gone = this.#shown.blocks.filter((block) => isText(block) && !kept.has(block.block)) as TextBlock[];
    if (gone.length === 0) return;
    for (const { block } of gone) this.#lengths.delete(block);
    const text = gone.map((block) => (block.kind === "text" ? block.text : "")).join("");
    if (text.length > this.#voided.length) this.#voided = text;
    this.#keptChars = countChars(this.#shown.blocks, isVisible) - text.length;
    this.#pacer = new FramePacer();
    this.#known = [...this.#lengths.values()].reduce((sum, length) => sum + length, 0);
  }
}

const isText = (block: MessageBlock): block is TextBlock => block.kind !== "tool" && block.kind !== "source";

const isVisible = (block: MessageBlock): block is TextBlock => block.kind === "text";

const countChars = (blocks: readonly MessageBlock[], isCounted: (block: MessageBlock) => block is TextBlock): number =>
  blocks.reduce((sum, block) => sum + (isCounted(block) ? block.text.length : 0), 0);
