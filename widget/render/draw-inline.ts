/** Inline tree → DOM nodes, one for each. Values only ever become text, or an address that passed `safe-href.ts`. */
import { make } from "./dom.ts";
import type { Inline } from "./inline.ts";
import { drawFormula } from "./lazy-math.ts";
import type { RenderContext } from "./render-context.ts";
import { remoteImage, safeHref } from "./safe-href.ts";

export interface InlineDrawing extends RenderContext {
  /** The mark of a footnote. */
  readonly note: (label: string) => Node;
}

/** What a node that is no plain element was drawn from. */
const drawnFrom = new WeakMap<Node, string>();

/** Makes the children after `after` look like `nodes`; nodes that already do are left alone. */
export function patchInline(
  parent: Element,
  nodes: readonly Inline[],
  after: Node | null,
  drawing: InlineDrawing,
): void {
  let child = after === null ? parent.firstChild : after.nextSibling;
  for (const node of nodes) {
    if (child !== null && reuse(child, node, drawing)) child = child.nextSibling;
    else {
      const made = draw(node, drawing);
      const next = child?.nextSibling ?? null;
      if (child === null) parent.append(made);
      else child.replaceWith(made);
      child = next;
    }
  }
  while (child !== null) {
    const next: ChildNode | null = child.nextSibling;
    child.remove();
    child = next;
  }
}

const TAGS = { em: "em", strong: "strong", del: "del", code: "code", break: "br" } as const;

function reuse(child: Node, node: Inline, drawing: InlineDrawing): boolean {
  if (node.kind === "text") {
    if (!(child instanceof Text)) return false;
    if (child.data !== node.text) child.data = node.text;
    return true;
  }
  if (!(child instanceof Element)) return false;
  const source = drawnFrom.get(child);
  if (source !== undefined) return source === JSON.stringify(node);
  if (node.kind === "link") {
    if (child.localName !== "a" || child.getAttribute("href") !== hrefOf(node.href, drawing)) return false;
    if ((child.getAttribute("title") ?? "") !== node.title) return false;
    patchInline(child, node.children, null, drawing);
    return true;
  }
  if (!(node.kind in TAGS) || TAGS[node.kind as keyof typeof TAGS] !== child.localName) return false;
  if ("children" in node) patchInline(child, node.children, null, drawing);
  else if (node.kind === "code" && child.textContent !== node.text) child.textContent = node.text;
  return true;
}

function draw(node: Inline, drawing: InlineDrawing): ChildNode {
  switch (node.kind) {
    case "text":
      return document.createTextNode(node.text);
    case "code":
      return make("code", {}, node.text);
    case "break":
      return make("br");
    case "em":
    case "strong":
    case "del":
      return filled(make(node.kind), node.children, drawing);
    case "link":
      return filled(linkTo(node.href, node.title, drawing), node.children, drawing);
    case "image":
      return marked(image(node.href, node.alt, node.title, drawing), node);
    case "math":
      return marked(drawFormula(node.text, node.display), node);
    case "note":
      return marked(make("sup", {}, drawing.note(node.label)), node);
  }
}

function filled(element: Element, children: readonly Inline[], drawing: InlineDrawing): Element {
  patchInline(element, children, null, drawing);
  return element;
}

function marked(element: Element, node: Inline): Element {
  drawnFrom.set(element, JSON.stringify(node));
  return element;
}

const hrefOf = (href: string, { links, hrefOf: own }: RenderContext): string | null =>
  own === undefined ? safeHref(href, links) : own(href);

/** What may not be linked to keeps its words. */
function linkTo(href: string, title: string, context: RenderContext): HTMLElement {
  const safe = hrefOf(href, context);
  if (safe === null) return make("span");
  const rel = "noopener noreferrer nofollow";
  const link = make("a", { part: "link", href: safe, target: "_blank", rel });
  if (title !== "") link.title = title;
  return link;
}

/** Loading a remote image would tell its server what was said here: without leave it is a link, or a button to load it. */
function image(src: string, alt: string, title: string, drawing: RenderContext): HTMLElement {
  const box = make("span", { part: "image", class: "image" });
  const remote = remoteImage(src, drawing.images ?? "");
  const words = `${drawing.image}: ${alt === "" ? src : alt}`;
  const show = (): void => {
    if (remote === null) return;
    const picture = make("img", {
      part: "picture",
      alt,
      referrerpolicy: "no-referrer",
      loading: "lazy",
      src: remote.src,
    });
    if (title !== "") picture.title = title;
    box.classList.add("loaded");
    box.replaceChildren(picture);
  };
  if (remote === null) box.append(words);
  else if (remote.how === "load") show();
  else {
    const host = make("small", {}, ` ${remote.host}`);
    const asks = remote.how === "ask";
    const what = asks ? make("button", { type: "button", part: "load-image" }, words) : linkTo(src, title, drawing);
    if (!asks) what.append(words);
    if (asks) what.addEventListener("click", show, { once: true });
    box.append(what, host);
  }
  return box;
}
