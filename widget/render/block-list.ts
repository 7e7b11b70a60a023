/** Draws a growing markdown text into its element: settled blocks once, only the live ones again. */
import { noChange, nothing, render } from "lit";
import { Directive, directive, PartType } from "lit/directive.js";
import type { ElementPart, PartInfo } from "lit/directive.js";
import { blockTemplate } from "./block-template.ts";
import type { RenderLabels } from "./inline-template.ts";
import { BlockParser } from "./parse-blocks.ts";

/**
 * Each live block is a Lit root of its own in front of a comment. When the block settles the comment goes: the nodes
 * stay, and everything Lit remembered about them is free. So a frame costs what the live blocks cost, however long
 * the answer is, and an answer read to its end costs no memory but its nodes.
 */
class BlockListDirective extends Directive {
  readonly #parser = new BlockParser();
  readonly #ends: Comment[] = [];

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new TypeError("blockList() belongs in a tag: <div ${blockList(…)}>");
  }

  override render(_text: string, _open: boolean, _labels: RenderLabels): unknown {
    return noChange;
  }

  override update({ element }: ElementPart, [text, open, labels]: Parameters<this["render"]>): unknown {
    const { restarted, settled, live } = this.#parser.parse(text, open);
    if (restarted) {
      element.replaceChildren();
      this.#ends.length = 0;
    }
    const blocks = [...settled, ...live];
    blocks.forEach((block, index) => {
      const end = (this.#ends[index] ??= element.appendChild(document.createComment("")));
      render(blockTemplate(block, labels), element as HTMLElement, { renderBefore: end });
    });
    for (const end of this.#ends.splice(blocks.length)) {
      render(nothing, element as HTMLElement, { renderBefore: end });
      end.remove();
    }
    for (const end of this.#ends.splice(0, settled.length)) end.remove();
    return noChange;
  }
}

/** `<div ${blockList(text, open, labels)}></div>`; `open` is false once the text is final. */
export const blockList = directive(BlockListDirective);
