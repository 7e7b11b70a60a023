/** What the element can do besides asking and reading, once it is loaded; and the hook that loads it. */
import type { ReactiveController } from "lit";
import type { AiStream } from "./ai-stream.ts";
import { AiStreamFeedbackEvent } from "./dom-events.ts";
import type { Labels } from "./labels.ts";
import type { Chat } from "./stream-controller.ts";
import type { Desk } from "./view/desk.ts";
import type { DeskElement } from "./view/desk-host.ts";
import { kit } from "./view/kit.ts";
import type { NearPages } from "./view/near-pages.ts";
import { Parts } from "./view/parts.ts";

/** Browsers without idle times get one after this many milliseconds. */
const IDLE_MS = 200;

export interface ExtrasOptions {
  readonly chat: Chat;
  readonly labels: () => Labels;
  readonly say: (text: string) => void;
}

export class Extras implements ReactiveController {
  readonly parts: Parts;
  desk: Desk | null = null;
  readonly #host: AiStream;
  readonly #options: ExtrasOptions;
  #isAsked = false;
  #pages: NearPages | null = null;

  constructor(host: AiStream, options: ExtrasOptions) {
    this.#host = host;
    this.#options = options;
    this.parts = new Parts(
      () => host.shadowRoot!,
      () => {
        const part = this.parts.loaded.desk;
        if (part !== undefined) this.desk ??= new part.Desk(kit, part.deskHost(this.#given(host)));
        host.requestUpdate();
      },
    );
    host.addController(this);
  }

  /** Whether a page of the conversation is near the view; of a long one the last pages are drawn first. */
  readonly isNear = (page: number): boolean => {
    if (this.#pages !== null) return this.#pages.has(page);
    const part = this.parts.need("pages");
    if (part === undefined) return false;
    const box = (): Element | null => this.#host.renderRoot.querySelector(".scroller");
    this.#pages = new part.NearPages(box, () => this.#host.requestUpdate());
    return false;
  };

  /** Nothing of it is needed for the first words. */
  hostUpdated(): void {
    this.#pages?.observe();
    if (this.#isAsked || (this.#host.mode === "answer" && this.#host.messages.length === 0)) return;
    this.#isAsked = true;
    const load = (): void => void this.parts.load("desk");
    if (typeof requestIdleCallback === "function") requestIdleCallback(load, { timeout: IDLE_MS });
    else setTimeout(load, IDLE_MS);
  }

  hostDisconnected(): void {
    this.#pages?.close();
    this.desk?.close();
  }

  #given(element: AiStream): DeskElement {
    const onJudged: DeskElement["onJudged"] = (message, value) =>
      void element.dispatchEvent(new AiStreamFeedbackEvent(message, value ?? null));
    return { ...this.#options, element, parts: this.parts, onJudged };
  }
}
