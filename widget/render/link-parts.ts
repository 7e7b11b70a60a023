/** The parts that links, images and reference definitions are made of. Each reader takes a place and gives where it ends. */
import { decodeEntities } from "./entities.ts";

export interface Part {
  readonly value: string;
  readonly end: number;
}

/** Deeper parentheses in an address end it: trying every closing one would take quadratic time. */
const MAX_PARENTHESES = 32;

const LABEL = /\[((?:[^\\[\]]|\\[^]){0,999})\]/y;
const POINTED = /<((?:[^<>\n\\]|\\.)*)>/y;
const TITLE = /"((?:[^\\"]|\\[^])*)"|'((?:[^\\']|\\[^])*)'|\(((?:[^\\()]|\\[^])*)\)/y;
const SPACE = /[ \t]*(?:\n[ \t]*)?/y;
const ESCAPED = /\\([!-/:-@[-`{-~])|&[#\w]+;/g;

/** White space with at most one line end. */
export const skipSpace = (text: string, at: number): number => match(SPACE, text, at)?.end ?? at;

/** `[label]`; the value is what is between the brackets. */
export const readLabel = (text: string, at: number): Part | null => match(LABEL, text, at);

/** `"title"`, `'title'` or `(title)`, with its escapes undone. */
export function readTitle(text: string, at: number): Part | null {
  const title = match(TITLE, text, at);
  return title === null || /\n[ \t]*\n/.test(title.value) ? null : { ...title, value: unescape(title.value) };
}

/** `<address>` or an address without spaces and with its parentheses in pairs; its escapes are undone. */
export function readDestination(text: string, at: number): Part | null {
  if (text[at] === "<") {
    const pointed = match(POINTED, text, at);
    return pointed && { ...pointed, value: unescape(pointed.value) };
  }
  let depth = 0;
  let end = at;
  for (; end < text.length; end++) {
    const char = text[end] as string;
    if (char === "\\" && /[!-/:-@[-`{-~]/.test(text[end + 1] ?? "")) end++;
    else if (char === "(" && ++depth > MAX_PARENTHESES) return null;
    else if (char === ")" && --depth < 0) break;
    else if (char <= " " || char === "\x7f") break;
  }
  return end === at || depth > 0 ? null : { value: unescape(text.slice(at, end)), end };
}

/** `(address "title")`. */
export function readInlineTarget(text: string, at: number): { href: string; title: string; end: number } | null {
  if (text[at] !== "(") return null;
  const from = skipSpace(text, at + 1);
  const address = readDestination(text, from) ?? { value: "", end: from };
  const gap = skipSpace(text, address.end);
  const title = gap > address.end ? readTitle(text, gap) : null;
  const end = title === null ? gap : skipSpace(text, title.end);
  return text[end] === ")" ? { href: address.value, title: title?.value ?? "", end: end + 1 } : null;
}

export const unescape = (text: string): string =>
  text.replace(ESCAPED, (written: string, char?: string) => char ?? decodeEntities(written));

/** Labels match whatever their case and white space. */
export const normalizeLabel = (label: string): string => label.trim().replace(/\s+/g, " ").toLowerCase().toUpperCase();

function match(pattern: RegExp, text: string, at: number): Part | null {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  return found && { value: found.slice(1).find((group) => group !== undefined) ?? "", end: pattern.lastIndex };
}
