/** The words of a language: English is there at once, each other language is loaded when a page asks for it. */
import type { Labels } from "../labels.ts";
import { en } from "./en.ts";

/** A language as it is shipped; a test asks for every word, and English stands in while one is missing. */
export type Translation = Partial<Labels> & Pick<Labels, "locale">;

export const LANGUAGES: Readonly<Record<string, () => Promise<Translation>>> = {};

/** The primary part of a language tag: `de-CH` reads as `de`, `iw` is what Hebrew was called before. */
export function languageOf(tag: string): string {
  const primary = tag.toLowerCase().split(/[-_]/, 1)[0] ?? "";
  return primary === "iw" ? "he" : primary;
}

/** @param own the page's own words, which win */
export const wordsOf = (language: Translation = en, own: Partial<Labels> = {}): Labels => ({
  ...en,
  ...language,
  ...own,
});
