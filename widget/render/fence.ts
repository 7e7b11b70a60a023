/** A top-level code fence read line by line: a long listing costs what was appended, and never reaches the lexer. */
import type { Tokens } from "marked";

/** Code in runs of `PART_LINES` lines, so that a growing listing changes, and lays out, only its last part. */
export interface CodeBlock {
  readonly type: "fence";
  readonly lang: string;
  /** To be joined by a newline. */
  readonly parts: readonly string[];
}

/** How far the listing was read. */
export interface Fence {
  readonly lang: string;
  readonly start: number;
  readonly bodyStart: number;
  /** The line that closes it, and what may become one. */
  readonly closing: RegExp;
  readonly almostClosing: RegExp;
  readonly parts: string[];
  partStart: number;
  lineStart: number;
  lines: number;
}

const PART_LINES = 64;

/** The fence a token opens at `start`, or null: indented fences change the text of their lines and stay with the lexer. */
export function openFence(
  token: { readonly type: string; readonly raw: string } | undefined,
  start: number,
): Fence | null {
  const opening = token?.type === "code" ? /^(`{3,}|~{3,})[^\n]*\n/.exec(token.raw) : null;
  const marker = opening?.[1];
  if (opening === null || marker === undefined) return null;
  const bodyStart = start + opening[0].length;
  return {
    lang: (token as Tokens.Code).lang ?? "",
    start,
    bodyStart,
    closing: new RegExp(`^ {0,3}${marker}[~\`]* *$`),
    almostClosing: new RegExp(`^ {0,3}${marker[0]}* *$`),
    parts: [],
    partStart: bodyStart,
    lineStart: bodyStart,
    lines: 0,
  };
}

/** Reads on. `end` is where the text after the closing line begins, null while the fence is open. */
export function readFence(fence: Fence, text: string, open: boolean): { block: CodeBlock; end: number | null } {
  for (;;) {
    const newline = text.indexOf("\n", fence.lineStart);
    const line = text.slice(fence.lineStart, newline < 0 ? undefined : newline);
    if ((newline >= 0 || !open) && fence.closing.test(line)) {
      return { block: codeUpTo(fence, text, fence.lineStart), end: newline < 0 ? text.length : newline + 1 };
    }
    if (newline < 0) {
      const shown = open && fence.almostClosing.test(line) ? fence.lineStart : text.length;
      return { block: codeUpTo(fence, text, shown), end: open ? null : text.length };
    }
    fence.lineStart = newline + 1;
    if (++fence.lines % PART_LINES > 0) continue;
    fence.parts.push(text.slice(fence.partStart, newline));
    fence.partStart = newline + 1;
  }
}

function codeUpTo(fence: Fence, text: string, end: number): CodeBlock {
  const last = end > fence.bodyStart && text[end - 1] === "\n" ? end - 1 : end;
  const rest = last < fence.partStart || last === fence.bodyStart ? [] : [text.slice(fence.partStart, last)];
  return { type: "fence", lang: fence.lang, parts: [...fence.parts, ...rest] };
}
