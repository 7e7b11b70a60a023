/** What of an answer is on screen: its text at the pacer's speed, and voided blocks until the new ones have caught up. */
import type { Message, MessageBlock, TextBlock, WireEntry } from "../protocol/index.ts";
import { FramePacer, wholeCharacters } from "./buffer/frame-pacer.ts";
import type { AssistantMessage } from "./chat.ts";

/**
 * Of one block. Both grow by small pieces: cutting a piece off the whole text would copy all of it in each frame, and
 * the cost of a frame would grow with the answer.
 */
interface Reveal {
  shown: string;
  /** Arrived and not yet shown. */
  rest: string;
}

export class ShownAnswer {
  readonly #parent: string | null;
  #pacer = new FramePacer();
  #arrived: Message;
  #shown: AssistantMessage;
  /** By block number. */
  readonly #reveals = new Map<number, Reveal>();
  /** Characters the pacer knows of. */
  #known: number;
  /** Void, and still on screen; null while what is on screen stands. */
  #voided: readonly MessageBlock[] | null = null;

  /** @param message shown at once, as it was before a reload or a reconnect */
  constructor(message: Message, parent: string | null) {
    this.#parent = parent;
    this.#arrived = message;
    this.#shown = { ...message, parent };
    this.#known = countChars(message.blocks, isText);
    for (const block of message.blocks) {
      if (isText(block)) this.#reveals.set(block.block, { shown: block.text, rest: "" });
    }
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

  /** @param entries what led to this message from the one before; none when it may be another text altogether */
  arrive(message: Message, entries: readonly WireEntry[], nowMs: number): void {
    this.#arrived = message;
    this.#void(message);
    for (const entry of entries) {
      if (entry.type === "delta" && entry.kind !== "tool") this.#revealOf(entry.block).rest += entry.text;
    }
    for (const block of message.blocks) {
      if (!isText(block)) continue;
      const reveal = this.#revealOf(block.block);
      if (entries.length > 0 && reveal.shown.length + reveal.rest.length === block.text.length) continue;
      const { length } = reveal.shown;
      Object.assign(reveal, { shown: block.text.slice(0, length), rest: block.text.slice(length) });
    }
    const chars = countChars(message.blocks, isText);
    if (this.#voided === null) this.#pacer.arrive(chars - this.#known, nowMs);
    this.#known = chars;
  }

  /** The answer to show at `nowMs`; everything that has arrived when `all`. */
  show(nowMs: number, all: boolean): AssistantMessage {
    const parent = this.#parent;
    const voided = this.#voided;
    if (voided !== null && !this.#hasCaughtUp(voided)) {
      this.#shown = { ...this.#arrived, blocks: voided, parent, voided: true };
      return this.#shown;
    }
    this.#voided = null;
    // New blocks come into view as long as the old ones were: nothing shrinks, and nothing is typed twice.
    if (all || voided !== null) this.#pacer = new FramePacer();
    const granted = all || voided !== null ? Number.POSITIVE_INFINITY : this.#pacer.grant(nowMs);
    const isWhole = !this.#pacer.isBehind;
    const blocks = this.#reveal(isWhole ? Number.POSITIVE_INFINITY : granted);
    const { end: _end, ...running } = this.#arrived;
    this.#shown = { ...(isWhole ? this.#arrived : { ...running, blocks, status: "running" }), parent };
    return this.#shown;
  }

  /** A call of a tool is not held back either: somebody may have to decide about it. */
  #hasCaughtUp(voided: readonly MessageBlock[]): boolean {
    const { blocks, end } = this.#arrived;
    const isNewCall = ({ kind, seq }: MessageBlock): boolean =>
      kind === "tool" && voided.every((block) => block.seq !== seq);
    return (
      end !== undefined || countChars(blocks, isVisible) >= countChars(voided, isVisible) || blocks.some(isNewCall)
    );
  }

  /** Gives each block, in order, of the granted characters what it lacks. */
  #reveal(granted: number): readonly MessageBlock[] {
    return this.#arrived.blocks.map((block) => {
      if (!isText(block)) return block;
      const reveal = this.#revealOf(block.block);
      if (granted > 0 && reveal.rest !== "") {
        const length = wholeCharacters(reveal.rest, granted);
        granted -= length;
        reveal.shown += reveal.rest.slice(0, length);
        reveal.rest = reveal.rest.slice(length);
      }
      if (reveal.rest !== "") return { ...block, text: reveal.shown, open: true };
      reveal.shown = block.text;
      return block;
    });
  }

  #revealOf(block: number): Reveal {
    let reveal = this.#reveals.get(block);
    if (reveal === undefined) this.#reveals.set(block, (reveal = { shown: "", rest: "" }));
    return reveal;
  }

  /** Block numbers are never used again, so a block that is gone was voided by a reset. */
  #void(message: Message): void {
    const kept = new Set(message.blocks.map((block) => block.block));
    const gone = this.#shown.blocks.filter((block) => isText(block) && !kept.has(block.block)) as TextBlock[];
    if (gone.length === 0) return;
    for (const { block } of gone) this.#reveals.delete(block);
    if (gone.some(({ kind, text }) => kind === "text" && text !== "")) this.#voided ??= this.#shown.blocks;
    this.#pacer = new FramePacer();
    this.#known = [...this.#reveals.values()].reduce((sum, { shown }) => sum + shown.length, 0);
  }
}

const isText = (block: MessageBlock): block is TextBlock => block.kind !== "tool" && block.kind !== "source";

const isVisible = (block: MessageBlock): block is TextBlock => block.kind === "text";

const countChars = (blocks: readonly MessageBlock[], isCounted: (block: MessageBlock) => block is TextBlock): number =>
  blocks.reduce((sum, block) => sum + (isCounted(block) ? block.text.length : 0), 0);
