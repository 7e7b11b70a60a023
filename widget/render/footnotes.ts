/** Footnotes: marks in the text, and their notes at its end in the order in which they are referred to. */
import { make } from "./dom.ts";

/** Marks and notes beyond these are plain text. */
const MAX_NOTES = 999;

interface Note {
  item: HTMLElement | null;
  readonly marks: HTMLButtonElement[];
}

export class Footnotes {
  readonly #element: HTMLElement;
  /** In the order of their first marks, then those nobody refers to. */
  readonly #notes = new Map<string, Note>();
  #section: HTMLElement | null = null;
  #list: HTMLElement | null = null;
  #isDirty = false;

  constructor(element: HTMLElement) {
    this.#element = element;
  }

  has(label: string): boolean {
    return this.#notes.get(keyOf(label))?.item != null;
  }

  /** A button that leads to the note. */
  mark(label: string): Node {
    const key = keyOf(label);
    let note = this.#notes.get(key);
    if (note === undefined || note.marks.length === 0) {
      if (this.#notes.size >= MAX_NOTES) return document.createTextNode(`[^${label}]`);
      this.#notes.delete(key);
      this.#notes.set(key, (note ??= { item: null, marks: [] }));
    }
    const button = make("button", { type: "button", part: "footnote", class: "footnote" });
    button.addEventListener("click", () => reveal(note.item));
    note.marks.push(button);
    this.#isDirty = true;
    return button;
  }

  /** The first note of a name counts; another is not shown. */
  place(label: string, item: HTMLElement): void {
    const key = keyOf(label);
    const note = this.#notes.get(key) ?? { item: null, marks: [] };
    if (note.item?.parentNode != null || this.#notes.size >= MAX_NOTES) return;
    this.#notes.set(key, note);
    note.item = item;
    if (this.#section === null || this.#section.parentNode === null) {
      this.#list = make("ol");
      this.#section = make("section", { part: "footnotes", class: "footnotes", role: "doc-endnotes" }, this.#list);
      this.#element.append(this.#section);
    }
    this.#list?.append(item);
    this.#isDirty = true;
  }

  /** Adds to the text what belongs before the notes. */
  addBefore(node: Node): void {
    this.#element.insertBefore(node, this.#section?.parentNode == null ? null : this.#section);
  }

  /** Numbers marks and notes. @param open while definitions may still come: marks without one count too */
  number(open: boolean): void {
    if (!this.#isDirty && open) return;
    this.#isDirty = false;
    let number = 0;
    for (const { item, marks } of this.#notes.values()) {
      const shown = marks.filter((mark) => this.#element.contains(mark));
      if (item !== null) item.hidden = shown.length === 0;
      if (shown.length === 0 || (item === null && !open)) continue;
      number++;
      for (const mark of shown) mark.textContent = String(number);
      if (item === null) continue;
      this.#list?.append(item);
      if (!open) addBacklink(item, shown[0] as HTMLElement, number);
    }
    if (this.#section !== null) this.#section.hidden = number === 0;
  }
}

const keyOf = (label: string): string => label.toLowerCase();

function addBacklink(item: HTMLElement, mark: HTMLElement, number: number): void {
  const button = make("button", { type: "button", class: "footnote" }, `↩ ${number}`);
  button.addEventListener("click", () => reveal(mark));
  (item.lastElementChild?.localName === "p" ? item.lastElementChild : item).append(" ", button);
}

function reveal(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: "nearest" });
  element?.focus({ preventScroll: true });
}
