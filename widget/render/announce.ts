/** What a screen reader hears of a growing answer: whole sentences, once each, without code and markup. */

const SENTENCE_END = /[.!?…:]["'”’)\]*_]*\s|\n/g;
/** Shorter pieces wait for the next sentence: a reader interrupted every few words hears nothing. */
const MIN_CHARS = 40;

export class Announcer {
  #said = 0;
  #inCode = false;

  /** The sentences that became complete since the last call; empty while there are none. */
  next(text: string, open: boolean): string {
    const fresh = text.slice(this.#said);
    const end = open ? lastSentenceEnd(fresh) : fresh.length;
    if (open && end < MIN_CHARS) return "";
    this.#said += end;
    return this.#speakable(fresh.slice(0, end));
  }

  #speakable(text: string): string {
    const lines = text.split("\n").filter((line) => {
      const fence = /^\s*(?:```|~~~)/.test(line);
      if (fence) this.#inCode = !this.#inCode;
      return !fence && !this.#inCode && /[^\s|:-]/.test(line);
    });
    return lines.map(withoutMarkup).join(" ").trim();
  }
}

function lastSentenceEnd(text: string): number {
  let end = 0;
  for (const match of text.matchAll(SENTENCE_END)) end = match.index + match[0].length;
  return end;
}

const withoutMarkup = (line: string): string =>
  line
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^\s*(?:#{1,6}|>|[-*+])\s+/, "")
    .replace(/[*_`~|]+/g, " ")
    .replace(/\s+/g, " ");
