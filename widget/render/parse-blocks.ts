/** Markdown text → a tree of blocks, line by line: a line is read once, only the unfinished last one again. */
import { makeBlock, mayContain } from "./block.ts";
import type { Block } from "./block.ts";
import { goesOn, isCode } from "./block-continues.ts";
import { startBlock } from "./block-starts.ts";
import type { BlockSink } from "./block-starts.ts";
import { isUndecided } from "./heal-tail.ts";
import { Line } from "./line.ts";
import { readDefinition } from "./reference.ts";
import type { Target } from "./reference.ts";

/** Containers in containers; deeper ones are plain text. Nobody reads so deep, and each costs a look at every line. */
const MAX_DEPTH = 32;
/** Code stands in runs of this many lines, so that a growing listing changes, and lays out, only its last one. */
const RUN_LINES = 64;
/** No construct is told by more characters of a line. */
const TRIED_CHARS = 256;
/** How much of the known text is compared to tell a continuation from another text. */
const SAMPLE_CHARS = 256;
/** References beyond these are plain text. */
const MAX_TARGETS = 5_000;

/** An open block as it was before the unfinished line was tried on it. */
interface Saved {
  readonly block: Block;
  readonly fields: Block;
  readonly count: number;
  readonly last: Block | undefined;
}

export class BlockParser implements BlockSink {
  /** Characters read so far: the cost of parsing, for tests and benchmarks. */
  readChars = 0;
  root: Block = makeBlock("root", 0);
  /** What labels refer to; the first definition counts. */
  readonly targets = new Map<string, Target>();
  #open: Block[] = [this.root];
  #matched = 1;
  #lineNumber = 0;
  #text = "";
  #isOpen = true;
  /** Where the first line begins that is not read yet, and how far its end was looked for. */
  #at = 0;
  #scanned = 0;
  #saved: readonly Saved[] | null = null;
  #tried: string[] = [];
  #defined: string[] = [];

