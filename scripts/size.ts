/** `npm run size`: the gzip size of what a page loads first, against the budget in size-budget.json; over it is a failure. */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";

import budget from "./size-budget.json" with { type: "json" };

const ROOT = dirname(import.meta.dirname);
const STATIC_IMPORT = /\b(?:from|import)\s*["'](\.\/[^"']+)["']/g;

const files = [...firstLoad(join(ROOT, budget.file))];
const gzipBytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(file), { level: 9 }).length, 0);
const names = files.map((file) => relative(ROOT, file)).join(" + ");
console.log(`${names}: ${gzipBytes} bytes gzip of ${budget.gzipBytes} (${share(gzipBytes)})`);

if (gzipBytes > budget.gzipBytes) {
  console.error(`${gzipBytes - budget.gzipBytes} bytes over the budget of scripts/size-budget.json. ${budget.reason}`);
  process.exitCode = 1;
}

/** The file and what it imports at once; lazily imported parts are not first load. */
function firstLoad(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, path] of readFileSync(file, "utf8").matchAll(STATIC_IMPORT))
    firstLoad(join(dirname(file), path!), seen);
  return seen;
}

function share(bytes: number): string {
  return `${((100 * bytes) / budget.gzipBytes).toFixed(1)} %`;
}
