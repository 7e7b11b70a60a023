/** Where raw HTML begins and ends, so that it shows as the text it is instead of being read as markdown. */

const BLOCKS =
  "address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|" +
  "fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|" +
  "menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul";
const ATTRIBUTE = "\\s+[a-zA-Z_:][\\w.:-]*(?:\\s*=\\s*(?:[^\\s\"'=<>`]+|'[^']*'|\"[^\"]*\"))?";
const TAG = `<[a-zA-Z][a-zA-Z\\d-]*(?:${ATTRIBUTE})*\\s*/?>|</[a-zA-Z][a-zA-Z\\d-]*\\s*>`;

/** One tag, at `lastIndex`. */
export const HTML_TAG = new RegExp(TAG, "y");

/** What is no element: a comment, an instruction, a declaration. */
export const RAW_START = /<!--|<\?|<!\[CDATA\[|<![a-z]/iy;
const RAW_ENDS: Readonly<Record<string, RegExp>> = { "<!--": /-->/, "<?": /\?>/, "<![CDATA[": /\]\]>/ };
const VERBATIM = /^<(?:script|pre|textarea|style)(?:\s|>|$)/i;
const VERBATIM_END = /<\/(?:script|pre|textarea|style)>/i;
const BLOCK_TAG = new RegExp(`^</?(?:${BLOCKS})(?:\\s|/?>|$)`, "i");
const ANY_TAG = new RegExp(`^(?:${TAG})\\s*$`);

/** @param start as `RAW_START` found it */
export const rawEnd = (start: string): RegExp => RAW_ENDS[start.toUpperCase()] ?? />/;

/**
 * What ends the HTML that the line begins: null for a blank line; undefined when it begins none. A tag of any other name
 * than those of blocks does not interrupt a paragraph.
 */
export function htmlBlockEnd(rest: string, inParagraph: boolean): RegExp | null | undefined {
  if (VERBATIM.test(rest)) return VERBATIM_END;
  RAW_START.lastIndex = 0;
  const raw = RAW_START.exec(rest)?.[0];
  if (raw !== undefined) return rawEnd(raw);
  return BLOCK_TAG.test(rest) || (!inParagraph && ANY_TAG.test(rest)) ? null : undefined;
}
