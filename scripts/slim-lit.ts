/**
 * A Vite plugin for the script-tag build: takes out of Lit what the script never needs, as it has its own templates and runs
 * where style sheets can be adopted: the ways of older browsers, hooks for polyfills, decorators, advice to authors.
 */
import type { Plugin } from "vite";

/** By the end of a file's name: what is found there once, and what stands in its place. */
const CUTS: Readonly<Record<string, readonly (readonly [found: RegExp, instead: string])[]>> = {
  "reactive-element/css-tag.js": [
    [
      /\w+\.ShadowRoot&&\(.{0,80}\)&&"adoptedStyleSheets"in Document\.prototype&&"replace"in CSSStyleSheet\.prototype/,
      "!0",
    ],
    [/if\((this\._\$cssResult\$=!0),\w+!==\w+\)throw Error\("[^"]*"\);/, "$1;"],
    [/throw Error\("Value passed to 'css'[^;]*?"\)/, 'throw Error("css")'],
  ],
  "reactive-element/reactive-element.js": [
    [/\w+\.reactiveElementPolyfillSupport/, "(void 0)"],
    [/Symbol\.metadata\?\?=Symbol\("metadata"\)[,;]/, ""],
    [/const (\w+)=this\[Symbol\.metadata\];if\(null!==\1\)\{.*?\}(?=this\._\$Eh=)/, ""],
  ],
  "lit-html/lit-html.js": [[/\w+\.litHtmlPolyfillSupport/, "(void 0)"]],
  "lit-element/lit-element.js": [
    [/\w+\.litElementHydrateSupport/, "(void 0)"],
    [/\w+\.litElementPolyfillSupport/, "(void 0)"],
  ],
  "lit-html/directives/live.js": [[/constructor\(\w+\)\{if\(super\(.*?\}(?=render\()/, ""]],
};

export const slimLit = (): Plugin => ({
  name: "slim-lit",
  apply: "build",
  transform: {
    filter: { id: new RegExp(`/(${Object.keys(CUTS).join("|").replaceAll(".", "\\.")})$`) },
    handler: (code, id) => ({ code: withoutSpares(code, id), map: null }),
  },
});

/** @throws {Error} where a new version of Lit is written in another way */
export function withoutSpares(code: string, id: string): string {
  const cuts = Object.entries(CUTS).find(([name]) => id.endsWith(name))?.[1] ?? [];
  for (const [found, instead] of cuts) {
    if (!found.test(code)) throw new Error(`${id}: found no ${found}; look at what this version has there`);
    code = code.replace(found, instead);
  }
  return code;
}
