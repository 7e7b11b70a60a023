/** Where raw HTML begins and ends, so that it shows as the text it is instead of being read as markdown. */

const BLOCKS =
  "address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|" +
  "fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|" +
  "menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul";
const ATTRIBUTE = "\\s+[a-zA-Z_:][\\w.:-]*(?:\\s*=\\s*(?:[^\\s\"'=<>`]+|'[^']*'|\"[^\"]*\"))?";
const TAG = `<[a-zA-Z][a-zA-Z\\d-]*(?:${ATTRIBUTE})*\\s*/?>|</[a-zA-Z][a-zA-Z\\d-]*\\s*>`;

/** One tag, at `lastIndex`. */
export const HTML_TAG = new RegExp(TAG, "y");

interface HtmlKind {
  readonly start: RegExp;
  /** Null: a blank line. */
  readonly end: RegExp | null;
}

/** In the order in which they are tried. */
const KINDS: readonly HtmlKind[] = [
  { start: /^<(?:script|pre|textarea|style)(?:\s|>|$)/i, end: /<\/(?:script|pre|textarea|style)>/i },
  { start: /^<!--/, end: /-->/ },
  { start: /^<\?/, end: /\?>/ },
  { start: /^<![a-z]/i, end: />/ },
  { start: /^<!\[CDATA\[/, end: /\]\]>/ },
  { start: new RegExp(`^</?(?:${BLOCKS})(?:\\s|/?>|$)`, "i"), end: null },
];
const ANY_TAG = new RegExp(`^(?:${TAG})\\s*$`);

/** What the line begins, or undefined. A tag of any other name does not interrupt a paragraph. */
export function htmlBlockStart(rest: string, inParagraph: boolean): HtmlKind | undefined {
  if (rest[0] !== "<") return undefined;
  const kind = KINDS.find(({ start }) => start.test(rest));
  return kind ?? (!inParagraph && ANY_TAG.test(rest) ? { start: ANY_TAG, end: null } : undefined);
}
