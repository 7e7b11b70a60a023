/** The messages in pages, so that of a long conversation only those near the view need be drawn. */
import { html, nothing } from "lit";
import type { ChatMessage } from "../chat.ts";

/** Few enough to be drawn within a frame or two, enough to fill a screen. */
const PAGE_MESSAGES = 20;
/** Pages at the end are always drawn: an answer grows there. */
const LAST_PAGES = 2;

/** @param isNear whether a page is to be drawn that is not among the last */
export function pages(
  messages: readonly ChatMessage[],
  draw: (message: ChatMessage, index: number) => unknown,
  isNear: (page: number) => boolean,
): unknown {
  const count = Math.ceil(messages.length / PAGE_MESSAGES);
  return Array.from({ length: count }, (_, page) => {
    const from = page * PAGE_MESSAGES;
    const isDrawn = page >= count - LAST_PAGES || isNear(page);
    const drawn = isDrawn && messages.slice(from, from + PAGE_MESSAGES).map((message, at) => draw(message, from + at));
    // No white space inside: what is not drawn is empty, and so keeps its place.
    return html`<div class="page" data-page=${page}>${drawn || nothing}</div>`;
  });
}
