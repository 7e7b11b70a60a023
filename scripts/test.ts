/**
 * `npm test`: runs every part in order, goes on after one that fails, and ends with the line `N passed, N failed`.
 * What failed is told once more before it. A part is an npm script; `node scripts/test.ts lint types` runs only those.
 */
import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { styleText } from "node:util";

import { addCounts, countsOf, failuresOf, formatCounts, type Counts } from "./test-counts.ts";

const CHECKS = ["format:check", "lint", "types", "size"];
const SUITES = ["test:unit", "test:browser", "test:e2e", "test:chaos"];

const parts = process.argv.length > 2 ? process.argv.slice(2) : [...CHECKS, ...SUITES];
let total: Counts = { passed: 0, failed: 0, skipped: 0 };
const broken = new Map<string, string>();
for (const part of parts) {
  console.log(styleText("bold", `\n— ${part}`));
  const { counts, output } = await runPart(part);
  if (counts.failed > 0) broken.set(part, failuresOf(output));
  total = addCounts(total, counts);
}
for (const [part, failures] of broken) console.log(`${styleText("bold", `\n— failed: ${part}`)}\n${failures}`);
console.log(`\n${formatCounts(total)}`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** Runs one npm script, its output passed through as it comes, and says how many tests it executed. */
async function runPart(part: string): Promise<{ counts: Counts; output: string }> {
  const child = spawn("npm", ["run", "--silent", part], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? "1" : "0" },
  });
  const exited = new Promise<number>((resolve) => {
    child.on("error", (error) => {
      console.error(`Cannot run \`npm run ${part}\`: ${error.message}`);
      resolve(1);
    });
    child.on("close", (code) => resolve(code ?? 1));
  });
  const texts = await Promise.all([
    passThrough(child.stdout, process.stdout),
    passThrough(child.stderr, process.stderr),
  ]);
  const output = texts.join("\n");
  return { counts: countsOf(output, await exited, CHECKS.includes(part)), output };
}

/** Copies a stream and keeps its text; test output is a few hundred kilobytes at most. */
async function passThrough(from: Readable, to: Writable): Promise<string> {
  let text = "";
  for await (const bytes of from.setEncoding("utf8")) {
    text += bytes;
    to.write(bytes);
  }
  return text;
}
