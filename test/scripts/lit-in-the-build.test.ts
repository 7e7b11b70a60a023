/** What the script-tag build changes in Lit, on the very files of the Lit that is installed. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { parseAst } from "vite";
import { withoutGlobals } from "../../scripts/leave-no-globals.ts";
import { withoutSinks } from "../../scripts/no-html-sinks.ts";
import { withoutSpares } from "../../scripts/slim-lit.ts";

const require = createRequire(import.meta.url);
/** The file a browser build takes: the package's folder, past its development and Node forms. */
function browserFile(name: string, from = import.meta.url): string {
  const main = createRequire(from).resolve(name);
  const root = main.slice(0, main.lastIndexOf(join("node_modules", name)) + join("node_modules", name).length);
  return readFileSync(join(root, `${name.split("/").at(-1)}.js`), "utf8");
}
const litHome = join(dirname(require.resolve("lit")), "index.js");
const files = { "lit-html": browserFile("lit-html", litHome), "lit-element": browserFile("lit-element", litHome) };
const reactive = browserFile("@lit/reactive-element", litHome);

test("no list of versions and no map is written on the globals", () => {
  for (const [id, code] of Object.entries({ ...files, reactive })) {
    assert.match(code, /Versions\?\?=\[\]/);
    assert.doesNotMatch(withoutGlobals(code, id), /Versions|\.litPropertyMetadata/);
  }
});

test("no policy is made and no HTML is parsed", () => {
  const code = withoutSinks(files["lit-html"], "lit-html.js");
  assert.match(files["lit-html"], /createPolicy/);
  assert.doesNotMatch(code, /createPolicy|innerHTML|\$lit\$/);
  assert.match(code, /^import\{parseTemplate\}from".*template-parser\.ts";/);
});

test("what only older browsers, polyfills, decorators and authors need is taken out, and what is left is a program", () => {
  const read = (name: string): string => readFileSync(join(dirname(litHome), "..", name), "utf8");
  const spares = /PolyfillSupport|HydrateSupport|ShadyCSS|Symbol\.metadata|not constructable|expression`|Value passed/;
  for (const name of [
    "@lit/reactive-element/css-tag.js",
    "@lit/reactive-element/reactive-element.js",
    "lit-html/lit-html.js",
    "lit-element/lit-element.js",
    "lit-html/directives/live.js",
  ]) {
    const code = read(name);
    const slim = withoutSpares(code, name);
    assert.match(code, /PolyfillSupport|ShadyCSS|live/, name);
    assert.doesNotMatch(slim, spares, name);
    assert.doesNotThrow(() => parseAst(slim), name);
    assert.doesNotMatch(slim, /void 0\?\./, "which would call 0");
  }
});

test("a Lit that is made in another way stops the build, by the file's name", () => {
  assert.throws(() => withoutGlobals("globalThis.versions=1", "lit-html.js"), /^Error: lit-html\.js: found no list/);
  assert.throws(() => withoutSpares("css()", "reactive-element/css-tag.js"), /css-tag\.js: found no /);
  assert.throws(() => withoutSinks("setHTML()", "lit-html.js"), /^Error: lit-html\.js: found no policy/);
});
