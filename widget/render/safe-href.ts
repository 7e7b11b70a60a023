/** Where an answer may link to. A model's text is untrusted: it may carry what somebody planted for it to repeat. */

const ALLOWED = new Set(["http:", "https:", "mailto:"]);

/** The address, normalised, or null: relative ones and every scheme not listed are not links. */
export function safeHref(href: string): string | null {
  if (!URL.canParse(href)) return null;
  const url = new URL(href);
  return ALLOWED.has(url.protocol) ? url.href : null;
}
