/** The text of a paragraph, heading or cell → links, emphasis, code and the rest. Linear in its length, whatever it is. */
import { Addresses, addressLink } from "./autolink.ts";
import { pairDelimiters, readDelimiter } from "./emphasis.ts";
import type { Bracket, Delimiter } from "./emphasis.ts";
import { decodeEntities, knowsAllEntities } from "./entities.ts";
import { healEnd, settledEnd } from "./heal-inline.ts";
import { HTML_TAG, RAW_START, rawEnd } from "./html-blocks.ts";
import { bracketFormula, code, endOfCode, math, runOf } from "./inline-code.ts";
import { ADDRESS, ENTITY, FORMULA, NOTE, OPEN_FORMULA, PLAIN } from "./inline-patterns.ts";
import { buildInline } from "./inline.ts";
import type { Frame, Inline, Token } from "./inline.ts";
import { normalizeLabel, readInlineTarget, readLabel } from "./link-parts.ts";
import type { Target } from "./reference.ts";
import { ENTITIES } from "./waiting.ts";

export interface InlineContext {
  readonly targets: ReadonlyMap<string, Target>;
  /** True for the label of a footnote that is there. */
  readonly hasNote: (label: string) => boolean;
  /** The text may go on: what is open at its end is shown as what it will most likely become. */
  readonly growing: boolean;
  /** Definitions may still come: a reference without one shows its words. */
  readonly arriving: boolean;
}

export interface ParsedInline {
  readonly nodes: readonly Inline[];
  /** Text before this place is final, whatever follows. */
  readonly settledTo: number;
  /** What could change it: labels, footnotes as `^label`, and `ENTITIES`. */
  readonly waitsFor: ReadonlySet<string>;
}

/** A `[` at the end is held back this long for the rest of a link; then it is taken for what it looks like. */
const LINK_CHARS = 200;

/** Reads `text` between two places where it was settled before, or its beginning and end. */
export const parseInline = (text: string, context: InlineContext, from = 0, to = text.length): ParsedInline =>
  new InlineParser(text, context, from, to).parse();

class InlineParser {
  readonly #text: string;
  readonly #context: InlineContext;
  readonly #tokens: Token[] = [];
  readonly #delimiters: Delimiter[] = [];
  readonly #brackets: Bracket[] = [];
  /** Ends that are nowhere after. */
  readonly #missing = new Set<string>();
  readonly #addresses: Addresses;
  #at: number;
  /** The text's end without the white space there. */
  #end: number;
  #pendingFrom = Infinity;
  readonly #waitsFor = new Set<string>();

  constructor(text: string, context: InlineContext, from: number, to: number) {
    this.#text = text;
    this.#context = context;
    this.#at = from;
    this.#addresses = new Addresses(text);
    this.#end = to < text.length ? to : Math.max(from, text.trimEnd().length);
  }

