/** Draws a growing markdown text: what is final once, only the open blocks' last ones again, at any depth. */
import type { Block } from "./block.ts";
import { likenessOf, makeView, nodeOf, setLoose } from "./block-view.ts";
import type { BlockView } from "./block-view.ts";
import { patchInline } from "./draw-inline.ts";
import type { InlineDrawing } from "./draw-inline.ts";
import { make } from "./dom.ts";
import { loadEntities } from "./entities.ts";
import { Footnotes } from "./footnotes.ts";
import { shownOf } from "./heal-tail.ts";
import { BlockParser } from "./parse-blocks.ts";
import { parseInline } from "./parse-inline.ts";
import type { InlineContext } from "./parse-inline.ts";
import { isSameContext } from "./render-context.ts";
import type { RenderContext } from "./render-context.ts";
import { cellsOf } from "./table-rows.ts";
import { ENTITIES, Waiting } from "./waiting.ts";

/** Blocks stand in runs of this many, and runs in groups: a frame passes by what did not change, however much that is. */
const RUN_BLOCKS = 32;
const GROUP_RUNS = 16;
/** A text that grows is settled in pieces of at least this many characters: no frame costs more than a few of them. */
const SETTLE_CHARS = 512;
/** A text that cannot be settled is read again only when it grew by 1/32 beyond this: the cost stays linear. */
const UNSETTLED_CHARS = 2_048;

export class MarkdownView {
  /** Characters read so far, again and again counted: the cost of parsing, for tests and benchmarks. */
  get readChars(): number {
    return this.#parser.readChars + this.#inlineChars;
  }
  #inlineChars = 0;
  #parser = new BlockParser();
  readonly #element: HTMLElement;
  #root: BlockView;
  #run: HTMLElement | null = null;
  #context: RenderContext | null = null;
  /** What is referred to may still be defined. */
  #isArriving = true;
  #footnotes: Footnotes;
  #waiting = new Waiting();

  constructor(element: HTMLElement) {
    this.#element = element;
    this.#footnotes = new Footnotes(element);
    this.#root = this.#makeRoot();
  }

