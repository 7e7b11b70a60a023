/** Runs of `*`, `_` and `~`: which open and which close, by CommonMark's rules. */
import type { Frame, Token } from "./inline.ts";

type Mark = "*" | "_" | "~";

/** A run of marks; its token's text is what is left of it. */
export interface Delimiter extends Token {
  readonly mark: Mark;
  readonly length: number;
  readonly canOpen: boolean;
  readonly canClose: boolean;
}

/** A `[` or `![` that may become a link or image. */
export interface Bracket {
  readonly token: Token;
  readonly index: number;
  readonly isImage: boolean;
  /** Where its words begin. */
  readonly from: number;
  /** How many delimiters are before it. */
  readonly bottom: number;
  isActive: boolean;
}

const PUNCTUATION = /[\p{P}\p{S}]/u;

/** The run of `text[at]` that begins there. */
export function readDelimiter(text: string, at: number): Delimiter {
  const mark = text[at] as Mark;
  let end = at + 1;
  while (text[end] === mark) end++;
  const before = charBefore(text, at);
  const after = end < text.length ? String.fromCodePoint(text.codePointAt(end) as number) : " ";
  const opens = !/\s/.test(after) && (!PUNCTUATION.test(after) || /\s/.test(before) || PUNCTUATION.test(before));
  const closes = !/\s/.test(before) && (!PUNCTUATION.test(before) || /\s/.test(after) || PUNCTUATION.test(after));
  const isWordMark = mark === "_";
  return {
    at,
    mark,
    length: end - at,
    text: text.slice(at, end),
    canOpen: opens && (!isWordMark || !closes || PUNCTUATION.test(before)),
    canClose: closes && (!isWordMark || !opens || PUNCTUATION.test(after)),
    closes: 0,
    node: null,
    opens: [],
  };
}

function charBefore(text: string, at: number): string {
  const char = text[at - 1];
  if (char === undefined) return " ";
  return char >= "\udc00" && char <= "\udfff" ? text.slice(at - 2, at) : char;
}

/** Pairs what pairs, in the order of the text. @returns what is left that could open something */
export function pairDelimiters(delimiters: readonly Delimiter[]): Delimiter[] {
  const open: Delimiter[] = [];
  // Per kind of closer: nothing up to this one opens it, so nobody looks there again.
  const floors = new Map<string, Delimiter | undefined>();
  for (const closer of delimiters) {
    while (closer.canClose && closer.text !== "") {
      const kind = `${closer.mark}${closer.canOpen}${closer.mark === "~" ? closer.text.length : closer.length % 3}`;
      const floor = floors.get(kind);
      const at = open.findLastIndex((opener) => opener === floor || pairs(opener, closer));
      const opener = open[at];
      if (opener === undefined || opener === floor) {
        floors.set(kind, open.at(-1));
        break;
      }
      pair(opener, closer);
      open.length = opener.text === "" ? at : at + 1;
    }
    if (closer.canOpen && closer.text !== "") open.push(closer);
  }
  return open;
}

function pairs(opener: Delimiter, closer: Delimiter): boolean {
  if (opener.mark !== closer.mark || !opener.canOpen) return false;
  if (opener.mark === "~") return opener.text.length === closer.text.length;
  const isOdd = (closer.canOpen || opener.canClose) && closer.length % 3 !== 0;
  return !isOdd || (opener.length + closer.length) % 3 !== 0;
}

function pair(opener: Delimiter, closer: Delimiter): void {
  const count = opener.mark === "~" ? opener.text.length : Math.min(2, opener.text.length, closer.text.length);
  opener.opens.push(frameOf(opener.mark, count));
  closer.closes++;
  opener.text = opener.text.slice(count);
  closer.text = closer.text.slice(count);
}

/** Opens what is not closed yet, up to the end of the text. */
export function openToEnd(delimiter: Delimiter): void {
  while (delimiter.text !== "") {
    const count = delimiter.mark === "~" ? delimiter.text.length : Math.min(2, delimiter.text.length);
    delimiter.opens.push(frameOf(delimiter.mark, count));
    delimiter.text = delimiter.text.slice(count);
  }
}

const frameOf = (mark: Mark, count: number): Frame => ({
  kind: mark === "~" ? "del" : count === 2 ? "strong" : "em",
});
