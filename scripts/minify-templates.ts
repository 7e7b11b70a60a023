/** A Vite plugin for the script-tag build: takes comments and spare white space out of `html`, `svg` and `css` templates. */
import type { Plugin } from "vite";

/** The part of an ESTree node that is read here. */
interface Node {
  readonly type: string;
  readonly tag?: { readonly name?: string };
  readonly quasi?: { readonly quasis: readonly Text[] };
}

/** From the backtick or brace before it to the backtick or `${` after it. */
interface Text {
  readonly start: number;
  readonly end: number;
  readonly tail: boolean;
}

type Minify = (text: string) => string;

const MINIFIERS: ReadonlyMap<string | undefined, Minify> = new Map([
  ["css", minifyCss],
  ["html", minifyHtml],
  ["svg", minifyHtml],
]);

export const minifyTemplates = (): Plugin => ({
  name: "minify-templates",
  apply: "build",
  // Before the types go: positions in the source are what is written back to.
  enforce: "pre",
  transform: {
    filter: { id: /\/widget\/.*\.ts$/ },
    handler(code) {
      return { code: minifyIn(code, this.parse(code, { lang: "ts" })), map: null };
    },
  },
});

/** Lines that a text loses stand behind it, between tokens, so that all code stays on its line and the source map true. */
export function minifyIn(code: string, program: unknown): string {
  for (const { start, end, tail, minify } of textsIn(program).toSorted((a, b) => b.start - a.start)) {
    const to = end - (tail ? 1 : 2);
    const text = code.slice(start + 1, to);
    const minified = minify(text);
    const lost = "\n".repeat(linesOf(text) - linesOf(minified));
    code = code.slice(0, start + 1) + minified + code.slice(to, end) + lost + code.slice(end);
  }
  return code;
}

const linesOf = (text: string): number => text.split("\n").length;

function textsIn(node: unknown): (Text & { readonly minify: Minify })[] {
  if (Array.isArray(node)) return node.flatMap(textsIn);
  if (typeof node !== "object" || node === null) return [];
  const { type, tag, quasi } = node as Node;
  const minify = type === "TaggedTemplateExpression" ? MINIFIERS.get(tag?.name) : undefined;
  const own = minify === undefined ? [] : quasi!.quasis.map(({ start, end, tail }) => ({ start, end, tail, minify }));
  return [...own, ...Object.values(node).flatMap(textsIn)];
}

/** Strings stay as they are; a space before a colon, and around what calculates, means something; a leading zero nothing. */
function minifyCss(text: string): string {
  return text
    .replace(
      /("[^"]*"|'[^']*')|\/\*.*?\*\/\s*|\s*([{};,>])\s*|(:)\s+|(\s)\s*|(?<![\w.#])0(?=\.\d)/gs,
      (_all, string = "", mark = "", colon = "", space = "") => string || mark || colon || (space && " "),
    )
    .replaceAll(";}", "}");
}

/** A run of white space is one space, which is how it is drawn. */
function minifyHtml(text: string): string {
  return text.replace(/\s+/g, " ");
}
