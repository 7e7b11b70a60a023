/** Character references in text: those that markup needs are here, all others come when one is needed. */

/** Those that keep text from being markup. A name that is unknown, here and in the full list, stays as written. */
const NAMED = new Map(Object.entries({ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" }));

/** What the others are, once that is there. */
let all: ((reference: string) => string) | null = null;

export const knowsAllEntities = (): boolean => all !== null;

/** Brings the names that `decodeEntities` does not know. Where they do not come, they stay as written. */
export async function loadEntities(): Promise<void> {
  try {
    all = (await import("./all-entities.ts")).decodeHTML5Reference;
  } catch {
    all = (reference) => reference;
  }
}

export const decodeEntities = (text: string): string =>
  text.includes("&") ? text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]\w{1,31}));/gi, decode) : text;

function decode(written: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return NAMED.get(name) ?? all?.(written) ?? written;
  const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal);
  return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : "\ufffd";
}
