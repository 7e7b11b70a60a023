import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAst } from "vite";
import { minifyIn } from "../../scripts/minify-templates.ts";

const minified = (code: string): string => minifyIn(code, parseAst(code, { lang: "ts" }));

test("styles lose comments and spare space, and keep what means something", () => {
  const code = `export const styles = css\`
    /* a comment; with { braces } */
    .a :is(b, c) > d {
      margin: calc(1px + \${x}) 0;
      content: attr(x) " ;  ";
      font: 1em / 2 "A  B", c;
    }
  \`;`;
  assert.equal(
    minified(code).replaceAll("\n", ""),
    'export const styles = css` .a :is(b,c)>d{margin:calc(1px + ${x}) 0;content:attr(x) " ;  ";font:1em / 2 "A  B",c}`;',
  );
});

test("markup keeps one space for each run, in nested templates too; other templates are left alone", () => {
  const code = "html`\n  <p\n    class=a>\n    ${b ? html`<i>\n c</i>` : `d\n\n e`}\n  </p>`";
  assert.equal(
    minified(code).replaceAll(/\n(?!\n? e)/g, ""),
    "html` <p class=a> ${b ? html`<i> c</i>` : `d\n\n e`} </p>`",
  );
});

test("every expression stays on its line", () => {
  const code = "const a = html`\n<p>\n${one}\n</p>\n${two(html`\n<b>\n${three}</b>`)}\n`;\nfour();";
  const lineOf = (text: string, word: string): number => text.slice(0, text.indexOf(word)).split("\n").length;
  for (const word of ["one", "two", "three", "four"])
    assert.equal(lineOf(minified(code), word), lineOf(code, word), word);
});
