/** Speaks the language of where the element stands: the nearest `lang` around it, through shadow roots too. */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { Labels } from "./labels.ts";
import { directionOf, languageOf, LANGUAGES, wordsOf } from "./labels/languages.ts";
import type { Translation } from "./labels/translation.ts";

/** So long nothing is shown while the words of a language load; after that English is, until they are there. */
const PATIENCE_MS = 1_000;

export class Language implements ReactiveController {
  words: Labels = wordsOf();
  /** Resolves when the words are there, or took too long; null while nothing is being loaded. */
  loading: Promise<unknown> | null = null;
  readonly #host: ReactiveControllerHost & HTMLElement;
  readonly #own: () => Partial<Labels>;
  readonly #changes: MutationObserver | null;
  #wanted = "";
  #loaded: Translation | undefined;

  /** @param own the page's own words */
  constructor(host: ReactiveControllerHost & HTMLElement, own: () => Partial<Labels>) {
    this.#host = host;
    this.#own = own;
    this.#changes = typeof MutationObserver === "undefined" ? null : new MutationObserver(() => this.#read());
    host.addController(this);
  }

  /** Where the page's language differs from the one spoken: the tags of both, for screen readers. */
  get tags(): { readonly spoken: string; readonly wanted: string } | null {
    const { locale } = this.words;
    return this.#wanted === "" || languageOf(this.#wanted) === languageOf(locale)
      ? null
      : { spoken: locale, wanted: this.#wanted };
  }

  /** That of the words, where the page does not say it on the element; undefined for the page's. */
  get direction(): "ltr" | "rtl" | undefined {
    return this.#host.dir !== "" || this.tags !== null ? undefined : directionOf(this.words.locale);
  }

  hostConnected(): void {
    for (const root of [document, this.#host.getRootNode()]) {
      this.#changes?.observe(root, { subtree: true, attributeFilter: ["lang", "dir"] });
    }
    this.#read();
  }

  hostDisconnected(): void {
    this.#changes?.disconnect();
  }

  /** For changes of the page's own words. */
  refresh(): void {
    this.words = wordsOf(this.#loaded, this.#own());
  }

  #read(): void {
    const wanted = nearestLang(this.#host);
    this.#host.requestUpdate();
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    const load = LANGUAGES[languageOf(wanted)];
    if (load === undefined) return this.#speak(undefined);
    const loaded = load().then(
      ({ words }) => this.#wanted === wanted && this.#speak(words),
      // What cannot be loaded is said in English.
      () => this.#wanted === wanted && this.#speak(undefined),
    );
    this.loading = Promise.race([loaded, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
  }

  #speak(words: Translation | undefined): void {
    this.#loaded = words;
    this.loading = null;
    this.refresh();
    this.#host.requestUpdate();
  }
}

function nearestLang(from: Element): string {
  const found = from.closest("[lang]")?.getAttribute("lang");
  if (found != null) return found;
  const root = from.getRootNode();
  return root instanceof ShadowRoot ? nearestLang(root.host) : "";
}