  /**
   * @param text the whole text so far
   * @param open false once the text is final: nothing half-written is completed or held back any more
   */
  update(text: string, open: boolean, context: RenderContext): void {
    const isOther = this.#context !== null && !isSameContext(this.#context, context);
    if (isOther) this.#parser = new BlockParser();
    this.#context = context;
    const parsed = this.#parser.parse(text, open);
    if (parsed === "same") return;
    if (parsed === "new" || isOther) this.#restart();
    this.#sync(this.#root, this.#parser.root, true);
    this.#parser.retract();
    release(this.#root, this.#parser.root);
    for (const label of this.#parser.takeDefined()) this.#waiting.wake(label);
    if (!open) {
      this.#isArriving = false;
      this.#waiting.wakeAll();
    }
    this.#footnotes.number(open);
  }

  #makeRoot(): BlockView {
    return { ...makeView(this.#parser.root, true, EMPTY), node: this.#element, into: this.#element };
  }

  #restart(): void {
    this.#element.replaceChildren();
    this.#run = null;
    this.#isArriving = true;
    this.#footnotes = new Footnotes(this.#element);
    this.#waiting = new Waiting();
    this.#root = this.#makeRoot();
  }

  #sync(view: BlockView, block: Block, loose: boolean): void {
    if (view.isDone) return;
    if (block.kind === "list") setLoose(view, block.loose);
    const isLoose = block.kind === "item" ? loose : block.kind === "list" ? block.loose : true;
    block.children.forEach((child, at) => {
      let childView = view.children[at];
      if (childView?.likeness !== likenessOf(child)) {
        const made = makeView(child, isLoose, this.#context ?? EMPTY);
        // A footnote stands elsewhere than what it takes the place of.
        const isElsewhere = child.kind === "footnote" || childView?.likeness.startsWith("footnote") === true;
        if (childView !== undefined && !isElsewhere) nodeOf(childView).replaceWith(made.node);
        else {
          if (childView !== undefined) nodeOf(childView).remove();
          this.#place(view, made, child);
        }
        view.children[at] = childView = made;
      }
      if (LEAVES.has(child.kind) && !childView.isDone) this.#drawLeaf(childView, child, view, block);
      this.#sync(childView, child, isLoose);
    });
    for (const gone of view.children.splice(block.children.length)) {
      const { parentElement: rows } = nodeOf(gone);
      nodeOf(gone).remove();
      // What seemed to be a table's first row was none.
      if (rows?.localName === "tbody" && rows.childElementCount === 0) rows.remove();
    }
    if (block.final) this.#finish(view, block);
  }

  #place(parent: BlockView, { node }: BlockView, block: Block): void {
    if (block.kind === "footnote") this.#footnotes.place(block.info, node);
    else if (block.kind === "row") rowGroup(parent.into, block.level === 1).append(node);
    else if (parent !== this.#root) parent.into.append(node);
    else {
      if (this.#run === null || this.#run.childElementCount >= RUN_BLOCKS) {
        const group = this.#run?.parentElement;
        const isFull = group == null || group.childElementCount >= GROUP_RUNS;
        this.#run = make("div", { class: "run" });
        if (!isFull) group.append(this.#run);
        else {
          if (group != null) group.className = "full";
          this.#footnotes.addBefore(make("div", {}, this.#run));
        }
      }
      this.#run.append(node);
    }
  }

  #finish(view: BlockView, block: Block): void {
    view.isDone = true;
    view.children.length = block.children.length = 0;
    view.code?.finish(this.#context ?? EMPTY);
    // A paragraph of nothing but definitions.
    if (block.kind === "paragraph" && view.text === "") nodeOf(view).remove();
  }

  #drawLeaf(view: BlockView, block: Block, parent: BlockView, { aligns }: Block): void {
    if (block.kind === "run") {
      // Once the next run has begun this one is complete, also where that was only tried.
      if (view.text === block.text && (!view.isGrowing || !block.closed)) return;
      view.text = block.text;
      view.isGrowing = !block.closed;
      if (parent.code === null) view.node.textContent = block.text;
      else parent.code.draw(view.node, block.text, block.closed);
      return;
    }
    if (block.kind === "row") return this.#drawRow(view, block, aligns);
    const isGrowing = !block.final;
    const text = isGrowing ? shownOf(block.text) : block.text;
    if (text === view.text && isGrowing === view.isGrowing && text !== "") return;
    const grown = text.length - view.text.length;
    const unsettled = text.length - view.settledTo;
    if (isGrowing && view.isGrowing && unsettled > UNSETTLED_CHARS && grown >= 0 && grown < unsettled / 32) return;
    if (!startsAsDrawn(view, text)) reset(view);
    view.text = text;
    view.isGrowing = isGrowing;
    const node = nodeOf(view);
    node.hidden = isGrowing && text === "";
    this.#drawText(view, node, text, isGrowing);
  }

  #drawRow(view: BlockView, block: Block, aligns: Block["aligns"]): void {
    const isGrowing = !block.final;
    if (view.text === block.text && view.isGrowing === isGrowing) return;
    view.text = block.text;
    view.isGrowing = isGrowing;
    const cells = cellsOf(block.text);
    aligns.forEach((align, at) => {
      let cell = view.node.children[at] as HTMLElement | undefined;
      if (cell === undefined) {
        cell = block.level === 1 ? make("th", { scope: "col" }) : make("td");
        if (align !== "") cell.className = align;
        view.node.append(cell);
      }
      this.#drawText(null, cell, cells[at] ?? "", isGrowing && at >= cells.length - 1);
    });
  }

  /** @param view of a text that is settled in pieces; null for one that is not */
  #drawText(view: BlockView | null, node: Element, text: string, isGrowing: boolean): void {
    const context = this.#inlineContext(isGrowing);
    if (view?.settledNode === null) drawCheck(view, text);
    let from = view?.settledTo ?? 0;
    let parsed = this.#parse(text, context, from);
    if (view !== null && isGrowing && parsed.settledTo - from > SETTLE_CHARS) {
      const settled = this.#parse(text, { ...context, growing: false }, from, parsed.settledTo);
      patchInline(node, settled.nodes, view.settledNode, this.#drawing());
      view.settledNode = node.lastChild;
      view.settledTo = from = parsed.settledTo;
      settled.waitsFor.forEach((key) => this.#wait(key, view, node, text));
      parsed = this.#parse(text, context, from);
    }
    patchInline(node, parsed.nodes, view?.settledNode ?? null, this.#drawing());
    if (!isGrowing) parsed.waitsFor.forEach((key) => this.#wait(key, view, node, text));
  }

  /** Draws a final text again when what it waits for is there. */
  #wait(key: string, view: BlockView | null, node: Element, text: string): void {
    this.#waiting.add(key, node, () => {
      if (view !== null) reset(view);
      // What grows is drawn anyway, with the next token.
      if (view?.isGrowing !== true)
        this.#drawText(view, view === null ? node : nodeOf(view), view?.text ?? text, false);
    });
  }

  #parse(
    ...[text, context, from = 0, to = text.length]: Parameters<typeof parseInline>
  ): ReturnType<typeof parseInline> {
    this.#inlineChars += to - from;
    const parsed = parseInline(text, context, from, to);
    if (parsed.waitsFor.has(ENTITIES)) void loadEntities().then(() => this.#waiting.wake(ENTITIES));
    return parsed;
  }

  #inlineContext(growing: boolean): InlineContext {
    return {
      targets: this.#parser.targets,
      hasNote: (label) => this.#footnotes.has(label),
      growing,
      arriving: this.#isArriving,
    };
  }

