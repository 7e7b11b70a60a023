/** Code and formulas in a line: between marks, and nothing in them is markdown. */
import type { Inline } from "./inline.ts";

/** Longer formulas in a line are text: a mark without its end shall not cost a look at all that follows. */
const MAX_FORMULA_CHARS = 2_000;

export const code = (text: string): Inline => {
  const line = text.replaceAll("\n", " ");
  const isPadded = line.length > 2 && line.startsWith(" ") && line.endsWith(" ") && line.trim() !== "";
  return { kind: "code", text: isPadded ? line.slice(1, -1) : line };
};

export const math = (text: string, display: boolean): Inline => ({ kind: "math", text: text.trim(), display });

export function runOf(text: string, at: number): string {
  let end = at + 1;
  while (text[end] === text[at]) end++;
  return text.slice(at, end);
}

/** Where the code opened by `run` ends; −1 when it does not. */
export function endOfCode(text: string, from: number, run: string): number {
  for (let at = text.indexOf("`", from); at >= 0; at = text.indexOf("`", at)) {
    const { length } = runOf(text, at);
    if (length === run.length) return at + length;
    at += length;
  }
  return -1;
}

/** What is between `\\(` or `\\[` at `at` and its end; null when that is no formula, which has a letter or digit. */
export function bracketFormula(text: string, at: number, end: string): string | null {
  const near = text.slice(at + 2, at + 2 + MAX_FORMULA_CHARS);
  const formula = near.slice(0, Math.max(0, near.indexOf(end)));
  return /[a-z\d]/i.test(formula) ? formula : null;
}
