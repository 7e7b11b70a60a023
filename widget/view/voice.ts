/** The reader's voice and the answer's: what speaks and listens is loaded with the first press. */
import type { DeskHost } from "./desk-host.ts";
import type { Dictation, ReadAloud } from "./speech.ts";

export const canDictate = (): boolean => "SpeechRecognition" in globalThis || "webkitSpeechRecognition" in globalThis;

export class Voice {
  readonly #host: DeskHost;
  readonly #onChange: () => void;
  #dictation: Dictation | null = null;
  #aloud: ReadAloud | null = null;

  /** @param onChange told when a button looks different */
  constructor(host: DeskHost, onChange: () => void) {
    this.#host = host;
    this.#onChange = onChange;
  }

  get isDictating(): boolean {
    return this.#dictation?.active === true;
  }

  /** The message that is being read; empty while it is quiet. */
  get reading(): string {
    return this.#aloud?.message ?? "";
  }

  close(): void {
    this.#dictation?.close();
    this.#aloud?.stop();
  }

  /** Reads a message, or stops reading it. */
  async read(id: string, article: Element): Promise<void> {
    const text = Array.from(article.querySelectorAll("[part~=text]"), readable).join("\n");
    await this.#host.parts.load("speech");
    const part = this.#host.parts.loaded.speech;
    if (part === undefined) return;
    this.#aloud ??= new part.ReadAloud(this.#onChange);
    this.#aloud.toggle(id, text, this.#host.language);
  }

  /** Begins to write what is said behind what stands in the composer; or stops. */
  async dictate(): Promise<void> {
    await this.#host.parts.load("speech");
    const part = this.#host.parts.loaded.speech;
    if (part === undefined) return;
    if (this.#dictation?.active !== true) {
      const { draft } = this.#host;
      const before = draft === "" || /\s$/.test(draft) ? draft : `${draft} `;
      this.#dictation = new part.Dictation((text) => (this.#host.draft = before + text), this.#onChange);
    }
    this.#dictation.toggle(this.#host.language);
  }
}

/** What is worth hearing: not the listings. */
function readable(text: Element): string {
  const copy = text.cloneNode(true) as Element;
  for (const silent of copy.querySelectorAll("figure, pre, button, svg")) silent.remove();
  const blocks = [...copy.querySelectorAll("p, li, h1, h2, h3, h4, h5, h6, td, th")];
  return blocks.length === 0 ? (copy.textContent ?? "") : blocks.map((block) => block.textContent).join("\n");
}
