/**
 * Colours for code, a line at a time: comments, strings, numbers, keywords, names that are called. What goes on over
 * lines (comments, long strings) is the state between them, so that a growing listing is painted once.
 */
import { grammarOf } from "./code-grammars.ts";
import type { Grammar } from "./code-grammars.ts";

export type PieceKind =
  | ""
  | "tok-comment"
  | "tok-string"
  | "tok-number"
  | "tok-keyword"
  | "tok-name"
  | "tok-type"
  | "tok-add"
  | "tok-remove";

export interface Piece {
  readonly text: string;
  readonly kind: PieceKind;
}

/** The end that an open comment or string waits for; null outside. */
export type PaintState = { readonly end: string; readonly kind: PieceKind } | null;
export type PaintLine = (line: string, state: PaintState) => { pieces: readonly Piece[]; state: PaintState };

/** Longer lines are data, not code to be read: they stay in one colour. */
const MAX_LINE_CHARS = 2_000;

/** @param lang in lower case; null when it is unknown */
export function painterOf(lang: string): PaintLine | null {
  const grammar = grammarOf(lang);
  if (grammar === null) return null;
  const pattern = patternOf(grammar);
  return (line, state) => paintLine(line, state, grammar, pattern);
}

function paintLine(line: string, before: PaintState, grammar: Grammar, pattern: RegExp): ReturnType<PaintLine> {
  const pieces: Piece[] = [];
  let state = before;
  let at = 0;
  const add = (to: number, kind: PieceKind): void => {
    if (to > at) pieces.push({ text: line.slice(at, to), kind });
    at = to;
  };
  if (line.length > MAX_LINE_CHARS) return { pieces: [{ text: line, kind: "" }], state };
  for (;;) {
    if (state !== null) {
      const end = endOf(line, at, state.end);
      add(end < 0 ? line.length : end, state.kind);
      if (end < 0) return { pieces, state };
      state = null;
    }
    pattern.lastIndex = at;
    const found = pattern.exec(line);
    if (found === null) break;
    add(found.index, "");
    const { open, kind } = kindOf(found, grammar);
    if (open === null) add(found.index + found[0].length, kind);
    else {
      add(found.index, "");
      const start = found.index + found[0].length;
      const end = endOf(line, start, open);
      const goesOn = end < 0 && grammar.spans.includes(open);
      add(end < 0 ? (goesOn ? line.length : lineEnd(line)) : end, kind);
      if (goesOn) return { pieces, state: { end: open, kind } };
    }
  }
  add(line.length, "");
  return { pieces, state };
}

const lineEnd = (line: string): number => (line.endsWith("\n") ? line.length - 1 : line.length);

/** Where the text after `end` begins; a character after a backslash ends nothing. */
function endOf(line: string, from: number, end: string): number {
  for (let at = from; at < line.length; at++) {
    if (line[at] === "\\" && end.length === 1) at++;
    else if (line.startsWith(end, at)) return at + end.length;
  }
  return -1;
}

function kindOf(found: RegExpExecArray, grammar: Grammar): { kind: PieceKind; open: string | null } {
  const { comment, opening, word, call, number, extra } = found.groups as Record<string, string | undefined>;
  if (comment !== undefined) return { kind: "tok-comment", open: null };
  if (opening !== undefined) {
    const end = grammar.pairs.get(opening) as string;
    const isComment = grammar.comments.includes(opening);
    return { kind: isComment ? "tok-comment" : "tok-string", open: end };
  }
  if (number !== undefined) return { kind: "tok-number", open: null };
  if (extra !== undefined) return { kind: grammar.extraKind(extra), open: null };
  const name = word ?? (call as string);
  if (grammar.keywords.has(grammar.ignoresCase ? name.toLowerCase() : name)) return { kind: "tok-keyword", open: null };
  if (call !== undefined) return { kind: "tok-name", open: null };
  return { kind: grammar.hasTypes && /^[A-Z]/.test(name) ? "tok-type" : "", open: null };
}

function patternOf({ lineComments, pairs, extra, word }: Grammar): RegExp {
  const escape = (text: string): string => text.replace(/[$()*+.?[\\\]^{|}/-]/g, "\\$&");
  const openings = [...pairs.keys()].sort((a, b) => b.length - a.length).map(escape);
  const parts = [
    extra === null ? "" : `(?<extra>${extra})`,
    lineComments.length === 0 ? "" : `(?<comment>(?:${lineComments.join("|")}).*)`,
    openings.length === 0 ? "" : `(?<opening>${openings.join("|")})`,
    "(?<number>\\b(?:0[xob][\\da-f_]+|\\d[\\d_]*(?:\\.\\d+)?(?:e[+-]?\\d+)?)n?\\b)",
    word === null ? "" : `(?<call>${word}(?=\\())|(?<word>${word})`,
  ];
  return new RegExp(parts.filter((part) => part !== "").join("|"), "gim");
}
