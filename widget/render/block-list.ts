/** Draws a growing markdown text into its element: settled blocks once, only the live ones again. */
import { noChange, nothing, render } from "lit";
import { Directive, directive, PartType } from "lit/directive.js";
import type { ElementPart, PartInfo } from "lit/directive.js";
import { blockTemplate } from "./block-template.ts";
import type { RenderLabels } from "./inline-template.ts";
import { BlockParser } from "./parse-blocks.ts";

/** Blocks stand in runs of this many: layout passes by a run that did not change, however many there are. */
const RUN_BLOCKS = 32;

/**
 * Each live block is a Lit root of its own in front of a comment. When the block settles the comment goes: the nodes
 * stay, and everything Lit remembered about them is free. So a frame costs what the live blocks cost, however long
 * the answer is, and an answer read to its end costs no memory but its nodes.
 */
class BlockListDirective extends Directive {
  readonly #parser = new BlockParser();
  readonly #ends: Comment[] = [];
  #run: HTMLElement | null = null;

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
      this.#run = null;
    }
    const blocks = [...settled, ...live];
    blocks.forEach((block, index) => {
      const end = (this.#ends[index] ??= this.#append(element));
      render(blockTemplate(block, labels), end.parentElement as HTMLElement, { renderBefore: end });
    });
    for (const end of this.#ends.splice(blocks.length)) {
      render(nothing, end.parentElement as HTMLElement, { renderBefore: end });
      end.remove();
    }
    for (const end of this.#ends.splice(0, settled.length)) end.remove();
    return noChange;
  }

  /** A place for one more block. */
  #append(element: Element): Comment {
    if (this.#run === null || this.#run.childElementCount >= RUN_BLOCKS) {
      this.#run = element.appendChild(document.createElement("div"));
    }
    return this.#run.appendChild(document.createComment(""));
  }
}

/** `<div ${blockList(text, open, labels)}></div>`; `open` is false once the text is final. */
export const blockList = directive(BlockListDirective);