  #drawing(): InlineDrawing {
    return { ...(this.#context ?? EMPTY), note: (label) => this.#footnotes.mark(label) };
  }
}

const EMPTY: RenderContext = { copy: "", image: "", table: "" };
const LEAVES: ReadonlySet<Block["kind"]> = new Set(["paragraph", "heading", "run", "row"]);
/** `[x] ` */
const CHECK_CHARS = 4;

/** The box of a task, in place of the brackets at the beginning of its text. */
function drawCheck(view: BlockView, text: string): void {
  const mark = /^\[([ x])\]\s/i.exec(text)?.[1];
  const item = view.node.parentElement;
  if (mark === undefined || item?.localName !== "li" || item.firstChild !== view.node) return;
  const check = make("span", { class: "check" }, mark === " " ? "☐" : "☑");
  view.node.replaceChildren(check);
  item.classList.add("task");
  view.settledNode = check;
  view.settledTo = CHECK_CHARS;
}

/** Makes a leaf be drawn from its beginning. */
function reset(view: BlockView): void {
  view.text = view.isGrowing ? "" : view.text;
  view.settledTo = 0;
  view.settledNode = null;
}

/** Of the drawn text its end is enough: a paragraph changes there, when a line turns out to be none of its own. */
function startsAsDrawn({ text, settledTo }: BlockView, now: string): boolean {
  const from = Math.max(0, settledTo - SETTLE_CHARS);
  return now.length >= settledTo && now.startsWith(text.slice(from, settledTo), from);
}

function rowGroup(table: HTMLElement, isHead: boolean): HTMLElement {
  const tag = isHead ? "thead" : "tbody";
  const last = table.lastElementChild;
  return last instanceof HTMLElement && last.localName === tag ? last : table.appendChild(make(tag));
}

/** Lets go of what is final: the last child stays, since the next one is placed after it. */
function release(view: BlockView, block: Block): void {
  let count = 0;
  while (count < block.children.length - 1 && block.children[count]?.final === true) count++;
  block.children.splice(0, count);
  view.children.splice(0, count);
  const last = block.children.at(-1);
  const lastView = view.children[block.children.length - 1];
  if (last?.final === false && lastView !== undefined) release(lastView, last);
}
