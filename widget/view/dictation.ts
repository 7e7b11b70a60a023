/** Speech into text, by the browser's own recognition where it has one. Some send what they hear to their maker. */

/** The part of the interface that is used; it has no types yet. */
interface Recognition extends EventTarget {
  lang: string;
  continuous: boolean;
  interimResults: boolean;
  start(): void;
  stop(): void;
  abort(): void;
}

type Results = ArrayLike<ArrayLike<{ readonly transcript: string }>>;

const constructorOf = (): (new () => Recognition) | undefined => {
  const scope = globalThis as Record<string, unknown>;
  return (scope["SpeechRecognition"] ?? scope["webkitSpeechRecognition"]) as (new () => Recognition) | undefined;
};

export class Dictation {
  active = false;
  readonly #onText: (text: string) => unknown;
  readonly #onChange: () => void;
  #recognition: Recognition | null = null;

  /** @param onText given all that was heard since the start, at each change */
  constructor(onText: (text: string) => unknown, onChange: () => void) {
    this.#onText = onText;
    this.#onChange = onChange;
  }

  toggle(language: string): void {
    if (this.active) return this.#recognition?.stop();
    const Recognition = constructorOf();
    if (Recognition === undefined) return;
    const recognition = new Recognition();
    Object.assign(recognition, { lang: language, continuous: true, interimResults: true });
    recognition.addEventListener("result", (event) => {
      const { results } = event as Event & { readonly results: Results };
      this.#onText(Array.from(results, (result) => result[0]?.transcript ?? "").join(""));
    });
    // An error, a refusal by the reader among them, is followed by the end.
    recognition.addEventListener("end", () => this.#end(recognition));
    this.#recognition = recognition;
    recognition.start();
    this.active = true;
    this.#onChange();
  }

  /** Lets go of the microphone at once. */
  close(): void {
    this.#recognition?.abort();
    if (this.#recognition !== null) this.#end(this.#recognition);
  }

  #end(recognition: Recognition): void {
    if (recognition !== this.#recognition) return;
    this.#recognition = null;
    this.active = false;
    this.#onChange();
  }
}
