/** What of a text that is still arriving is held back, because its next characters decide what it is. */
import type { Block } from "./block.ts";

/** A line that so far is only markers: a rule, a bullet, a number, a heading, a table delimiter, the opening of a fence. */
const UNDECIDED_LINE =
  /^[ \t>]*(?:[-*+=_:|#~`$\\ \t>]*|\\\[|\d{1,9}[.)]?[ \t]*|(?:[-*+]|\d{1,9}[.)])[ \t]+\[.?\]?|(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?:`{3,}[^`]*|~{3,}.*))$/;
const UNDECIDED_IN_CODE = /^[ \t>]*[`~$\\]*\]?[ \t]*$/;

const MAX_HEAD_CHARS = 2_000;

/** True while the unfinished last line could still become anything. @param tip the innermost open block */
export function isUndecided(line: string, tip: Block): boolean {
  if (tip.kind === "html") return false;
  return (tip.kind === "code" || tip.kind === "run" ? UNDECIDED_IN_CODE : UNDECIDED_LINE).test(line);
}

/** What of an open paragraph is shown: not what may be a definition, nor what may be the head of a table. */
export function shownOf(paragraph: string): string {
  if (/^\[[^\]\n]{1,999}\]:/.test(paragraph)) return "";
  // Longer lines are no heads of tables; looking for their beginnings would take time with every token.
  const tail = paragraph.slice(-MAX_HEAD_CHARS);
  const at = tail.lastIndexOf("\n") + 1;
  if (tail[at] !== "|" || (at === 0 && tail.length < paragraph.length)) return paragraph;
  const before = at === 0 ? -1 : tail.lastIndexOf("\n", at - 2) + 1;
  const isHead = before < 0 || tail[before] !== "|";
  return isHead ? paragraph.slice(0, Math.max(0, paragraph.length - tail.length + at - 1)) : paragraph;
}
