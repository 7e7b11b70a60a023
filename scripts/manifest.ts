/**
 * `npm run manifest`: what editors and documentation tools read. Writes dist/custom-elements.json, with the paths that
 * are published, and from it dist/vscode.html-custom-data.json.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(import.meta.dirname, "..");
const ANALYZER = join(dirname(fileURLToPath(import.meta.resolve("@custom-elements-manifest/analyzer"))), "cem.js");
/** The element and what its class is made of; the events it tells. */
const SOURCES = ["widget/ai-stream.ts", "widget/chat-element.ts", "widget/dom-events.ts", "widget/define.ts"];
const MANIFEST = join(ROOT, "dist/custom-elements.json");
const EDITOR = join(ROOT, "dist/vscode.html-custom-data.json");

interface Named {
  readonly name: string;
  readonly description?: string;
  readonly type?: { readonly text: string };
}
interface Declaration extends Named {
  readonly tagName?: string;
  readonly attributes?: readonly Named[];
  members?: readonly (Named & { readonly privacy?: string })[];
}
interface Manifest {
  readonly modules: readonly { readonly path: string; readonly declarations?: readonly Declaration[] }[];
}

execFileSync(process.execPath, [ANALYZER, "analyze", "--litelement", "--globs", ...SOURCES, "--outdir", "dist"], {
  cwd: ROOT,
  stdio: ["ignore", "ignore", "inherit"],
});
const manifest = published(readFileSync(MANIFEST, "utf8"));
writeFileSync(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
writeFileSync(EDITOR, `${JSON.stringify(customData(elementOf(manifest)), null, 2)}\n`);

/** As the package holds it: compiled paths, and of the members only those that are for others. */
function published(text: string): Manifest {
  const internal = internalNames();
  const read = JSON.parse(text.replaceAll(/"(\/?)widget\/([\w-]+)\.ts"/g, '"$1dist/widget/$2.js"')) as Manifest;
  for (const { declarations = [] } of read.modules) {
    for (const declaration of declarations) {
      const members = declaration.members?.filter(
        ({ name, privacy }) => privacy === undefined && !name.startsWith("#") && !internal.has(name),
      );
      if (members !== undefined) declaration.members = members;
    }
  }
  return read;
}

/** The analyzer forgets `@internal` where the constructor sets the property too. */
function internalNames(): ReadonlySet<string> {
  const texts = SOURCES.map((path) => readFileSync(join(ROOT, path), "utf8"));
  const found = texts.flatMap((text) => [...text.matchAll(/@internal[^*]*\*\/\s+(?:\w+ )*?(\w+)[:(;]/g)]);
  return new Set(found.map(([, name]) => name!));
}

function elementOf({ modules }: Manifest): Declaration {
  const element = modules.flatMap(({ declarations = [] }) => declarations).find(({ tagName }) => tagName !== undefined);
  if (element === undefined) throw new Error(`${MANIFEST}: found no element, expected ai-stream`);
  return element;
}

/** https://github.com/microsoft/vscode-custom-data, version 1.1 */
function customData({ tagName, description, attributes = [] }: Declaration): object {
  return { version: 1.1, tags: [{ name: tagName, description, attributes: attributes.map(attributeData) }] };
}

function attributeData({ name, description, type }: Named): object {
  const values = type?.text.includes("|") === true ? type.text.split("|").map((text) => ({ name: text.trim() })) : [];
  return { name, description, ...(values.length > 0 ? { values } : {}) };
}
