/**
 * A Vite plugin for the script-tag build: has Lit build its templates by widget/template-parser.ts, node by node, where it
 * would set `innerHTML` under a Trusted Types policy of its own.
 */
import { join } from "node:path";
import type { Plugin } from "vite";

const PARSER = join(import.meta.dirname, "../widget/template-parser.ts");
const POLICY = /(\w+)\?\1\.createPolicy\("lit-html",\{createHTML:(\w+)=>\2\}\):void 0/;
/** What Lit marks bound attributes with; the DOM takes a dollar from the parser only. */
const ENDING = /="\$lit\$"/;
const MARKER = /`lit\$\$\{(Math[^}]+)\}\$`/;
const SINK = /const (\w+)=\w+\.createElement\("template"\);return \1\.innerHTML=(\w+),\1/;

export const noHtmlSinks = (): Plugin => ({
  name: "no-html-sinks",
  apply: "build",
  transform: {
    filter: { id: /\/lit-html\/lit-html\.js$/ },
    handler: (code, id) => ({ code: withoutSinks(code, id), map: null }),
  },
});

/** @throws {Error} where a new version of Lit makes its templates in another way */
export function withoutSinks(code: string, id: string): string {
  if (![POLICY, ENDING, MARKER, SINK].every((pattern) => pattern.test(code)))
    throw new Error(`${id}: found no policy, mark or template to replace; look at how this version makes them`);
  // In front of the code without a line of its own: the source map stays true by lines.
  const parser = `import{parseTemplate}from${JSON.stringify(PARSER)};`;
  return (
    parser +
    code
      .replace(POLICY, "void 0")
      .replace(ENDING, '="-lit-"')
      .replace(MARKER, "`lit-${$1}-`")
      .replace(SINK, "return parseTemplate($2)")
  );
}
