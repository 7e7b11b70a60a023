/** The messages in pages, so that of a long conversation only those near the view need be drawn. */
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import type { ChatMessage } from "../chat.ts";
import { kit } from "./kit.ts";
import type { Loaded } from "./parts.ts";

/** Few enough to be drawn within a frame or two, enough to fill a screen. */
const PAGE_MESSAGES = 20;
/** Pages at the end are always drawn: an answer grows there. */
const LAST_PAGES = 2;

/**
 * @param isNear whether a page is to be drawn that is not among the last
 * @param inWords what stands for the messages of a page that is not drawn; undefined until that is loaded
 */
export function pages(
  messages: readonly ChatMessage[],
  draw: (message: ChatMessage, index: number) => unknown,
  isNear: (page: number) => boolean,
  inWords: NonNullable<Loaded["pages"]>["inWords"] | undefined,
): unknown {
  const count = Math.ceil(messages.length / PAGE_MESSAGES);
  return Array.from({ length: count }, (_, page) => {
    const from = page * PAGE_MESSAGES;
    const shown = messages.slice(from, from + PAGE_MESSAGES);
    const isDrawn = page >= count - LAST_PAGES || isNear(page);
    const content = isDrawn
      ? shown.map((message, at) => draw(message, from + at))
      : guard([inWords, ...shown], () => inWords?.(kit, shown) ?? nothing);
    return html`<div class=${isDrawn ? "page" : "page far"} data-page=${page}>${content}</div>`;
  });
}
