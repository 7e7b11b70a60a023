/** Links outside of markdown: they pass the same test. */
import { html } from "lit";
import { safeHref } from "./safe-href.ts";

/** A link of the page's own parts, such as the list of sources. */
export function link(href: string, words: unknown): unknown {
  const safe = safeHref(href);
  return safe === null
    ? words
    : html`<a part="link" href=${safe} target="_blank" rel="noopener noreferrer nofollow">${words}</a>`;
}
