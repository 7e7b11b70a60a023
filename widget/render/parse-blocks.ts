/** Markdown text → blocks, incrementally: what is settled is never read again. The only file that knows `marked`. */
import { Lexer } from "marked";
import type { Links, MarkedToken, Tokens } from "marked";
import { healTail } from "./heal-tail.ts";
import { openFence, readFence } from "./fence.ts";
import type { CodeBlock, Fence } from "./fence.ts";

/** Inside a block: text, emphasis, links, nested blocks. */
export type Token = MarkedToken;
export type Block = MarkedToken | CodeBlock;
export type { CodeBlock } from "./fence.ts";

export interface Parsed {
  /** True when the text is not a continuation of the last one: everything shown before is void. */
  readonly restarted: boolean;
  /** Blocks that became final with this call: they follow the settled ones of earlier calls. */
  readonly settled: readonly Block[];
  /** What may still change; nothing once the text is final. */
  readonly live: readonly Block[];
}

/** A list or table this long gives up its finished items or rows, so that only the last ones are lexed again. */
const SPLIT_ITEMS = 8;
/** Above this size a tail that will not settle is lexed only when it grew by 1/32: cost stays linear in its length. */
const LIVE_CHARS = 16_384;

/** How much of the known text is compared to tell a continuation from another text. */
const SAMPLE_CHARS = 256;

/** The finished part of a long list or table; the tail goes on after it. */
interface Kept {
  readonly block: Tokens.List | Tokens.Table;
  /** The lines a table's tail needs before it to be lexed as a table. */
  readonly prefix: string;
}

export class BlockParser {
  /** Characters given to the lexer so far: the cost of parsing, for tests and benchmarks. */
  lexedChars = 0;
  #text = "";
  #carriageSeen = false;
  #open = true;
  #live: readonly Block[] = [];
  /** Where the tail, the text not yet settled, begins. */
  #start = 0;
  #lexAgainAt = 0;
  #fence: Fence | null = null;
  #kept: Kept | null = null;
  #links: Links = {};
  #definitionsSeen = false;

