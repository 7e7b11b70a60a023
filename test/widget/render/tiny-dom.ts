/** As much of the DOM as the renderer calls, for properties that take thousands of runs; the real one is in test/browser. */

class TinyNode {
  parentNode: TinyElement | null = null;
  get parentElement(): TinyElement | null {
    return this.parentNode;
  }
  get nextSibling(): TinyNode | null {
    const siblings = this.parentNode?.childNodes ?? [];
    return siblings[siblings.lastIndexOf(this) + 1] ?? null;
  }
  get textContent(): string {
    return "";
  }
  remove(): void {
    if (this.parentNode === null) return;
    const siblings = this.parentNode.childNodes;
    siblings.splice(siblings.lastIndexOf(this), 1);
    this.parentNode = null;
  }
  replaceWith(node: TinyNode): void {
    const parent = this.parentNode;
    if (parent === null) return;
    node.remove();
    parent.childNodes[parent.childNodes.indexOf(this)] = node;
    node.parentNode = parent;
    this.parentNode = null;
  }
}

export class TinyText extends TinyNode {
  data: string;
  constructor(data: string) {
    super();
    this.data = data;
  }
  override get textContent(): string {
    return this.data;
  }
}

export class TinyElement extends TinyNode {
  readonly localName: string;
  readonly childNodes: TinyNode[] = [];
  readonly attributes = new Map<string, string>();
  hidden = false;

  constructor(localName: string) {
    super();
    this.localName = localName;
  }
  get children(): TinyElement[] {
    return this.childNodes.filter((node) => node instanceof TinyElement);
  }
  get childElementCount(): number {
    return this.children.length;
  }
  get lastElementChild(): TinyElement | null {
    return this.children.at(-1) ?? null;
  }
  get firstChild(): TinyNode | null {
    return this.childNodes[0] ?? null;
  }
  get lastChild(): TinyNode | null {
    return this.childNodes.at(-1) ?? null;
  }
  override get textContent(): string {
    return this.childNodes.map((node) => node.textContent).join("");
  }
  override set textContent(text: string) {
    this.replaceChildren(...(text === "" ? [] : [text]));
  }
  get className(): string {
    return this.getAttribute("class") ?? "";
  }
  set className(name: string) {
    this.setAttribute("class", name);
  }
  get classList(): { add: (name: string) => void } {
    return {
      add: (name) => void (this.className = [...new Set(`${this.className} ${name}`.trim().split(" "))].join(" ")),
    };
  }
  set title(text: string) {
    this.setAttribute("title", text);
  }
  getAttribute(name: string): string | null {
    return this.attributes.get(name) ?? null;
  }
  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
  }
  append(...nodes: (TinyNode | string)[]): void {
    for (const node of nodes) this.insertBefore(typeof node === "string" ? new TinyText(node) : node, null);
  }
  appendChild<T extends TinyNode>(node: T): T {
    this.append(node);
    return node;
  }
  insertBefore(node: TinyNode, before: TinyNode | null): void {
    node.remove();
    this.childNodes.splice(before === null ? this.childNodes.length : this.childNodes.indexOf(before), 0, node);
    node.parentNode = this;
  }
  replaceChildren(...nodes: (TinyNode | string)[]): void {
    for (const node of this.childNodes.splice(0)) node.parentNode = null;
    this.append(...nodes);
  }
  /** `:scope > .name` only. */
  querySelector(selector: string): TinyElement | null {
    const name = selector.replace(":scope > .", "");
    return this.children.find(({ className }) => className.split(" ").includes(name)) ?? null;
  }
  contains(node: TinyNode | null): boolean {
    for (; node !== null; node = node.parentNode) if (node === this) return true;
    return false;
  }
  addEventListener(): void {}
  scrollIntoView(): void {}
  focus(): void {}
}

/** Puts it where the renderer looks for it; only for processes that have no DOM. */
export function installTinyDom(): void {
  Object.assign(globalThis, {
    Node: TinyNode,
    Text: TinyText,
    Element: TinyElement,
    HTMLElement: TinyElement,
    document: {
      compatMode: "CSS1Compat",
      createElement: (name: string) => new TinyElement(name),
      createTextNode: (text: string) => new TinyText(text),
      // Asked for by Lit when it is loaded.
      createTreeWalker: () => ({}),
      createComment: () => new TinyText(""),
    },
  });
}

/** A place to render into. */
export const tinyRoot = (): TinyElement => new TinyElement("div");

/** Markup of what is shown, without what only styles are for. */
export function markupOf(node: TinyNode): string {
  if (node instanceof TinyText) return node.data;
  if (!(node instanceof TinyElement) || node.hidden) return "";
  const inner = node.childNodes.map(markupOf).join("");
  const { localName: tag } = node;
  if (tag === "figcaption") return "";
  if (tag === "div" || tag === "span" || tag === "figure") return inner;
  const kept = ["href", "start", "class"].map((name) =>
    node.getAttribute(name) === null ? "" : ` ${name}=${node.getAttribute(name)}`,
  );
  return `<${tag}${kept.join("")}>${inner}</${tag}>`;
}
