/** Keeps the end of the conversation in view until the reader looks elsewhere, and again once they come back. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

/** Closer to the end than this counts as being there: browsers round, and momentum scrolling stops short. */
const NEAR_PX = 32;

export class StickyScroll implements ReactiveController {
  /** True while new text moves the view. */
  following = true;
  readonly #host: ReactiveControllerHost;
  readonly #box: () => HTMLElement | null;
  /** Told of new heights after layout and before paint: following costs no layout of its own. */
  #sizes: ResizeObserver | null = null;
  /** Another mode draws another box. */
  #observed: HTMLElement | null = null;
  /** How far the box could be scrolled when that was last looked at. */
  #room = 0;
  #lastTop = 0;
  /** The next scroll is ours: what is sent makes the text shorter, then longer, and that is no reader looking back. */
  #isJump = false;

  /** @param box the scrolling element, once it is drawn; its first child holds what grows */
  constructor(host: ReactiveControllerHost, box: () => HTMLElement | null) {
    this.#host = host;
    this.#box = box;
    host.addController(this);
  }

  hostUpdated(): void {
    const box = this.#box();
    if (box === this.#observed) return;
    this.hostDisconnected();
    this.#observed = box;
    this.#sizes = new ResizeObserver(() => this.#onSize());
    this.#observe();
  }

  hostConnected(): void {
    this.#host.requestUpdate();
  }

  hostDisconnected(): void {
    this.#sizes?.disconnect();
    this.#sizes = this.#observed = null;
    this.#room = 0;
  }

  /** For the box's `scroll` event: scrolling up lets go, reaching the end takes hold again. */
  readonly onScroll = (event: Event): void => {
    const { scrollTop, scrollHeight, clientHeight } = event.currentTarget as HTMLElement;
    const atEnd = scrollHeight - clientHeight - scrollTop <= NEAR_PX;
    const following = atEnd || (this.following && (scrollTop >= this.#lastTop || this.#isJump));
    this.#isJump = false;
    this.#lastTop = scrollTop;
    this.#follow(following);
  };

  jump(): void {
    this.#isJump = true;
    this.#toEnd();
    this.#follow(true);
  }

  #follow(following: boolean): void {
    if (following === this.following) return;
    this.following = following;
    if (following) this.#observe();
    else this.#sizes?.disconnect();
    this.#host.requestUpdate();
  }

  #observe(): void {
    const box = this.#observed;
    if (box === null || !this.following) return;
    this.#sizes?.observe(box);
    if (box.firstElementChild !== null) this.#sizes?.observe(box.firstElementChild);
  }

  /**
   * Text that comes into view is laid out only now, and so may change the very size that is being told, which browsers
   * report to the page as an error: nobody listens again before the next frame, and never while nothing is followed.
   */
  #onSize(): void {
    const { scrollHeight = 0, clientHeight = 0 } = this.#observed ?? {};
    const room = scrollHeight - clientHeight;
    if (room === this.#room) return;
    this.#room = room;
    this.#toEnd();
    this.#sizes?.disconnect();
    requestAnimationFrame(() => this.#observe());
  }

  #toEnd(): void {
    const box = this.#box();
    if (box === null) return;
    box.scrollTop = box.scrollHeight;
    this.#lastTop = box.scrollTop;
  }
}
