/** Reads an answer aloud, sentence by sentence: browsers stop long utterances after some seconds. */

/** A sentence without an end is cut here: browsers give longer ones up. */
const PIECE_CHARS = 220;

export class ReadAloud {
  /** The message being read; empty while it is quiet. */
  message = "";
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Begins to read; the same message again stops it. @param language of the answer, as far as it is known */
  toggle(message: string, text: string, language: string): void {
    const stops = this.message === message;
    this.stop();
    if (stops) return;
    const pieces = piecesOf(text);
    for (const [index, piece] of pieces.entries()) {
      const utterance = new SpeechSynthesisUtterance(piece);
      utterance.lang = language;
      if (index === pieces.length - 1) utterance.addEventListener("end", () => this.#set(""));
      utterance.addEventListener("error", () => this.#set(""));
      speechSynthesis.speak(utterance);
    }
    this.#set(pieces.length > 0 ? message : "");
  }

  stop(): void {
    if (this.message === "") return;
    this.#set("");
    speechSynthesis.cancel();
  }

  #set(message: string): void {
    if (message === this.message) return;
    this.message = message;
    this.#onChange();
  }
}

/** Whole sentences, the long ones at a space. */
export const piecesOf = (text: string): string[] =>
  text
    .split(/(?<=[.!?…。！？])\s+|\n+/u)
    .flatMap((sentence) => sentence.match(new RegExp(`.{1,${PIECE_CHARS}}(?=\\s|$)|\\S{${PIECE_CHARS}}`, "gu")) ?? [])
    .map((piece) => piece.trim())
    .filter(Boolean);
