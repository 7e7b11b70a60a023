/**
 * `npm run bench:widget`: what the element weighs, what it takes until it is ready, and what a growing answer costs the
 * page's main thread, beside streaming-markdown driven by animation frames, the leanest renderer known, with no widget
 * around it. `--quick` is a smoke run: its times mean nothing. `--tokens N` of the long answer, `--short N` of the short
 * one, `--rate N` tokens a second, `--only NAME,NAME`.
 * CPU is the main thread's as the browser counts it, not wall time; compare ratios of one run.
 */
import { readdirSync, readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import { launchBrowser } from "../../e2e/browser.ts";
import { formatTable } from "../summary.ts";
import { bundle, gzipBytes } from "./bundle.ts";
import { growthOf } from "./growth.ts";
import type { Growth } from "./growth.ts";
import { readyOf } from "./ready.ts";

const DIST = join(import.meta.dirname, "../../../dist");
const EMPTY = "empty page";
const PEER = "streaming-markdown";
/** A phone of the middle class beside the machine of a developer. */
const SLOWER = 4;
const NAMES = [EMPTY, PEER, "our renderer", "<ai-stream>"] as const;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    tokens: { type: "string", default: "100000" },
    short: { type: "string", default: "20000" },
    rate: { type: "string", default: "1000" },
    only: { type: "string", default: NAMES.join() },
  },
});
const long = values.quick ? 2_000 : wholeNumber("tokens", values.tokens);
const short = values.quick ? 1_000 : wholeNumber("short", values.short);
const rate = values.quick ? 4_000 : wholeNumber("rate", values.rate);
const rounds = values.quick ? 1 : 7;
const only = values.only.split(",");
for (const name of only) {
  if (!(NAMES as readonly string[]).includes(name))
    throw new TypeError(`--only: found "${name}", expected ${NAMES.join(", ")}`);
}

interface Result {
  readonly name: string;
  readonly short: Growth;
  readonly long: Growth;
}

const load = loadavg()[0]?.toFixed(1);
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}, load ${load}\n`);
await printSizes();
const browser = await launchBrowser();
try {
  await printReady(browser);
  const script = await bundle(join(import.meta.dirname, "page.ts"));
  const results: Result[] = [];
  for (const name of NAMES) {
    if (!only.includes(name)) continue;
    const grown = (tokens: number): Promise<Growth> => growthOf(browser, script, name, tokens, rate);
    results.push({ name, short: await grown(short), long: await grown(long) });
  }
  printCosts(results);
  printLongTasks(results);
} finally {
  await browser.close();
}

function printCosts(results: readonly Result[]): void {
  const empty = results.find(({ name }) => name === EMPTY);
  const peer = results.find(({ name }) => name === PEER);
  const perThousand = (result: Result): number =>
    Math.max(0, result.short.cpuMs - (empty?.short.cpuMs ?? 0)) / (short / 1000);
  // Where fewer come, each has more to draw: figures of runs compare where these do.
  const framesASecond = ({ frames, tokens }: Growth): string => ((frames * rate) / tokens).toFixed(0);
  const perFrame = ({ cpuMs, frames }: Growth): number => cpuMs / Math.max(1, frames);
  console.log(`${short} and ${long} tokens at ${rate} a second; CPU of the main thread in ms`);
  console.log("per 1,000 tokens: of the short answer, less the empty page; per frame: short, long, ratio\n");
  console.log(
    formatTable(
      [
        "",
        "per 1,000 tokens",
        `beside ${PEER}`,
        "per frame",
        "long",
        "long / short",
        "frames a second",
        "tasks > 50 ms",
        "heap, KiB",
      ],
      results.map((result) => [
        result.name,
        perThousand(result).toFixed(1),
        peer === undefined || result.name === EMPTY ? "" : `${(perThousand(result) / perThousand(peer)).toFixed(2)} ×`,
        perFrame(result.short).toFixed(2),
        perFrame(result.long).toFixed(2),
        (perFrame(result.long) / perFrame(result.short)).toFixed(2),
        `${framesASecond(result.short)}, ${framesASecond(result.long)}`,
        `${result.short.longTasks.length} + ${result.long.longTasks.length}`,
        (result.long.heapBytes / 1024).toFixed(0),
      ]),
    ),
  );
}

/** The browser slows down by waiting, which says too much on a busy machine; four times the CPU of this one says it better. */
async function printReady(on: Browser): Promise<void> {
  const here = await readyOf(on, rounds, 1);
  const slower = await readyOf(on, rounds, SLOWER);
  const rows = [
    [`${SLOWER} × the CPU time here`, here.firstMs * SLOWER, here.nextMs * SLOWER] as const,
    [`slowed down ${SLOWER} × by the browser`, slower.firstMs, slower.nextMs] as const,
  ].map(([how, first, next]) => [how, first.toFixed(1), next.toFixed(1)]);
  console.log(`${formatTable(["script, style and layout, in ms", "until ready", "one more on the page"], rows)}\n`);
}

/** What they were, of the longest. */
function printLongTasks(results: readonly Result[]): void {
  for (const { name, short: few, long: many } of results) {
    for (const { cpuMs, was } of [...few.longTasks, ...many.longTasks].slice(0, 5))
      console.log(`${name}: ${cpuMs.toFixed(0)} ms of ${was}`);
  }
}

/** Of the built files, as `npm run build:script` left them, and of the peer, which is a renderer only. */
async function printSizes(): Promise<void> {
  const names = readdirSync(DIST).filter((name) => /^ai-stream.*\.js$/.test(name));
  const sizes = names.map((name) => [name, gzipBytes(readFileSync(join(DIST, name)))] as const);
  const peer = [
    `${PEER}, the renderer alone`,
    gzipBytes(await bundle(fileURLToPath(import.meta.resolve(PEER)))),
  ] as const;
  const rows = [...sizes.toSorted((a, b) => b[1] - a[1]), peer];
  const shown = rows.map(([name, bytes]) => [name, (bytes / 1024).toFixed(1)]);
  console.log(`${formatTable(["file of the script-tag build", "KiB gzip"], shown)}\n`);
}

/** @throws {RangeError} when it is none from 1 */
function wholeNumber(option: string, found: string): number {
  if (!/^[1-9]\d*$/.test(found)) throw new RangeError(`--${option}: found "${found}", expected a whole number from 1`);
  return Number(found);
}
