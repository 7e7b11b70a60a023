/** `npm run size`: gzip sizes of what a page fetches, against the budgets in size-budget.json; over one is a failure. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

import budget from "./size-budget.json" with { type: "json" };

const ROOT = dirname(import.meta.dirname);
const STATIC_IMPORT = /\b(?:from|import)\s*["'`](\.\/[^"'`]+)["'`]/g;

const script = join(ROOT, budget.firstLoad.file);
const first = withImports(script);
check("First load", first, budget.firstLoad);
if (first.size > 1) {
  const others = [...first].slice(1).map((file) => basename(file));
  console.error(
    `First load: the script imports ${others.join(", ")} at once: something of it is in another part as well`,
  );
  process.exitCode = 1;
}
const parts = budget.firstAnswer.parts.map((name) => partOf(script, name));
check(
  "Until the first answer",
  new Set([...first, ...parts.flatMap((file) => [...withImports(file)])]),
  budget.firstAnswer,
);

function check(
  what: string,
  files: ReadonlySet<string>,
  { gzipBytes: allowed, reason }: { readonly gzipBytes: number; readonly reason: string },
): void {
  const sizes = [...files].map((file) => ({ name: basename(file), bytes: gzipBytesOf(file) }));
  const bytes = sizes.reduce((sum, size) => sum + size.bytes, 0);
  const names = sizes.map((size) => `${size.name} ${size.bytes}`).join(", ");
  console.log(`${what}: ${bytes} bytes gzip of ${allowed} (${((100 * bytes) / allowed).toFixed(1)} %): ${names}`);
  if (bytes <= allowed) return;
  console.error(`${what}: ${bytes - allowed} bytes over the budget of scripts/size-budget.json. ${reason}`);
  process.exitCode = 1;
}

/** The file and what it imports at once, as far as it lies beside it. */
function withImports(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, path] of readFileSync(file, "utf8").matchAll(STATIC_IMPORT))
    withImports(join(dirname(file), path!), seen);
  return seen;
}

/** @throws {Error} where the build has none of this name, or several */
function partOf(file: string, name: string): string {
  const folder = dirname(file);
  const pattern = new RegExp(`^ai-stream\\.${name}\\.[\\w-]{8}\\.js$`);
  const found = readdirSync(folder).filter((other) => pattern.test(other));
  if (found.length !== 1) throw new Error(`dist/ai-stream.${name}.HASH.js: found ${found.length} files, expected 1`);
  return join(folder, found[0]!);
}

function gzipBytesOf(file: string): number {
  return gzipSync(readFileSync(file), { level: 9 }).length;
}
