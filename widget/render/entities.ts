/** Character references in text: those that people and models write are here, all others come when one is needed. */

/** A name that is unknown, here and in the full list, stays as written. */
const NAMED: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  copy: "©",
  reg: "®",
  trade: "™",
  hellip: "…",
  mdash: "—",
  ndash: "–",
  lsquo: "‘",
  rsquo: "’",
  ldquo: "“",
  rdquo: "”",
  bull: "•",
  middot: "·",
  deg: "°",
  plusmn: "±",
  times: "×",
  euro: "€",
  larr: "←",
  rarr: "→",
  le: "≤",
  ge: "≥",
  ne: "≠",
};

/** All that HTML has, once `loadEntities` brought them. */
let all: ((reference: string) => string) | null = null;

/** Brings the names that `decodeEntities` does not know. */
export async function loadEntities(): Promise<void> {
  const { decodeHTML5Reference } = await import("./all-entities.ts");
  all = decodeHTML5Reference;
}

/** True where a name stands that may be known once all are loaded. */
export const hasUnknownEntity = (text: string): boolean =>
  all === null &&
  (text.match(/&[a-z]\w{1,31};/gi) ?? []).some((written) => !Object.hasOwn(NAMED, written.slice(1, -1)));

export const decodeEntities = (text: string): string =>
  text.includes("&") ? text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]\w{1,31}));/gi, decode) : text;

function decode(written: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return Object.hasOwn(NAMED, name) ? (NAMED[name] as string) : (all?.(written) ?? written);
  const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal);
  return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : "\ufffd";
}
