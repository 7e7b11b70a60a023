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

  /** The browser's search found words that are not drawn: it goes on to look in what is drawn in their place. */
  readonly #onFound = ({ target }: Event): void => {
    const { id = "" } = (target as HTMLElement).dataset;
    this.#near.add(Number((target as HTMLElement).closest<HTMLElement>(".page")?.dataset["page"]));
    this.#onChange();
    const box = this.#observed;
    // After the drawing, and before the next frame, whose first word is that the reader looks elsewhere.
    setTimeout(() => box?.querySelector(`article[data-id="${CSS.escape(id)}"]`)?.scrollIntoView({ block: "center" }));
  };

  #onMove(entries: readonly IntersectionObserverEntry[]): void {
    const before = [...this.#near].join();
    for (const { target, isIntersecting, boundingClientRect } of entries) {
      const page = target as HTMLElement;
      const number = Number(page.dataset["page"]);
      if (isIntersecting) {
        this.#near.add(number);
        page.style.minBlockSize = "";
      } else if (this.#near.has(number) && !page.matches(":focus-within")) {
        this.#near.delete(number);
        // Through the object model, which a content security policy allows.
        page.style.minBlockSize = `${boundingClientRect.height}px`;
      }
    }
    if ([...this.#near].join() !== before) this.#onChange();
  }
}

/** Only the browser's search sees it. */
export const inWords = ({ html }: Kit, messages: readonly ChatMessage[]): unknown =>
  messages.map((message) => html`<div hidden="until-found" data-id=${message.id}>${wordsOf(message)}</div>`);

const wordsOf = (message: ChatMessage): string =>
  message.role === "user"
    ? message.text
    : message.blocks.map((block) => (block.kind === "text" ? block.text : "")).join("\n");

export const styles = ({ css }: Kit): CSSResult => css`
  .far {
    /* A guess, until it was drawn once. */
    min-block-size: 160rem;
    gap: 0;
  }
`;