  /**
   * @param text the whole text so far
   * @param open false once the text is final: nothing half-written is completed or held back any more
   */
  parse(text: string, open: boolean): Parsed {
    this.#carriageSeen ||= text.includes("\r", this.#text.length);
    if (this.#carriageSeen) text = text.replace(/\r\n?/g, "\n");
    if (text === this.#text && open === this.#open) return { restarted: false, settled: [], live: this.#live };
    const restarted = !this.#continues(text) || (!open && this.#definitionsSeen && this.#start > 0);
    if (restarted) this.#restart();
    this.#text = text;
    this.#open = open;
    const settled: Block[] = [];
    this.#live = this.#advance(settled);
    return { restarted, settled, live: this.#live };
  }

  /** A block's text only grows; another one in its place differs here, or the message was rebuilt anyway. */
  #continues(text: string): boolean {
    const known = this.#text;
    return (
      this.#open &&
      text.length >= known.length &&
      text.startsWith(known.slice(-SAMPLE_CHARS), Math.max(0, known.length - SAMPLE_CHARS))
    );
  }

  /** A reference defined after its use changes settled blocks: then the final text is parsed once more, whole. */
  #restart(): void {
    this.#start = this.#lexAgainAt = 0;
    this.#fence = this.#kept = null;
    this.#links = {};
    this.#definitionsSeen = false;
  }

  /** Adds to `settled` what has become final; returns the live blocks. */
  #advance(settled: Block[]): readonly Block[] {
    if (this.#fence !== null) {
      const { block, end } = readFence(this.#fence, this.#text, this.#open);
      if (end === null) return [block];
      settled.push(block);
      this.#start = end;
      this.#fence = null;
    }
    if (this.#open && this.#text.length < this.#lexAgainAt) return this.#live;
    const tail = this.#text.slice(this.#start);
    const tokens = this.#lex(this.#open ? healTail(tail) : tail);
    const offsets = offsetsOf(tokens, tail, this.#kept?.prefix.length ?? 0);
    if (this.#kept !== null) joinKept(this.#kept.block, tokens, offsets);
    const live = this.#settle(tokens, offsets, tail, settled);
    const unsettled = this.#text.length - this.#start;
    this.#lexAgainAt = unsettled > LIVE_CHARS ? this.#text.length + unsettled / 32 : 0;
    return live;
  }

  #lex(tail: string): Token[] {
    const lexer = new Lexer({ gfm: true });
    Object.assign(lexer.tokens.links, this.#links);
    const source = (this.#kept?.prefix ?? "") + tail;
    this.lexedChars += source.length;
    const tokens = lexer.lex(source) as Token[];
    for (const _ in lexer.tokens.links) this.#definitionsSeen = true;
    return tokens;
  }

  #settle(tokens: Token[], offsets: readonly number[], tail: string, settled: Block[]): readonly Block[] {
    const last = tokens.length - 1;
    const lastAt = offsets[last];
    const fence = this.#open && lastAt !== undefined ? openFence(tokens[last], this.#start + lastAt) : null;
    const cut = !this.#open ? tokens.length : fence === null ? lastBoundary(tokens, offsets, tail) : last;
    for (const token of tokens.slice(0, cut)) {
      settled.push(token);
      if (token.type === "def") this.#links[token.tag] ??= { href: token.href, title: token.title };
    }
    if (cut > 0) {
      this.#start += offsets[cut] ?? 0;
      this.#kept = null;
    }
    this.#fence = fence;
    if (fence !== null) return [readFence(fence, this.#text, true).block];
    const live = tokens.slice(cut);
    if (this.#open && live.length === 1) this.#keep(live[0] as Token, this.#text.slice(this.#start));
    return live;
  }

  /** All but the last two items or rows of a long list or table cannot change any more: the tail begins after them. */
  #keep(block: Token, tail: string): void {
    if (block.type === "list") {
      const items = block.items.slice(0, -2);
      const known = this.#kept?.block.type === "list" ? this.#kept.block.items.length : 0;
      const raw = items
        .slice(known)
        .map((item) => item.raw)
        .join("");
      if (items.length < SPLIT_ITEMS || !tail.startsWith(raw)) return;
      const loose = (this.#kept?.block as Tokens.List | undefined)?.loose === true || items.slice(known).some(isLoose);
      this.#kept = { block: { ...block, items, loose }, prefix: "" };
      this.#start += raw.length;
    } else if (block.type === "table") {
      const rows = block.rows.slice(0, -2);
      const known = this.#kept?.block.type === "table" ? this.#kept.block.rows.length : -2;
      if (rows.length < SPLIT_ITEMS) return;
      const length = lengthOfLines(tail, rows.length - known);
      const prefix = this.#kept?.prefix ?? tail.slice(0, lengthOfLines(tail, 2));
      this.#kept = { block: { ...block, rows }, prefix };
      this.#start += length;
    }
  }
}

/** Where each token begins in the tail, as far as the lexer's tokens reproduce it. */
function offsetsOf(tokens: readonly Token[], tail: string, prefixLength: number): number[] {
  const offsets: number[] = [];
  let at = -prefixLength;
  for (const { raw } of tokens) {
    offsets.push(Math.max(0, at));
    if (at >= 0 && !tail.startsWith(raw, at)) break;
    at += raw.length;
  }
  return offsets;
}

/** Puts the finished items or rows back before those just lexed. */
function joinKept(kept: Tokens.List | Tokens.Table, tokens: Token[], offsets: number[]): void {
  const first = tokens[0];
  if (kept.type === "list" && first?.type === "list") {
    const loose = kept.loose || first.loose;
    tokens[0] = { ...first, start: kept.start, loose, items: [...kept.items, ...first.items] };
  } else if (kept.type === "table" && first?.type === "table") {
    tokens[0] = { ...first, rows: [...kept.rows, ...first.rows] };
  } else {
    tokens.unshift(kept);
    offsets.unshift(0);
  }
}

/**
 * The last token that surely begins a new block: its first line is complete, and a blank line, a heading or a closed
 * fence stands before it. Without one of these a later line can still change what the block before is.
 */
function lastBoundary(tokens: readonly Token[], offsets: readonly number[], tail: string): number {
  for (let index = offsets.length - 1; index > 0; index--) {
    const at = offsets[index] as number;
    const before = tokens[index - 1]?.type;
    if (tokens[index]?.type === "space" || !tail.includes("\n", at)) continue;
    if (before === "heading" || before === "code" || followsBlankLine(tail, at)) return index;
  }
  return 0;
}

const followsBlankLine = (text: string, at: number): boolean =>
  text[at - 1] === "\n" && text.slice(text.lastIndexOf("\n", at - 2) + 1, at).trim() === "";

/** What makes a list loose, as the lexer sees it: a blank line after an item or between its blocks. */
const isLoose = (item: Tokens.ListItem): boolean =>
  /\n[ \t]*\n[ \t]*$/.test(item.raw) || item.tokens.some(({ type, raw }) => type === "space" && /\n.*\n/.test(raw));

function lengthOfLines(text: string, lines: number): number {
  let at = 0;
  for (let line = 0; line < lines; line++) at = text.indexOf("\n", at) + 1;
  return at;
}