  parse(): ParsedInline {
    while (this.#at < this.#end) this.#readOne();
    const open = pairDelimiters(this.#delimiters);
    for (const { at } of [...open, ...this.#brackets.map(({ token }) => token)]) this.#pend(at);
    const settledTo = settledEnd(this.#tokens, this.#text, Math.min(this.#pendingFrom, this.#end));
    const held = this.#brackets.at(-1);
    if (this.#context.growing) {
      if (held !== undefined && this.#end - held.token.at <= LINK_CHARS) this.#tokens.length = held.index;
      healEnd(this.#tokens, open);
    }
    return { nodes: buildInline(this.#tokens), settledTo, waitsFor: this.#waitsFor };
  }

  #readOne(): void {
    const text = this.#text;
    const start = this.#at;
    PLAIN.lastIndex = start;
    if (PLAIN.test(text)) return this.#plain(start, Math.min(PLAIN.lastIndex, this.#end));
    switch (text[start]) {
      case "\n":
        return this.#newline();
      case "\\":
        return this.#escape();
      case "`":
        return this.#code();
      case "*":
      case "_":
      case "~":
        return this.#delimiter();
      case "[":
        return this.#open(false);
      case "!":
        return text[start + 1] === "[" ? this.#open(true) : this.#push("!");
      case "]":
        return this.#close();
      case "<":
        return this.#angle();
      case "&":
        return this.#entity();
      default:
        return this.#formula();
    }
  }

  /** Nothing from this place on is final. */
  #pend(at: number): void {
    this.#pendingFrom = Math.min(this.#pendingFrom, at);
  }

  /** Adds a token of the next `length` characters. */
  #push(text: string, node: Inline | null = null, length = text.length): void {
    this.#tokens.push({ at: this.#at, closes: 0, text, node, opens: [] });
    this.#at += length;
  }

  #plain(start: number, end: number): void {
    const found = this.#addresses.find(start, end);
    if (found === null) return this.#push(this.#text.slice(start, end));
    if (found.start > start) this.#push(this.#text.slice(start, found.start));
    this.#push("", found.node, found.end - found.start);
  }

  #newline(): void {
    const last = this.#tokens.at(-1);
    const isHard = last?.text.endsWith("  ") === true;
    if (last !== undefined) last.text = last.text.replace(/ +$/, "");
    this.#push(isHard ? "" : "\n", isHard ? { kind: "break" } : null, 1);
  }

  #escape(): void {
    const next = this.#text[this.#at + 1];
    const formula = next === "(" || next === "[" ? this.#bracketFormula() : null;
    if (formula !== null) this.#push("", math(formula, next === "["), formula.length + 4);
    else if (next === "\n") this.#push("", { kind: "break" }, 2);
    else if (next !== undefined && /[!-/:-@[-`{-~]/.test(next)) this.#push(next, null, 2);
    else if (next === undefined && this.#context.growing) this.#push("", null, 1);
    else this.#push("\\");
  }

  #bracketFormula(): string | null {
    const mark = this.#text[this.#at + 1] as string;
    const end = mark === "(" ? "\\)" : "\\]";
    if (!this.#missing.has(end) && this.#text.indexOf(end, this.#at) < 0) this.#missing.add(end);
    return this.#missing.has(end) ? null : bracketFormula(this.#text, this.#at, end);
  }

  #code(): void {
    const text = this.#text;
    const run = runOf(text, this.#at);
    const from = this.#at + run.length;
    const end = this.#missing.has(run) ? -1 : endOfCode(text, from, run);
    if (end < 0) {
      this.#missing.add(run);
      if (!this.#context.growing) return this.#push(run);
      this.#pend(this.#at);
      const rest = text.slice(from, this.#end).replace(/`+$/, "");
      return rest === ""
        ? this.#push("", null, this.#end - this.#at)
        : this.#push("", code(rest), this.#end - this.#at);
    }
    this.#push("", code(text.slice(from, end - run.length)), end - this.#at);
  }

  #delimiter(): void {
    const delimiter = readDelimiter(this.#text, this.#at);
    this.#tokens.push(delimiter);
    this.#at += delimiter.length;
    // The last run of a text that grows may grow, close or open: it is not shown.
    if (this.#context.growing && this.#at >= this.#end) delimiter.text = "";
    else if (delimiter.mark !== "~" || delimiter.length <= 2) this.#delimiters.push(delimiter);
  }

  #open(isImage: boolean): void {
    const note = isImage ? null : this.#match(NOTE);
    if (note !== null && this.#text[this.#at + note[0].length] !== "(") {
      const label = note[1] as string;
      const isThere = this.#context.hasNote(label);
      if (!isThere) this.#waitsFor.add(`^${label}`);
      if (isThere || this.#context.arriving) return this.#push("", { kind: "note", label }, note[0].length);
    }
    const index = this.#tokens.length;
    this.#push(isImage ? "![" : "[");
    const token = this.#tokens[index] as Token;
    this.#brackets.push({ token, index, isImage, from: this.#at, bottom: this.#delimiters.length, isActive: true });
  }

  #close(): void {
    const bracket = this.#brackets.pop();
    if (bracket === undefined || !bracket.isActive) return this.#push("]");
    if (this.#context.growing && this.#isUnfinished(bracket)) return;
    const target = readInlineTarget(this.#text, this.#at + 1) ?? this.#reference(bracket);
    if (target === null) return this.#push("]");
    const { title, href, end } = target;
    const kind = bracket.isImage ? "image" : "link";
    const frame: Frame = href === null ? { kind: "plain" } : { kind, href, title };
    this.#wrap(bracket, frame, end);
    if (!bracket.isImage) for (const other of this.#brackets) if (!other.isImage) other.isActive = false;
  }

  /** Puts a frame around everything since the bracket and goes on at `end`. */
  #wrap(bracket: Bracket, frame: Frame, end: number): void {
    pairDelimiters(this.#delimiters.splice(bracket.bottom));
    bracket.token.text = "";
    bracket.token.opens.push(frame);
    this.#tokens.push({ at: this.#at, closes: 1, text: "", node: null, opens: [] });
    this.#at = end;
  }

  /** The address is arriving: the words of the link show already; an image waits. */
  #isUnfinished(bracket: Bracket): boolean {
    const text = this.#text;
    const after = this.#at + 1;
    const isBare = after >= this.#end;
    const isAddress = text[after] === "(" && text.indexOf(")", after) < 0 && !text.includes("\n", after);
    if (!isBare && !isAddress) return false;
    this.#pend(bracket.token.at);
    if (bracket.isImage || isBare) {
      this.#brackets.push(bracket);
      this.#at = this.#end;
    } else this.#wrap(bracket, { kind: "plain" }, this.#end);
    return true;
  }

  /** Without an address: its definition may still come. */
  #reference(bracket: Bracket): { href: string | null; title: string; end: number } | null {
    const after = this.#at + 1;
    const full = readLabel(this.#text, after);
    const isFull = full !== null && full.value !== "";
    const words = this.#at - bracket.from > 999 ? "" : this.#text.slice(bracket.from, this.#at);
    const label = normalizeLabel(isFull ? full.value : words);
    // A label has no brackets of its own.
    const mayBe = label !== "" && (isFull || !/(?<!\\)[[\]]/.test(words));
    const target = mayBe ? this.#context.targets.get(label) : undefined;
    const end = full?.end ?? after;
    if (target !== undefined) return { ...target, end };
    if (mayBe) this.#waitsFor.add(label);
    return isFull && this.#context.arriving ? { href: null, title: "", end } : null;
  }

  /** `<…>`: an address, a line break, or HTML, which is text. */
  #angle(): void {
    const address = this.#match(ADDRESS);
    if (address !== null) {
      const [all, url, mail] = address;
      return this.#push("", addressLink(url ?? `mailto:${mail}`, url ?? (mail as string)), all.length);
    }
    const tag = this.#match(HTML_TAG)?.[0] ?? this.#raw();
    if (tag !== null)
      return /^<br\s*\/?>$/i.test(tag) ? this.#push("", { kind: "break" }, tag.length) : this.#push(tag);
    if (this.#context.growing && /^<[a-z/!][^\s>]{0,99}$/i.test(this.#text.slice(this.#at, this.#at + 101)))
      return this.#push("", null, this.#end - this.#at);
    this.#push("<");
  }

  #raw(): string | null {
    const start = this.#match(RAW_START)?.[0];
    if (start === undefined) return null;
    const end = rawEnd(start);
    const from = this.#at + (start === "<!--" ? 2 : start.length);
    const found = this.#missing.has(end.source) ? null : end.exec(this.#text.slice(from));
    if (found === null) this.#missing.add(end.source);
    return found && this.#text.slice(this.#at, from + found.index + found[0].length);
  }

  #entity(): void {
    const written = this.#match(ENTITY)?.[0];
    if (written !== undefined) {
      const text = decodeEntities(written);
      const isToCome = text === written && !knowsAllEntities();
      if (isToCome) this.#waitsFor.add(ENTITIES);
      return this.#push(isToCome ? "" : text, null, written.length);
    }
    const isUnfinished = this.#context.growing && /^&[#a-z\d]{1,9}$/i.test(this.#text.slice(this.#at, this.#end));
    this.#push(isUnfinished ? "" : "&", null, isUnfinished ? this.#end - this.#at : 1);
  }

  #formula(): void {
    const [all, display, inline] = this.#match(FORMULA) ?? [];
    if (all !== undefined)
      return this.#push("", math(display ?? (inline as string), display !== undefined), all.length);
    const open = this.#context.growing ? this.#match(OPEN_FORMULA)?.[0] : undefined;
    if (open === undefined) return this.#push("$");
    this.#pend(this.#at);
    this.#push("", code(open.replace(/^\$+/, "").trimEnd()), open.length);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text);
  }
}
