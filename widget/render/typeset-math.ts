/** KaTeX in a chunk of its own. MathML only: no fonts, no style sheet, no style attributes, no markup strings. */
import katex from "katex";
import type { KatexOptions } from "katex";

/** Formulas of models are short; a macro that multiplies itself ends here. */
const MAX_EXPANSIONS = 500;
/** In em; nothing is drawn larger. */
const MAX_SIZE = 20;

/** KaTeX's own tree, before it becomes nodes; its types leave it out. */
interface MathTree {
  readonly attributes?: Record<string, string>;
  readonly children?: readonly MathTree[];
  toNode(): Node;
}

/** @throws when the formula has a mistake */
export function typesetMath(source: string, display: boolean): Element {
  const { __renderToDomTree: toTree } = katex as unknown as {
    __renderToDomTree: (source: string, options: KatexOptions) => MathTree;
  };
  const tree = toTree(source, {
    output: "mathml",
    displayMode: display,
    throwOnError: true,
    strict: "ignore",
    trust: false,
    maxExpand: MAX_EXPANSIONS,
    maxSize: MAX_SIZE,
  });
  dropStyles(tree);
  const node = tree.toNode() as Element;
  return node.querySelector("math") ?? node;
}

/** A locked page forbids style attributes, and none is needed for a formula to be read. */
function dropStyles(tree: MathTree): void {
  delete tree.attributes?.["style"];
  tree.children?.forEach(dropStyles);
}