  /**
   * Reads on. Draw `root`, then call `retract`.
   * @param text the whole text so far
   * @param open false once the text is final: then every block is
   * @returns `new` for a text that is no continuation of the last one, whose tree is void; `same` when nothing changed
   */
  parse(text: string, open: boolean): "new" | "more" | "same" {
    if (text === this.#text && open === this.#isOpen) return "same";
    const isNew = !this.#continues(text);
    if (isNew) this.#restart();
    this.#text = text;
    this.#isOpen = open;
    this.#readLines();
    const tail = text.slice(this.#at).replace(/\r$/, "");
    if (!open) {
      if (tail !== "") this.#read(tail);
      this.#closeTo(0);
    } else if (tail !== "" && !isUndecided(tail, this.#tip)) this.#try(tail);
    return isNew ? "new" : "more";
  }

  /** Takes the unfinished last line out of the tree again. */
  retract(): void {
    if (this.#saved === null) return;
    for (const { block, fields, count, last } of this.#saved) {
      Object.assign(block, fields);
      block.children.length = count;
      if (last !== undefined) block.children[count - 1] = last;
    }
    this.#open = this.#saved.map(({ block }) => block);
    this.#saved = null;
    this.#lineNumber--;
    for (const label of this.#tried.splice(0)) this.targets.delete(label);
  }

  /** The labels defined for good since the last call. */
  takeDefined(): string[] {
    return this.#defined.splice(0);
  }

  add(kind: Block["kind"], fields: Partial<Block> = {}): Block {
    this.#closeTo(this.#matched);
    while (!mayContain(this.#tip.kind, kind)) this.closeTip();
    const parent = this.#tip;
    const before = parent.children.at(-1);
    if (before !== undefined && before.endLine < this.#lineNumber - 1) this.#loosen(parent);
    const block = makeBlock(kind, this.#lineNumber, fields);
    parent.children.push(block);
    this.#opened(block);
    return block;
  }

  replaceParagraph(kind: Block["kind"], fields: Partial<Block>): Block {
    const paragraph = this.#open.pop() as Block;
    const block = makeBlock(kind, paragraph.startLine, { ...fields, endLine: this.#lineNumber });
    const siblings = this.#tip.children;
    siblings[siblings.length - 1] = block;
    this.#opened(block);
    return block;
  }

  paragraphText(): string {
    return this.#withoutDefinitions(this.#open[this.#matched - 1] as Block);
  }

  closeTip(): void {
    const block = this.#open.pop() as Block;
    if (block.kind === "paragraph") block.text = this.#withoutDefinitions(block);
    else if (block.kind === "quote") block.endLine = this.#lineNumber - 1;
    else block.endLine = block.children.at(-1)?.endLine ?? block.endLine;
    block.closed = true;
    block.final = this.#saved === null;
    this.#matched = Math.min(this.#matched, this.#open.length);
  }

  get isInParagraph(): boolean {
    return this.#tip.kind === "paragraph";
  }

  get #tip(): Block {
    return this.#open[this.#open.length - 1] as Block;
  }

  /** A block's text only grows; another one in its place differs here, or the message was rebuilt anyway. */
  #continues(text: string): boolean {
    const known = this.#text;
    const from = Math.max(0, known.length - SAMPLE_CHARS);
    return this.#isOpen && text.length >= known.length && text.startsWith(known.slice(from), from);
  }

  #restart(): void {
    this.root = makeBlock("root", 0);
    this.#open = [this.root];
    this.#lineNumber = this.#at = this.#scanned = 0;
    this.targets.clear();
    this.#defined = [];
  }

  #readLines(): void {
    const text = this.#text;
    const lineEnd = /\r\n?|\n/g;
    for (;;) {
      lineEnd.lastIndex = Math.max(this.#at, this.#scanned);
      const end = lineEnd.exec(text);
      // A carriage return at the very end may be half of a line end.
      const isHalf = this.#isOpen && end?.[0] === "\r" && lineEnd.lastIndex === text.length;
      this.#scanned = isHalf ? text.length - 1 : text.length;
      if (end === null || isHalf) return;
      this.#read(text.slice(this.#at, end.index));
      this.#at = this.#scanned = lineEnd.lastIndex;
    }
  }

  /** Reads the unfinished last line so that it can be taken out again. */
  #try(tail: string): void {
    this.#saved = this.#open.map((block) => ({
      block,
      fields: { ...block },
      count: block.children.length,
      last: block.children.at(-1),
    }));
    this.#read(tail);
  }

  #read(text: string): void {
    // Of a line that is tried, only its beginning is looked at; the rest is passed on as it is.
    this.readChars += this.#saved === null ? text.length : Math.min(text.length, TRIED_CHARS);
    this.#lineNumber++;
    const line = new Line(text.includes("\0") ? text.replaceAll("\0", "\ufffd") : text);
    if (this.#goOn(line)) return;
    const container = this.#startAll(line);
    if (container === null) return;
    const tip = this.#tip;
    const isLazy = this.#matched < this.#open.length && tip.kind === "paragraph" && !line.isBlank;
    if (isLazy) this.#addLine(tip, line);
    else {
      this.#closeTo(this.#matched);
      this.#addText(this.#tip, line);
    }
  }

  /** Goes down the open blocks that the line goes on with. True: it only closed a fence. */
  #goOn(line: Line): boolean {
    for (this.#matched = 1; this.#matched < this.#open.length; this.#matched++) {
      const block = this.#open[this.#matched] as Block;
      const closing = block.fence?.closing;
      if (closing?.test(line.rest) && (block.isMath || line.indent < 4)) {
        // The last line of a formula may end with its mark.
        const last = line.rest.replace(closing, "");
        this.#matched = this.#open.length;
        if (last !== "") this.#addText(this.#tip, new Line(last));
        this.#closeTo(this.#open.indexOf(block));
        block.endLine = this.#lineNumber;
        return true;
      }
      if (!goesOn(block, line)) break;
    }
    return false;
  }

  /** Begins what the line begins; null when that used the line up. */
  #startAll(line: Line): Block | null {
    for (;;) {
      const container = this.#open[this.#matched - 1] as Block;
      if (isCode(container) || this.#open.length > MAX_DEPTH) return container;
      const started = startBlock(this, line, container);
      if (started === "done") return null;
      if (started === null) line.skipSpace();
      if (started !== "container") return this.#open[this.#matched - 1] as Block;
    }
  }

  #addText(tip: Block, line: Line): void {
    if (tip.kind === "paragraph") return this.#addLine(tip, line);
    if (isCode(tip)) return this.#addCode(line);
    if (line.isBlank) return;
    if (tip.kind === "table") this.add("row", { text: line.rest, closed: true });
    else this.#addLine(this.add("paragraph"), line);
  }

  #addLine(paragraph: Block, line: Line): void {
    paragraph.text += paragraph.text === "" ? line.rest : `\n${line.rest}`;
    paragraph.endLine = this.#lineNumber;
  }

  #addCode(line: Line): void {
    const text = line.remainder;
    if (this.#tip.kind === "run" && this.#tip.lines >= RUN_LINES) this.closeTip();
    const code = (this.#tip.kind === "run" ? this.#open.at(-2) : this.#tip) as Block;
    const byIndent = code.kind === "code" && code.fence?.closing === null;
    if (byIndent && line.isBlank) {
      code.blanks += `${text}\n`;
      return;
    }
    const run = this.#tip.kind === "run" ? this.#tip : this.add("run");
    run.text += (run.lines > 0 ? "\n" : "") + code.blanks + text;
    run.lines += 1;
    run.endLine = code.endLine = this.#lineNumber;
    code.blanks = "";
    if (this.#saved === null && code.htmlEnd?.test(text)) this.#closeTo(this.#open.indexOf(code));
  }

  #opened(block: Block): void {
    if (block.closed) block.final = this.#saved === null;
    else this.#open.push(block);
    this.#matched = this.#open.length;
  }

  #closeTo(count: number): void {
    while (this.#open.length > count) this.closeTip();
  }

  /** A blank line before a new child makes the list around it loose. */
  #loosen(parent: Block): void {
    if (parent.kind === "list") parent.loose = true;
    else if (parent.kind === "item") (this.#open.at(-2) as Block).loose = true;
  }

  /** Takes the definitions at the beginning of a paragraph in; gives what follows them. */
  #withoutDefinitions({ text }: Block): string {
    let at = 0;
    while (text[at] === "[") {
      const definition = readDefinition(text, at);
      if (definition === null) break;
      if (!this.targets.has(definition.label) && this.targets.size < MAX_TARGETS) {
        this.targets.set(definition.label, definition);
        (this.#saved === null ? this.#defined : this.#tried).push(definition.label);
      }
      at = definition.end;
    }
    return text.slice(at);
  }
}
