/** A cursor on one line of markdown that counts in columns: a tab reaches to the next multiple of four. */

const TAB_COLUMNS = 4;

export class Line {
  /** A tab the cursor went into is the spaces it stands for: before the cursor a character is a column. */
  text: string;
  at = 0;
  /** Where the first character after the white space is; the line's length when there is none. */
  next = 0;
  /** Columns of white space before it. */
  indent = 0;

  constructor(text: string) {
    this.text = text;
    this.skip(0);
  }

  get isBlank(): boolean {
    return this.next >= this.text.length;
  }

  /** What follows the white space. */
  get rest(): string {
    return this.text.slice(this.next);
  }

  /** What follows the cursor. */
  get remainder(): string {
    return this.text.slice(this.at);
  }

  /** Goes on by so many columns, at most to the end of the line. */
  skip(columns: number): void {
    for (; columns > 0 && this.at < this.text.length; columns--, this.at++) {
      if (this.text[this.at] !== "\t") continue;
      this.text = this.text.slice(0, this.at) + " ".repeat(widthAt(this.at)) + this.text.slice(this.at + 1);
    }
    let column = this.at;
    let next = this.at;
    for (; this.text[next] === " " || this.text[next] === "\t"; next++)
      column += this.text[next] === "\t" ? widthAt(column) : 1;
    this.next = next;
    this.indent = column - this.at;
  }

  /** All at once: it may be long. */
  skipSpace(): void {
    this.text = this.text.slice(0, this.at) + " ".repeat(this.indent) + this.text.slice(this.next);
    this.skip(this.indent);
  }
}

const widthAt = (column: number): number => TAB_COLUMNS - (column % TAB_COLUMNS);
