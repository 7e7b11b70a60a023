/** Tokens inside a block → templates. Values only ever become text, or an address that passed `safeHref`. */
import { html, nothing } from "lit";
import { decodeEntities } from "./entities.ts";
import type { Token } from "./parse-blocks.ts";
import { safeHref } from "./safe-href.ts";

/** The words the rendered markdown itself needs. */
export interface RenderLabels {
  readonly copy: string;
  readonly image: string;
  readonly table: string;
}

export const inline = (tokens: readonly unknown[] | undefined, labels: RenderLabels): unknown =>
  (tokens as readonly Token[] | undefined)?.map((token) => inlineToken(token, labels));

function inlineToken(token: Token, labels: RenderLabels): unknown {
  switch (token.type) {
    case "text":
      return token.tokens === undefined ? decodeEntities(token.text) : inline(token.tokens, labels);
    case "escape":
      return token.text;
    case "strong":
      return html`<strong>${inline(token.tokens, labels)}</strong>`;
    case "em":
      return html`<em>${inline(token.tokens, labels)}</em>`;
    case "del":
      return html`<del>${inline(token.tokens, labels)}</del>`;
    case "codespan":
      return html`<code>${token.text}</code>`;
    case "br":
      return html`<br />`;
    case "link":
      return link(token.autolink === true ? token.href : decodeEntities(token.href), inline(token.tokens, labels));
    case "image":
      return image(decodeEntities(token.href), token.text, labels);
    case "checkbox":
      return nothing;
    default:
      return token.raw;
  }
}

export function link(href: string, words: unknown): unknown {
  const safe = safeHref(href);
  return safe === null
    ? words
    : html`<a part="link" href=${safe} target="_blank" rel="noopener noreferrer nofollow">${words}</a>`;
}

/** Loading a remote image would tell its server what was said here: it stays a link until the reader follows it. */
const image = (href: string, alt: string, labels: RenderLabels): unknown =>
  html`<span part="image" class="image">${link(href, `${labels.image}: ${alt === "" ? href : alt}`)}</span>`;
