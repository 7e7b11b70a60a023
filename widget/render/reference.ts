/** `[label]: address "title"`: what `[words][label]` links to. */
import { normalizeLabel, readDestination, readLabel, readTitle, skipSpace } from "./link-parts.ts";

export interface Target {
  readonly href: string;
  readonly title: string;
}

export interface Definition extends Target {
  readonly label: string;
  /** Where the text after it begins. */
  readonly end: number;
}

/** The definition a paragraph begins with at `at`, or null. */
export function readDefinition(text: string, at: number): Definition | null {
  const label = readLabel(text, at);
  if (label === null || label.value.trim() === "" || text[label.end] !== ":") return null;
  const from = skipSpace(text, label.end + 1);
  const address = readDestination(text, from);
  if (address === null) return null;
  const gap = skipSpace(text, address.end);
  const title = gap > address.end ? readTitle(text, gap) : null;
  const afterTitle = title && lineEnd(text, title.end);
  // What looks like a title and is followed by more is text of its own, if it is on a line of its own.
  const end = afterTitle ?? lineEnd(text, address.end);
  if (end === null) return null;
  return {
    label: normalizeLabel(label.value),
    href: address.value,
    title: afterTitle === null ? "" : (title?.value ?? ""),
    end,
  };
}

function lineEnd(text: string, at: number): number | null {
  while (text[at] === " " || text[at] === "\t") at++;
  return at >= text.length ? at : text[at] === "\n" ? at + 1 : null;
}
