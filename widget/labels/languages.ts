/** The languages shipped: English is there at once, each other one is loaded when a page asks for it. */
import type { Labels } from "../labels.ts";
import { en } from "./en.ts";
import type { Translation } from "./translation.ts";

export const LANGUAGES: Readonly<Record<string, () => Promise<{ readonly words: Translation }>>> = {
  ar: () => import("./ar.ts"),
  de: () => import("./de.ts"),
  es: () => import("./es.ts"),
  fr: () => import("./fr.ts"),
  he: () => import("./he.ts"),
  hi: () => import("./hi.ts"),
  it: () => import("./it.ts"),
  ja: () => import("./ja.ts"),
  ko: () => import("./ko.ts"),
  nl: () => import("./nl.ts"),
  pl: () => import("./pl.ts"),
  pt: () => import("./pt.ts"),
  zh: () => import("./zh.ts"),
};

const RIGHT_TO_LEFT = ["ar", "he", "fa", "ur"];

/** The primary part of a language tag: `de-CH` reads as `de`. */
export const languageOf = (tag: string): string => tag.toLowerCase().split(/[-_]/, 1)[0] ?? "";

export const directionOf = (tag: string): "ltr" | "rtl" => (RIGHT_TO_LEFT.includes(languageOf(tag)) ? "rtl" : "ltr");

/** @param own the page's own words, which win */
export const wordsOf = (language: Translation = en, own: Partial<Labels> = {}): Labels => ({
  ...en,
  ...language,
  ...own,
});
