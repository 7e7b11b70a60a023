/**
 * A Vite plugin for the script-tag build: takes out of Lit what it writes on `window`, three lists of versions and a map
 * for decorators, so that the script leaves a page's globals as they were. From npm, the page's own Lit stays as it is.
 */
import type { Plugin } from "vite";

const MARK = /\(\w+\.\w+Versions\?\?=\[\]\)\.push\("[^"]*"\)/;
const MAP = /,\w+\.litPropertyMetadata\?\?=new WeakMap/;

export const leaveNoGlobals = (): Plugin => ({
  name: "leave-no-globals",
  apply: "build",
  transform: {
    filter: { id: /\/(reactive-element\/reactive-element|lit-html\/lit-html|lit-element\/lit-element)\.js$/ },
    handler: (code, id) => ({ code: withoutGlobals(code, id), map: null }),
  },
});

/** @throws {Error} where a new version of Lit writes its marks in another way */
export function withoutGlobals(code: string, id: string): string {
  if (!MARK.test(code))
    throw new Error(`${id}: found no list of versions to take out; look at what this version writes`);
  const unmarked = code.replace(MARK, "void 0");
  if (!MAP.test(unmarked)) return unmarked;
  // In front of the code without a line of its own: the source map stays true by lines.
  return `const litPropertyMetadata=new WeakMap;${unmarked.replace(MAP, "")}`;
}
