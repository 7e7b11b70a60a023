/** The element of one block, and how far it is drawn. */
import type { Block } from "./block.ts";
import { CodeView } from "./code-view.ts";
import { make } from "./dom.ts";
import type { RenderContext } from "./render-context.ts";

/**
 * What is at the beginning of a text on one side only, a border or a mark, takes its direction from it (`dir`);
 * paragraphs do so by style, since text under a `dir` of its own tells nothing about what is around it.
 */
export interface BlockView {
  /** Blocks alike in this can be drawn by the same view. */
  readonly likeness: string;
  node: HTMLElement;
  /** Where the children go. */
  readonly into: HTMLElement;
  /** The views of the block's children; those that are final are let go along with them. */
  readonly children: BlockView[];
  readonly code: CodeView | null;
  /** Of a leaf: what is drawn, and whether it was as a text that grows. */
  text: string;
  isGrowing: boolean;
  /** The part of the text that is drawn for good, and its last node. */
  settledTo: number;
  settledNode: Node | null;
  /** Of a list: as drawn. */
  loose: boolean;
  isDone: boolean;
}

export function makeView(block: Block, loose: boolean, context: RenderContext): BlockView {
  const code = block.kind === "code" ? new CodeView(block.info, block.isMath, context) : null;
  const node = code?.node ?? makeNode(block, loose, context);
  return {
    likeness: likenessOf(block),
    node,
    into: code?.body ?? (block.kind === "table" ? (node.firstChild as HTMLElement) : node),
    children: [],
    code,
    text: "",
    isGrowing: false,
    settledTo: 0,
    settledNode: null,
    loose: false,
    isDone: false,
  };
}

export const likenessOf = ({ kind, level, info, isMath, list }: Block): string =>
  kind === "list" ? `list ${list?.start ?? ""}` : kind === "code" ? `code ${isMath} ${info}` : `${kind}${level}`;

function makeNode({ kind, level, list }: Block, loose: boolean, context: RenderContext): HTMLElement {
  switch (kind) {
    case "heading":
      return make(`h${level as 1 | 2 | 3 | 4 | 5 | 6}`);
    case "quote":
      return make("blockquote", { dir: "auto" });
    case "list":
      if (list?.start == null) return make("ul", { dir: "auto" });
      return make("ol", list.start === 1 ? { dir: "auto" } : { dir: "auto", start: String(list.start) });
    case "item":
      return make("li");
    case "footnote":
      return make("li", { tabindex: "-1" });
    case "rule":
      return make("hr");
    case "html":
      return make("p", { class: "raw" });
    case "table":
      return make(
        "div",
        { part: "table", class: "table", dir: "auto", tabindex: "0", role: "group", "aria-label": context.table },
        make("table"),
      );
    case "row":
      return make("tr");
    case "run":
      return make("span");
    default:
      return loose ? make("p") : make("span", { class: "tight" });
  }
}

/** What stands in the place of an element now. */
const replaced = new WeakMap<Element, HTMLElement>();

/** The element of a view whose list may have become loose, or tight, after it was let go. */
export function nodeOf(view: BlockView): HTMLElement {
  for (let now = replaced.get(view.node); now !== undefined; now = replaced.get(now)) view.node = now;
  return view.node;
}

/** The items of a loose list hold paragraphs, those of a tight one only their words. */
export function setLoose(list: BlockView, loose: boolean): void {
  if (list.loose === loose) return;
  list.loose = loose;
  for (const item of list.node.children) {
    for (const child of item.children) {
      if (loose ? child.className !== "tight" : child.localName !== "p" || child.className !== "") continue;
      const made = loose ? make("p") : make("span", { class: "tight" });
      made.append(...child.childNodes);
      child.replaceWith(made);
      replaced.set(child, made);
    }
  }
}
