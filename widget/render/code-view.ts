/** A listing: runs of lines that only grow, painted line by line, and what stands in its place once it is final. */
import { render } from "lit";
import { make } from "./dom.ts";
import { typesetIn } from "./lazy-math.ts";
import { painterFor } from "./lazy-paint.ts";
import type { PaintLine, PaintState } from "./paint-code.ts";
import type { CodeRenderer, RenderContext } from "./render-context.ts";

export class CodeView {
  readonly node: HTMLElement;
  /** Where the runs go. */
  readonly body: HTMLElement;
  readonly #info: string;
  readonly #isMath: boolean;
  #paint: PaintLine | null = null;
  /** After the last complete line. */
  #state: PaintState = null;
  /** The run being painted: how much of its text is, for good, and where that ends. */
  #run: Element | null = null;
  #painted = 0;
  #last: Node | null = null;

  constructor(info: string, isMath: boolean, context: RenderContext) {
    this.#info = info;
    this.#isMath = isMath;
    this.body = make("code");
    const pre = make("pre", { tabindex: "0" }, this.body);
    if (isMath) {
      this.node = make("div", { part: "math", class: "formula" }, pre);
      return;
    }
    const lang = info.split(/\s/, 1)[0] as string;
    const copy = make("button", { type: "button", part: "copy-code", "data-do": "code" }, context.copy);
    const caption = make("figcaption", {}, make("span", {}, lang), copy);
    this.node = make("figure", { part: "code", class: "code" }, caption, pre);
    painterFor(lang).then(
      (paint) => this.#repaint(paint),
      () => {},
    );
  }

  /** @param isFinal false while the last line may go on */
  draw(run: Element, text: string, isFinal: boolean): void {
    if (this.#paint === null) {
      if (run.firstChild instanceof Text) run.firstChild.data = text;
      else run.textContent = text;
      return;
    }
    if (this.#run !== run) {
      this.#run = run;
      this.#painted = 0;
      this.#last = null;
      run.replaceChildren();
    }
    // The unfinished line is painted anew.
    while (run.lastChild !== this.#last) run.lastChild?.remove();
    const to = isFinal ? text.length : Math.max(this.#painted, text.lastIndexOf("\n") + 1);
    for (const line of text.slice(this.#painted, to).split(/(?<=\n)/)) this.#state = this.#line(run, line, this.#state);
    this.#painted = to;
    this.#last = run.lastChild;
    this.#line(run, text.slice(to), this.#state);
  }

  /** The page's own drawing, or a formula, in the place of the code. */
  finish({ renderers }: RenderContext): void {
    const lang = this.#info.split(/\s/, 1)[0] as string;
    const own = renderers?.[`code:${lang.toLowerCase()}`] as CodeRenderer | undefined;
    if (!this.#isMath && own === undefined) return;
    const source = Array.from(this.body.children, (run) => run.textContent).join("\n");
    if (this.#isMath) return typesetIn(this.node, source, true);
    try {
      const drawn = own?.(source, this.#info);
      const box = make("div", { part: "rendered", class: "rendered" });
      if (drawn instanceof Node) box.append(drawn);
      else render(drawn, box);
      // Hidden, not gone: it is what the copy button copies.
      (this.body.parentElement as HTMLElement).hidden = true;
      this.node.append(box);
    } catch {
      // The page's renderer failed: the reader sees the code.
    }
  }

  #line(run: Element, text: string, state: PaintState): PaintState {
    const painted = (this.#paint as PaintLine)(text, state);
    for (const { text: piece, kind } of painted.pieces)
      run.append(kind === "" ? piece : make("span", { class: kind }, piece));
    return painted.state;
  }

  /** What was there before the painter came. */
  #repaint(paint: PaintLine | null): void {
    if (paint === null) return;
    this.#paint = paint;
    const runs = [...this.body.children];
    runs.forEach((run, at) => this.draw(run, run.textContent, at < runs.length - 1));
  }
}
