/** Bare addresses in text: `https://…`, `www.…` and mail. */
import type { Inline } from "./inline.ts";

export interface Found {
  readonly start: number;
  readonly end: number;
  readonly node: Inline;
}

const START = /https?:\/\/|www\.|@/gi;
const ADDRESS = /(?:https?:\/\/|www\.)([\w-]+(?:\.[\w-]+)*)[^\s<]*/iy;
const MAIL_HOST = /@[a-z\d_-]+(?:\.[a-z\d_-]+)+/iy;
/** Longer names than mail has are not looked through. */
const MAX_MAIL_NAME = 64;

/** Finds them from left to right; a text that has none is looked through once. */
export class Addresses {
  readonly #text: string;
  /** Where the next one may be, as far as was looked. */
  #next = -1;

  constructor(text: string) {
    this.#text = text;
  }

  /** The first one from `from` that begins before `to`. */
  find(from: number, to: number): Found | null {
    if (this.#next < from) this.#look(from);
    while (this.#next < to) {
      const at = this.#next;
      const address = this.#text[at] === "@" ? readMail(this.#text, from, at) : readWeb(this.#text, at);
      if (address !== null) return address;
      this.#look(at + 1);
    }
    return null;
  }

  #look(from: number): void {
    START.lastIndex = from;
    this.#next = START.exec(this.#text)?.index ?? Infinity;
  }
}

function readWeb(text: string, start: number): Found | null {
  if (start > 0 && !/[\s*_~()"'“‘\p{P}]/u.test(text[start - 1] as string)) return null;
  ADDRESS.lastIndex = start;
  const [written = "", host = ""] = ADDRESS.exec(text) ?? [];
  const isShort = /^www\./i.test(written);
  const labels = (isShort ? `www.${host}` : host).split(".");
  if (written === "" || (isShort && labels.length < 3) || labels.slice(-2).some((label) => label.includes("_")))
    return null;
  const address = withoutTrail(written);
  return found(start, address, (isShort ? "http://" : "") + address);
}

const found = (start: number, address: string, href: string): Found => ({
  start,
  end: start + address.length,
  node: addressLink(href, address),
});

export const addressLink = (href: string, address: string): Inline => ({
  kind: "link",
  href,
  title: "",
  children: [{ kind: "text", text: address }],
});

/** Marks at the end belong to the sentence; so does a closing parenthesis without an opening one. */
function withoutTrail(written: string): string {
  let end = written.length;
  let unmatched = count(written, ")") - count(written, "(");
  for (; end > 0; end--) {
    const char = written[end - 1] as string;
    if (char === ")") {
      if (unmatched-- <= 0) break;
    } else if (char === ";") {
      const entity = /&[a-z\d]{1,32};$/i.exec(written.slice(Math.max(0, end - 40), end));
      if (entity === null) break;
      end -= entity[0].length - 1;
    } else if (!/[?!.,:*_~'"”’]/.test(char)) break;
  }
  return written.slice(0, end);
}

const count = (text: string, char: string): number => text.split(char).length - 1;

function readMail(text: string, from: number, at: number): Found | null {
  let start = at;
  while (start > from && at - start < MAX_MAIL_NAME && /[\w.+-]/.test(text[start - 1] as string)) start--;
  MAIL_HOST.lastIndex = at;
  const host = MAIL_HOST.exec(text)?.[0];
  if (start === at || host === undefined || /[-_]$/.test(host)) return null;
  const address = text.slice(start, at) + host;
  return found(start, address, `mailto:${address}`);
}
