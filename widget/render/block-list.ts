/** Draws a growing markdown text into its element, past Lit: what is settled is no template's any more. */
import { noChange } from "lit";
import { Directive, directive, PartType } from "lit/directive.js";
import type { ElementPart, PartInfo } from "lit/directive.js";
import { MarkdownView } from "./markdown-view.ts";
import type { RenderContext } from "./render-context.ts";

class BlockListDirective extends Directive {
  #view: MarkdownView | null = null;

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new TypeError("blockList() belongs in a tag: <div ${blockList(…)}>");
  }

  override render(_text: string, _open: boolean, _context: RenderContext): unknown {
    return noChange;
  }

  override update({ element }: ElementPart, [text, open, context]: Parameters<this["render"]>): unknown {
    this.#view ??= new MarkdownView(element as HTMLElement);
    this.#view.update(text, open, context);
    return noChange;
  }
}

/** `<div ${blockList(text, open, context)}></div>`; `open` is false once the text is final. */
export const blockList = directive(BlockListDirective);
