/** Paints a listing that only grows: what is painted stays, only its unfinished last line is painted anew. */
import { painterOf } from "./paint-code.ts";
import type { PaintLine, PaintState } from "./paint-code.ts";

export class CodePainter {
  readonly #paint: PaintLine;
  /** After the last complete line. */
  #state: PaintState = null;
  /** The run being painted: how much of its text is, for good, and where that ends. */
  #run: Element | null = null;
  #painted = 0;
  #last: Node | null = null;

  constructor(paint: PaintLine) {
    this.#paint = paint;
  }

  /** Runs come in their order. @param isFinal false while the last line may go on */
  draw(run: Element, text: string, isFinal: boolean): void {
    if (this.#run !== run) {
      this.#run = run;
      this.#painted = 0;
      this.#last = null;
      run.replaceChildren();
    }
    while (run.lastChild !== this.#last) run.lastChild?.remove();
    const to = isFinal ? text.length : Math.max(this.#painted, text.lastIndexOf("\n") + 1);
    for (const line of text.slice(this.#painted, to).split(/(?<=\n)/)) this.#state = this.#line(run, line);
    this.#painted = to;
    this.#last = run.lastChild;
    this.#line(run, text.slice(to));
  }

  #line(run: Element, text: string): PaintState {
    const { pieces, state } = this.#paint(text, this.#state);
    for (const { text: piece, kind } of pieces) {
      const painted = document.createElement("span");
      painted.setAttribute("class", kind);
      painted.append(piece);
      run.append(kind === "" ? piece : painted);
    }
    return state;
  }
}

/** @param lang in lower case; null when nobody knows it */
export function codePainter(lang: string): CodePainter | null {
  const paint = painterOf(lang);
  return paint && new CodePainter(paint);
}
