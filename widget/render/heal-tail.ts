/** Makes half-written markdown readable: closes what is surely open, holds back what may still become something else. */

/** A line that so far is only markers: a rule, a bullet, a number, a heading, a table delimiter, the opening of a fence. */
const UNDECIDED_LINE =
  /^[ \t>]*(?:[-*+=_:|#~` \t>]*|\d{1,9}[.)]?[ \t]*|(?:[-*+]|\d{1,9}[.)])[ \t]+\[.?\]?|(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?:`{3,}[^`]*|~{3,}.*))$/;
const FENCE_LINE = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?:`{3,}[^`\n]*$|~{3,})/gm;
/** What inline markup does not reach across: a line that begins a block, a table cell; and lines that are a whole block. */
const BLOCK_START = /^[ \t>]*(?:(?:(?:[-*+]|\d{1,9}[.)]|#{1,6})[ \t]+)+|\|(?:.*\|)?|[ \t]*$)/;
const WHOLE_BLOCK = /^[ \t>]*(?:(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*#{1,6}[ \t]|\||`{3}|~{3}|[-=*_ \t]*$)/;
/** A `[` is held back this long for the rest of a link; then it is taken for what it looks like. */
const LINK_CHARS = 200;

/** @param tail the unsettled end of a text that is still arriving */
export function healTail(tail: string): string {
  const at = tail.lastIndexOf("\n") + 1;
  const line = tail.slice(at);
  const before = tail.slice(0, Math.max(0, at - 1));
  const inFence = (before.match(FENCE_LINE)?.length ?? 0) % 2 > 0;
  if (inFence) return /^[ `~]*$/.test(line) ? tail.slice(0, at) : tail;
  return closeInline(holdTableHead(UNDECIDED_LINE.test(line) ? before : tail));
}

/** The first row of a table would be a paragraph until its delimiter line is there. */
function holdTableHead(tail: string): string {
  const at = tail.lastIndexOf("\n") + 1;
  if (!/^ {0,3}\|/.test(tail.slice(at))) return tail;
  const hasHead = at > 0 && /^ {0,3}\|/.test(tail.slice(tail.lastIndexOf("\n", at - 2) + 1, at));
  return hasHead ? tail : tail.slice(0, Math.max(0, at - 1));
}

interface Opener {
  readonly mark: string;
  readonly at: number;
}

function closeInline(text: string): string {
  const openers: Opener[] = [];
  let end = text.length;
  let bracket = -1;
  let at = inlineStart(text);
  while (at < end) {
    const char = text[at] as string;
    if (char === "\\") {
      if (at + 1 === end) end = at;
      at += 2;
    } else if (char === "`") {
      const after = endOfRun(text, at);
      if (after === end) end = at;
      const run = text.slice(at, after);
      const close = endOfCode(text, after, run);
      if (close < 0 && at < end) return closeAll(text, end, openers, run);
      at = close;
      if (close < 0) break;
    } else if (char === "*" || char === "_" || char === "~") {
      const after = endOfRun(text, at);
      if (after === end) end = at;
      else pair(openers, text, at, after);
      at = after;
    } else if (char === "[") {
      bracket = at++;
    } else if (char === "]" && bracket >= 0) {
      const image = text[bracket - 1] === "!";
      if (at + 1 === end) break;
      if (text[at + 1] === "(") {
        const close = text.indexOf(")", at);
        if (close < 0 && image) break;
        // The address is arriving: show the words of the link already.
        if (close < 0) return closeAll(text.slice(0, bracket) + text.slice(bracket + 1, at), at - 1, openers);
        at = close;
      }
      bracket = -1;
      at++;
    } else if (char === "<" && /^<[a-z/!][^\s>]*$/i.test(text.slice(at, end))) {
      end = at;
    } else at++;
  }
  if (bracket >= 0 && end - bracket <= LINK_CHARS) end = text[bracket - 1] === "!" ? bracket - 1 : bracket;
  if (text[end - 1] === "!" && end === text.length) end--;
  return closeAll(text, end, openers);
}

/** Where the last inline run begins: after the last blank line, bullet, heading mark or cell border. */
function inlineStart(text: string): number {
  for (let end = text.length; end > 0;) {
    const at = text.lastIndexOf("\n", end - 1) + 1;
    const line = text.slice(at, end);
    if (end < text.length && WHOLE_BLOCK.test(line)) return end + 1;
    const begins = BLOCK_START.exec(line);
    if (begins !== null) return at + begins[0].length;
    end = at - 1;
  }
  return 0;
}

function endOfRun(text: string, at: number): number {
  let end = at + 1;
  while (text[end] === text[at]) end++;
  return end;
}

/** Where the code span opened by `run` ends; −1 while it is open. */
function endOfCode(text: string, from: number, run: string): number {
  for (let at = text.indexOf(run, from); at >= 0; at = text.indexOf(run, at)) {
    const end = endOfRun(text, at);
    if (end - at === run.length) return end;
    at = end;
  }
  return -1;
}

/** Matches a run of emphasis marks with an opener before it, or makes it one (CommonMark's flanking rules, shortened). */
function pair(openers: Opener[], text: string, at: number, after: number): void {
  const mark = text.slice(at, after);
  const opener = /\S/.test(text[at - 1] ?? " ") ? openers.findLastIndex((open) => open.mark[0] === mark[0]) : -1;
  if (opener >= 0) {
    const open = openers[opener] as Opener;
    openers.length = opener;
    if (open.mark.length > mark.length) openers.push({ ...open, mark: open.mark.slice(mark.length) });
  } else if (/\S/.test(text[after] as string) && !(mark[0] === "_" && /\w/.test(text[at - 1] ?? " "))) {
    openers.push({ mark, at });
  }
}

function closeAll(text: string, end: number, openers: readonly Opener[], code = ""): string {
  let healed = text.slice(0, end);
  if (openers.length > 0 || code !== "") healed = healed.trimEnd();
  const open = openers.filter(({ at }) => at < healed.length);
  for (let last = open.at(-1); last !== undefined && last.at + last.mark.length >= healed.length; last = open.at(-1)) {
    healed = healed.slice(0, last.at).trimEnd();
    open.pop();
  }
  const marks = open.map(({ mark }) => mark).reverse();
  return healed + code + marks.join("");
}
