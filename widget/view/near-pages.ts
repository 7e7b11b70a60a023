/** Which pages of a long conversation are near the view. Those that are not drawn keep their height, and their words. */
import type { CSSResult } from "lit";
import type { ChatMessage } from "../chat.ts";
import type { Kit } from "./kit.ts";

/** What is this near to the view is drawn before it is seen. */
const MARGIN = "100% 0px";

export class NearPages {
  readonly #box: () => Element | null;
  readonly #onChange: () => void;
  readonly #near = new Set<number>();
  readonly #seen = new Set<Element>();
  /** Drawn since the browser's search leads there, and not in view yet. */
  #ledTo: number | null = null;
  #observer: IntersectionObserver | null = null;
  #observed: Element | null = null;

  /**
   * @param box the scrolling element, once it is drawn
   * @param onChange told when other pages are to be drawn
   */
  constructor(box: () => Element | null, onChange: () => void) {
    this.#box = box;
    this.#onChange = onChange;
  }

  readonly has = (page: number): boolean => this.#near.has(page);

  /** After each update: pages come and go with the conversation. */
  observe(): void {
    const box = this.#box();
    if (box !== this.#observed) {
      this.close();
      this.#observed = box;
      this.#observer = new IntersectionObserver((entries) => this.#onMove(entries), { root: box, rootMargin: MARGIN });
      box?.addEventListener("beforematch", this.#onFound);
    }
    for (const page of this.#seen) if (!page.isConnected) this.#forget(page);
    for (const page of box?.querySelectorAll(".page") ?? []) {
      if (this.#seen.has(page)) continue;
      this.#seen.add(page);
      this.#observer?.observe(page);
    }
  }

  close(): void {
    this.#observer?.disconnect();
    this.#observed?.removeEventListener("beforematch", this.#onFound);
    this.#observer = this.#observed = null;
    this.#seen.clear();
    this.#near.clear();
  }

  #forget(page: Element): void {
    this.#observer?.unobserve(page);
    this.#seen.delete(page);
  }

  /** The browser's search found words that are not drawn: the page with them is, and the search goes on in it. */
  readonly #onFound = ({ target }: Event): void => {
    const page = (target as HTMLElement).closest<HTMLElement>(".page");
    this.#near.add((this.#ledTo = Number(page?.dataset["page"])));
    this.#onChange();
    // After the drawing, and before the next frame, whose first word is that the reader looks elsewhere.
    setTimeout(() => page?.scrollIntoView());
  };

  #onMove(entries: readonly IntersectionObserverEntry[]): void {
    const before = [...this.#near].join();
    for (const { target, isIntersecting, boundingClientRect } of entries) {
      const page = target as HTMLElement;
      const number = Number(page.dataset["page"]);
      if (isIntersecting) {
        if (number === this.#ledTo) this.#ledTo = null;
        this.#near.add(number);
        page.style.minBlockSize = "";
      } else if (this.#near.has(number) && number !== this.#ledTo && !page.matches(":focus-within")) {
        this.#near.delete(number);
        // Through the object model, which a content security policy allows.
        page.style.minBlockSize = `${boundingClientRect.height}px`;
      }
    }
    if ([...this.#near].join() !== before) this.#onChange();
  }
}

/** One element for all messages of a page: each that is hidden in this way costs time with every frame. */
export const inWords = ({ html }: Kit, messages: readonly ChatMessage[]): unknown =>
  html`<div hidden="until-found" .textContent=${messages.map(wordsOf).join("\n\n")}></div>`;

const wordsOf = (message: ChatMessage): string =>
  message.role === "user"
    ? message.text
    : message.blocks.map((block) => (block.kind === "text" ? block.text : "")).join("\n");

export const styles = ({ css }: Kit): CSSResult => css`
  .far {
    /* A guess, until it was drawn once. */
    min-block-size: 160rem;
  }
`;
