/** What a line may begin: one function per construct, tried in order. Each says what it began, or null for nothing. */
import type { Block, ListMark } from "./block.ts";
import { htmlBlockEnd } from "./html-blocks.ts";
import type { Line } from "./line.ts";
import { unescape } from "./link-parts.ts";
import { cellsOf, readDelimiters } from "./table-rows.ts";

/** What the starts may do with the tree. */
export interface BlockSink {
  /** Closes what the line did not go on with, then adds a block to what it did; one with `closed` is complete. */
  add(kind: Block["kind"], fields?: Partial<Block>): Block;
  /** Puts another block in the place of the paragraph the line goes on with. */
  replaceParagraph(kind: Block["kind"], fields: Partial<Block>): Block;
  /** The text of the paragraph that the line goes on with, without definitions. */
  paragraphText(): string;
  closeTip(): void;
  /** True while the innermost open block is a paragraph. */
  readonly isInParagraph: boolean;
}

/** `container`: look for more inside it. `leaf`: the rest of the line is its text. `done`: the line is used up. */
export type Started = "container" | "leaf" | "done" | null;
type Start = (sink: BlockSink, line: Line, container: Block) => Started;

/** Nothing begins with any other character. */
const MAY_START = /^[#`~*+_=<>\-|:$\\[\d]/;

export function startBlock(sink: BlockSink, line: Line, container: Block): Started {
  if (line.indent >= 4) return startIndented(sink, line, container);
  if (!MAY_START.test(line.rest)) return null;
  for (const start of STARTS) {
    const started = start(sink, line, container);
    if (started !== null) return started;
  }
  return null;
}

const startQuote: Start = (sink, line) => {
  if (line.text[line.next] !== ">") return null;
  skipQuoteMark(line);
  sink.add("quote");
  return "container";
};

export function skipQuoteMark(line: Line): void {
  line.skipSpace();
  line.skip(1);
  if (line.indent > 0) line.skip(1);
}

const startHeading: Start = (sink, line) => {
  const mark = /^#{1,6}(?=[ \t]|$)/.exec(line.rest)?.[0];
  if (mark === undefined) return null;
  const text = line.rest
    .slice(mark.length)
    .trim()
    .replace(/(?:^|[ \t]+)#+$/, "");
  sink.add("heading", { level: mark.length, text, closed: true });
  return "done";
};

const startFence: Start = (sink, line) => {
  const [, fence, info] = /^(`{3,}(?=[^`]*$)|~{3,})(.*)$/.exec(line.rest) ?? [];
  if (fence === undefined) return null;
  const closing = new RegExp(`^${fence}${fence[0]}*[ \\t]*$`);
  const words = unescape((info ?? "").trim());
  sink.add("code", { fence: { closing, indent: line.indent }, info: words, isMath: words === "math" });
  return "done";
};

/** `$$` or `\[`: a formula on lines of its own. */
const startMath: Start = (sink, line) => {
  const [, mark, first] = /^(\$\$|\\\[)(.*)$/.exec(line.rest.trimEnd()) ?? [];
  if (mark === undefined || first === undefined) return null;
  const end = mark === "$$" ? "$$" : "\\]";
  const isWhole = first.length > 2 && first.indexOf(end) === first.length - 2;
  if (!isWhole && (mark === "$$" ? first.includes("$") : first !== "")) return null;
  const closing = mark === "$$" ? /\$\$[ \t]*$/ : /\\\][ \t]*$/;
  sink.add("code", { fence: { closing, indent: line.indent }, info: "math", isMath: true });
  const text = isWhole ? first.slice(0, -2) : first;
  if (text !== "") sink.add("run", { text, lines: 1, closed: isWhole });
  if (isWhole) sink.closeTip();
  return "done";
};

const startHtml: Start = (sink, line, container) => {
  const htmlEnd = htmlBlockEnd(line.rest, container.kind === "paragraph");
  if (htmlEnd === undefined) return null;
  sink.add("html", { htmlEnd });
  return "leaf";
};

const startTable: Start = (sink, line, container) => {
  if (container.kind !== "paragraph") return null;
  const aligns = readDelimiters(line.rest);
  if (aligns === null) return null;
  const text = sink.paragraphText();
  const headAt = text.lastIndexOf("\n") + 1;
  const head = text.slice(headAt);
  if (!head.includes("|") || cellsOf(head).length !== aligns.length) return null;
  if (headAt === 0) sink.replaceParagraph("table", { aligns });
  else {
    container.text = text.slice(0, headAt - 1);
    sink.add("table", { aligns });
  }
  // A row of level 1 is the head.
  sink.add("row", { text: head, level: 1, closed: true });
  return "done";
};

/** The line under a heading. */
const startSetext: Start = (sink, line, container) => {
  const mark = /^(?:=+|-+)[ \t]*$/.exec(line.rest)?.[0];
  if (mark === undefined || container.kind !== "paragraph") return null;
  const text = sink.paragraphText().trim();
  if (text === "") return null;
  sink.replaceParagraph("heading", { level: mark[0] === "=" ? 1 : 2, text, closed: true });
  return "done";
};

const startRule: Start = (sink, line) => {
  if (!/^(?:\*[ \t]*){3,}$|^(?:_[ \t]*){3,}$|^(?:-[ \t]*){3,}$/.test(line.rest)) return null;
  sink.add("rule", { closed: true });
  return "done";
};

const startItem: Start = (sink, line, container) => {
  const mark = readMark(line, container.kind === "paragraph");
  if (mark === null) return null;
  if (container.kind !== "list" || container.list?.mark !== mark.mark) sink.add("list", { list: mark });
  sink.add("item", { list: mark });
  return "container";
};

/** The bullet or number, with the columns that its text stands in. In a paragraph only a text list from one counts. */
function readMark(line: Line, inParagraph: boolean): ListMark | null {
  const [written, bullet, number, delimiter] = /^(?:([*+-])|(\d{1,9})([.)]))(?=[ \t]|$)/.exec(line.rest) ?? [];
  if (written === undefined) return null;
  if (inParagraph && ((number !== undefined && Number(number) !== 1) || line.rest.slice(written.length).trim() === ""))
    return null;
  const offset = line.indent;
  line.skipSpace();
  line.skip(written.length);
  const gap = line.isBlank || line.indent > 4 ? 1 : line.indent;
  line.skip(gap);
  return {
    mark: bullet ?? (delimiter as string),
    start: number === undefined ? null : Number(number),
    offset,
    padding: written.length + gap,
  };
}

const startFootnote: Start = (sink, line) => {
  const [written, label] = /^\[\^([^\]\s]{1,99})\]:/.exec(line.rest) ?? [];
  if (written === undefined) return null;
  line.skipSpace();
  line.skip(written.length);
  sink.add("footnote", { info: label as string });
  return "container";
};

const startIndented: Start = (sink, line) => {
  // In a paragraph it is one more line, also where the blocks around it do not go on.
  if (sink.isInParagraph || line.isBlank) return null;
  line.skip(4);
  sink.add("code", { fence: { closing: null, indent: 0 } });
  return "leaf";
};

const STARTS: readonly Start[] = [
  startQuote,
  startHeading,
  startFence,
  startMath,
  startHtml,
  startTable,
  startSetext,
  startRule,
  startItem,
  startFootnote,
];
