/** A cursor on one line of markdown that counts in columns: a tab reaches to the next multiple of four. */

const TAB_COLUMNS = 4;

export class Line {
  readonly text: string;
  offset = 0;
  column = 0;
  /** Where the first character after the white space is; the line's length when there is none. */
  next = 0;
  /** Columns of white space before it. */
  indent = 0;
  #nextColumn = 0;
  /** True while only some of a tab's columns were taken. */
  #insideTab = false;

  constructor(text: string) {
    this.text = text;
    this.look();
  }

  get isBlank(): boolean {
    return this.next >= this.text.length;
  }

  /** Far enough in to be code. */
  get isIndented(): boolean {
    return this.indent >= TAB_COLUMNS;
  }

  /** What follows the white space. */
  get rest(): string {
    return this.text.slice(this.next);
  }

  /** What follows the cursor; the columns left of a tab are spaces. */
  get remainder(): string {
    if (!this.#insideTab) return this.text.slice(this.offset);
    return " ".repeat(TAB_COLUMNS - (this.column % TAB_COLUMNS)) + this.text.slice(this.offset + 1);
  }

  get isAtSpace(): boolean {
    const char = this.text[this.offset];
    return char === " " || char === "\t";
  }

  /** Finds the next character that is not white space. */
  look(): void {
    let at = this.offset;
    let column = this.column;
    for (; ; at++) {
      const char = this.text[at];
      if (char === " ") column++;
      else if (char === "\t") column += TAB_COLUMNS - (column % TAB_COLUMNS);
      else break;
    }
    this.next = at;
    this.#nextColumn = column;
    this.indent = column - this.column;
  }

  /** Goes to the character that `look` found. */
  skipSpace(): void {
    this.offset = this.next;
    this.column = this.#nextColumn;
    this.#insideTab = false;
    this.indent = 0;
  }

  skipChars(count: number): void {
    this.offset += count;
    this.column += count;
    this.#insideTab = false;
    this.look();
  }

  /** White space only; stops at the end of the line. */
  skipColumns(count: number): void {
    while (count > 0 && this.offset < this.text.length) {
      const width = this.text[this.offset] === "\t" ? TAB_COLUMNS - (this.column % TAB_COLUMNS) : 1;
      this.#insideTab = width > count;
      this.column += Math.min(width, count);
      if (width <= count) this.offset++;
      count -= width;
    }
    this.look();
  }
}
