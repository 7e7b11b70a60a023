/** A listing: runs of lines that only grow, painted line by line, and what stands in its place once it is final. */
import { render } from "lit";
import type { CodePainter } from "./code-painter.ts";
import { make } from "./dom.ts";
import { typesetIn } from "./lazy-math.ts";
import { painterFor } from "./lazy-paint.ts";
import type { CodeRenderer, RenderContext } from "./render-context.ts";

export class CodeView {
  readonly node: HTMLElement;
  /** Where the runs go. */
  readonly body: HTMLElement;
  readonly #info: string;
  readonly #isMath: boolean;
  #painter: CodePainter | null = null;

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
      (painter) => {
        this.#painter = painter;
        const runs = [...this.body.children];
        if (painter !== null) runs.forEach((run, at) => this.draw(run, run.textContent, at < runs.length - 1));
      },
      () => {},
    );
  }

  /** @param isFinal false while the last line may go on */
  draw(run: Element, text: string, isFinal: boolean): void {
    if (this.#painter !== null) this.#painter.draw(run, text, isFinal);
    else if (run.firstChild instanceof Text) run.firstChild.data = text;
    else run.textContent = text;
  }

  /** The page's own drawing, or a formula, in the place of the code. */
  finish({ renderers }: RenderContext): void {
    const lang = this.#info.split(/\s/, 1)[0] as string;
    const own = renderers?.[`code:${lang.toLowerCase()}`] as CodeRenderer | undefined;
    if (!this.#isMath && own === undefined) return;
    const source = Array.from(this.body.children, (run) => run.textContent).join("\n");
    if (own === undefined) return typesetIn(this.node, source, true);
    try {
      const drawn = own(source, this.#info);
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
}
