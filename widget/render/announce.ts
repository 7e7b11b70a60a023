/** What a screen reader hears of a growing text: whole sentences, once each, without markup. */

/** Where a sentence ends: in Latin scripts before a space, unless that is only the number of a list's point. */
const SENTENCE_END = /(?<!^[ \t]*\d{1,9})[.!?…:؟۔।]["'”’»)\]*_]*\s|[。！？]["'”’」』）*_]*|\n/gm;
/** Shorter pieces wait for the next sentence: a reader interrupted every few words hears nothing. */
const MIN_CHARS = 40;
/** A sign of these says what a word does. */
const DENSE = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/;
const DENSE_MIN_CHARS = 12;

export class Announcer {
  #said = 0;
  #inCode = false;
  readonly #code: string | null;

  /** @param code said before each listing, which is then read out; null to leave listings out */
  constructor(code: string | null = null) {
    this.#code = code;
  }

  /** The sentences that became complete since the last call; empty while there are none. */
  next(text: string, open: boolean): string {
    const fresh = text.slice(this.#said);
    const end = open ? lastSentenceEnd(fresh) : fresh.length;
    if (open && end < (DENSE.test(fresh) ? DENSE_MIN_CHARS : MIN_CHARS)) return "";
    this.#said += end;
    return this.#speakable(fresh.slice(0, end));
  }

  #speakable(text: string): string {
    const said: string[] = [];
    for (const line of text.split("\n")) {
      if (/^\s*(?:```|~~~)/.test(line)) {
        this.#inCode = !this.#inCode;
        if (this.#inCode && this.#code !== null) said.push(`${this.#code}:`);
      } else if (this.#inCode) {
        if (this.#code !== null) said.push(line.trim());
      } else if (/[^\s|:-]/.test(line)) {
        said.push(withoutMarkup(line));
      }
    }
    return said.join(" ").replace(/\s+/g, " ").trim();
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
    .replace(/\[\^[^\]]*\]:?/g, "")
    // Nobody wants to hear an address letter by letter: whose it is says enough.
    .replace(/<?https?:\/\/(?:www\.)?([^\s/?#>)]+)[^\s>)]*>?/g, "$1")
    .replace(/^\s*(?:#{1,6}|>|[-*+](?: \[[ xX]\])?)\s+/, "")
    .replace(/\s*\|\s*/g, (bar, at: number) => (at === 0 || at + bar.length === line.length ? "" : ", "))
    .replace(/\*+|`+|~~|(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])/gu, "");
