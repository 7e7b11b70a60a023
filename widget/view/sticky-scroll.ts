/** Keeps the end of the conversation in view until the reader looks elsewhere, and again once they come back. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

/** Closer to the end than this counts as being there: browsers round, and momentum scrolling stops short. */
const NEAR_PX = 32;

export class StickyScroll implements ReactiveController {
  /** True while new text moves the view. */
  following = true;
  readonly #host: ReactiveControllerHost;
  readonly #box: () => HTMLElement | null;
  #lastTop = 0;

  constructor(host: ReactiveControllerHost, box: () => HTMLElement | null) {
    this.#host = host;
    this.#box = box;
    host.addController(this);
  }

  hostUpdated(): void {
    if (this.following) this.#toEnd();
  }

  /** For the box's `scroll` event: scrolling up lets go, reaching the end takes hold again. */
  readonly onScroll = (event: Event): void => {
    const { scrollTop, scrollHeight, clientHeight } = event.currentTarget as HTMLElement;
    const atEnd = scrollHeight - clientHeight - scrollTop <= NEAR_PX;
    const following = atEnd || (this.following && scrollTop >= this.#lastTop);
    this.#lastTop = scrollTop;
    if (following === this.following) return;
    this.following = following;
    this.#host.requestUpdate();
  };

  jump(): void {
    if (this.following) return;
    this.following = true;
    this.#host.requestUpdate();
  }

  #toEnd(): void {
    const box = this.#box();
    if (box === null) return;
    box.scrollTop = box.scrollHeight;
    this.#lastTop = box.scrollTop;
  }
}
