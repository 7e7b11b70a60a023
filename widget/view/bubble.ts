/**
 * `bubble` mode: a launcher in the corner that opens the conversation, beside the page on a wide screen and in place of
 * it, as a modal sheet, on a small one. Loaded when first needed; what it shares with the first load it is given.
 */
import type { css, html, LitElement, nothing } from "lit";
import type { ChatMessage } from "../chat.ts";
import type { Labels } from "../labels.ts";
import { bubbleStyles } from "./bubble.styles.ts";
import { tabStops } from "./tab-stops.ts";

export interface Kit {
  readonly css: typeof css;
  readonly html: typeof html;
  readonly nothing: typeof nothing;
}

/** A screen on which a panel beside the page would leave room for neither. */
const SMALL = "(max-width: 34rem), (max-height: 26rem)";

export class Bubble {
  readonly #host: LitElement & { open: boolean };
  readonly #kit: Kit;
  readonly #small = matchMedia(SMALL);
  /** The answer that was seen growing; its end is news. */
  #growing = "";
  #unread = false;
  /** Who had the focus when it opened, while it is open. */
  #opener: Element | null = null;
  #byLauncher = false;

  constructor(host: LitElement & { open: boolean }, kit: Kit) {
    this.#host = host;
    this.#kit = kit;
    host.shadowRoot!.adoptedStyleSheets.push(bubbleStyles(kit).styleSheet!);
    host.addController(this);
  }

  hostConnected(): void {
    this.#small.addEventListener("change", this.#sync);
    visualViewport?.addEventListener("resize", this.#fit);
    visualViewport?.addEventListener("scroll", this.#fit);
  }

  hostDisconnected(): void {
    this.#small.removeEventListener("change", this.#sync);
    visualViewport?.removeEventListener("resize", this.#fit);
    visualViewport?.removeEventListener("scroll", this.#fit);
  }

  hostUpdated(): void {
    this.#sync();
  }

  /** Takes the latest message, at every update: an answer that ends, or waits for a yes, while nobody looks is news. */
  follow(message: ChatMessage | undefined): void {
    if (this.#host.open) this.#unread = false;
    if (message?.role !== "assistant") return;
    const asks = message.blocks.some((block) => block.kind === "tool" && block.state === "awaiting");
    const ended = message.status !== "running" && message.id === this.#growing;
    this.#growing = message.status === "running" ? message.id : "";
    if (!this.#host.open && (ended || (asks && this.#growing !== ""))) this.#unread = true;
  }

  /** @param content the conversation */
  draw(content: unknown, labels: Labels, direction: string | undefined): unknown {
    const { html, nothing } = this.#kit;
    const { open } = this.#host;
    const name = this.#unread ? `${labels.openChat}, ${labels.unread}` : labels.openChat;
    return html`<dialog
        part="panel"
        class="panel"
        dir=${direction ?? nothing}
        aria-labelledby="title"
        @keydown=${this.#onKey}
        @close=${this.#onClose}
      >
        <div part="head" class="head">
          <span id="title" part="title" tabindex="-1"><slot name="title">${labels.conversation}</slot></span>
          <button type="button" part="close" aria-label=${labels.close} title=${labels.close} @click=${this.#close}>
            ${this.#drawing(CROSS)}
          </button>
        </div>
        ${content}
      </dialog>
      <button
        type="button"
        part="launcher"
        class="launcher"
        aria-haspopup="dialog"
        aria-expanded=${open}
        aria-label=${open ? labels.close : name}
        title=${open ? labels.close : name}
        @click=${this.#toggle}
        @keydown=${this.#onKey}
      >
        <slot name="launcher">${this.#drawing(open ? DOWN : SPEECH)}</slot>
        ${this.#unread ? html`<span part="unread" class="unread"></span>` : nothing}
      </button>
      <div class="spoken" aria-live="polite"></div>`;
  }

  #drawing(path: string): unknown {
    return this.#kit.html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d=${path} /></svg>`;
  }

  get #panel(): HTMLDialogElement | null {
    return this.#host.renderRoot.querySelector("dialog");
  }

  get #launcher(): HTMLElement | null {
    return this.#host.renderRoot.querySelector(".launcher");
  }

  /** Makes the panel what `open` and the screen say. */
  readonly #sync = (): void => {
    const panel = this.#panel;
    if (panel === null) return;
    const { open } = this.#host;
    const modal = open && this.#small.matches;
    if (panel.open && !open) this.#hide(panel);
    else if (panel.open && panel.matches(":modal") !== modal) panel.close();
    if (open && !panel.open) this.#show(panel, modal);
    this.#fit();
  };

  #show(panel: HTMLDialogElement, modal: boolean): void {
    const { activeElement } = document;
    if (activeElement !== this.#host) this.#opener = activeElement;
    // `show()` would take the focus from whatever the page's visitor is doing.
    if (modal) {
      panel.showModal();
      // Where reading begins; the browser would take the cross.
      panel.querySelector<HTMLElement>("#title")?.focus();
    } else panel.open = true;
    // On a small screen the field would bring up the keyboard before anything was read.
    if (this.#byLauncher && !modal) this.#host.focus();
    this.#byLauncher = false;
  }

  /** The focus goes back to where it came from, if it is still inside. */
  #hide(panel: HTMLDialogElement): void {
    const inside = panel.contains(this.#host.shadowRoot?.activeElement ?? null);
    const opener = this.#opener;
    this.#opener = null;
    panel.close();
    if (!inside) return;
    if (opener instanceof HTMLElement && opener !== document.body && opener.isConnected) opener.focus();
    else this.#launcher?.focus();
  }

  readonly #toggle = (): void => {
    this.#byLauncher = !this.#host.open;
    this.#host.open = !this.#host.open;
  };

  readonly #close = (): void => {
    this.#host.open = false;
  };

  /** The browser's own ways to close a modal sheet: Escape, a phone's back gesture. */
  readonly #onClose = (): void => {
    if (this.#panel?.open === false && this.#host.open) this.#close();
  };

  /** Escape closes; Tab goes round while the panel is open. A modal sheet does both by itself. */
  readonly #onKey = (event: KeyboardEvent): void => {
    const panel = this.#panel;
    if (event.defaultPrevented || event.isComposing || panel?.open !== true || panel.matches(":modal")) return;
    if (event.key === "Escape") this.#close();
    if (event.key !== "Tab") return;
    const stops = [...tabStops(panel), ...(this.#launcher === null ? [] : [this.#launcher])];
    const from = event.shiftKey ? stops[0] : stops.at(-1);
    if (!event.composedPath().includes(from!)) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
  };

  /** The on-screen keyboard of a phone covers the page instead of shrinking it. */
  readonly #fit = (): void => {
    const panel = this.#panel;
    if (panel === null || visualViewport === null) return;
    const { height, offsetTop, scale } = visualViewport;
    // Somebody who has zoomed in looks at a part of the sheet, which stays as it is.
    const covered = panel.matches(":modal") && scale === 1;
    panel.style.setProperty("--_left", covered ? `${height}px` : null);
    panel.style.setProperty("--_top", covered ? `${offsetTop}px` : null);
  };
}

const SPEECH =
  "M12 4c-4.7 0-8.5 3.2-8.5 7.2 0 2.2 1.2 4.2 3 5.5L6 20.5l4-2.2c.6.1 1.3.2 2 .2 4.7 0 8.5-3.2 8.5-7.3S16.7 4 12 4z";
const DOWN = "M6 9.5l6 6 6-6";
const CROSS = "M6.5 6.5l11 11M17.5 6.5l-11 11";
