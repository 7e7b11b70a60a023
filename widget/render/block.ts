/** The tree of blocks. What is final is drawn once and let go: only what may still change is kept. */

export type BlockKind =
  | "root"
  | "quote"
  | "list"
  | "item"
  | "footnote"
  | "paragraph"
  | "heading"
  | "rule"
  | "code"
  | "html"
  | "run"
  | "table"
  | "row";

export interface ListMark {
  /** What two items of one list have in common: the bullet, or what stands after the number. */
  readonly mark: string;
  /** The first number; null for bullets. */
  readonly start: number | null;
  /** Columns before the mark, and from the mark to its text. */
  readonly offset: number;
  readonly padding: number;
}

export interface Fence {
  /** Ends the code when a line matches; null: code by indentation. */
  readonly closing: RegExp | null;
  /** Columns taken from the beginning of each line. */
  readonly indent: number;
}

export type Align = "" | "left" | "center" | "right";

/** All fields are there in all kinds, so that a block can be put back as it was. */
export interface Block {
  readonly kind: BlockKind;
  readonly children: Block[];
  /** Leaves only. */
  text: string;
  startLine: number;
  endLine: number;
  closed: boolean;
  /** Closed for good: not on trial. */
  final: boolean;
  /** Of a heading, 1–6; 1 for the head of a table. */
  readonly level: number;
  /** After the fence, `math` for formulas; the label of a footnote. */
  readonly info: string;
  readonly isMath: boolean;
  readonly fence: Fence | null;
  readonly list: ListMark | null;
  /** A list with blank lines between its items or their blocks. */
  loose: boolean;
  readonly aligns: readonly Align[];
  /** Of raw HTML; null: it ends with a blank line. */
  readonly htmlEnd: RegExp | null;
  /** Lines of a run so far. */
  lines: number;
  /** Blank lines held back at the end of code by indentation. */
  blanks: string;
}

const EMPTY = {
  text: "",
  closed: false,
  final: false,
  level: 0,
  info: "",
  isMath: false,
  fence: null,
  list: null,
  loose: false,
  aligns: [],
  htmlEnd: null,
  lines: 0,
  blanks: "",
} as const;

export const makeBlock = (kind: BlockKind, line: number, fields: Partial<Block> = {}): Block => ({
  ...EMPTY,
  kind,
  children: [],
  startLine: line,
  endLine: line,
  ...fields,
});

/** What may stand inside what; everything else is a leaf. */
export const mayContain = (parent: BlockKind, child: BlockKind): boolean =>
  (PARENTS[child] ?? CONTAINERS).includes(parent);

const CONTAINERS: readonly BlockKind[] = ["root", "quote", "item", "footnote"];
const PARENTS: Readonly<Partial<Record<BlockKind, readonly BlockKind[]>>> = {
  item: ["list"],
  run: ["code", "html"],
  row: ["table"],
};
