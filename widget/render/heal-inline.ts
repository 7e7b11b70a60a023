/** The end of a text that is still arriving: what of it is final, and how the rest is shown. */
import { openToEnd } from "./emphasis.ts";
import type { Delimiter } from "./emphasis.ts";
import type { Token } from "./inline.ts";

/** After the last space that nothing is around and nothing pending is before. @param end where what is pending begins */
export function settledEnd(tokens: readonly Token[], text: string, end: number): number {
  let depth = 0;
  let settled = 0;
  for (const { at, closes, text: words, node, opens } of tokens) {
    if (at >= end) break;
    depth -= closes;
    const to = Math.min(at + words.length, end);
    const space = depth === 0 && node === null ? text.slice(at, to).lastIndexOf(" ") : -1;
    const place = at + space + 1;
    if (space > 0 && place < to && text[place - 2] !== " " && text[place] !== " ") settled = place;
    depth += opens.length;
  }
  return settled;
}

/**
 * Opens up to the end what is not closed yet, and takes from the end what may become anything.
 * @param open the runs of marks that found no partner
 */
export function healEnd(tokens: readonly Token[], open: readonly Delimiter[]): void {
  const final = tokens.at(-1);
  // It may begin an image.
  if (final?.text === "!") final.text = "";
  if (final === undefined) return;
  // What a bracket that is held back took with it is gone.
  for (const delimiter of open) if (delimiter.at <= final.at) openToEnd(delimiter);
  if (final.node === null) final.text = final.text.trimEnd();
}
