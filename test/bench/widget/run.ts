/**
 * `npm run bench:widget`: what the element weighs and what a growing answer costs the page's main thread, beside
 * streaming-markdown driven by animation frames, the leanest renderer known, with no widget around it.
 * `--quick` is a smoke run: its times mean nothing. `--tokens N`, `--rate N` tokens a second, `--only NAME,NAME`.
 * CPU is the main thread's task time as the browser counts it, less that of an empty page; compare ratios of one run.
 */
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import type { Browser, CDPSession } from "playwright-core";
import { build } from "vite";
import { launchBrowser } from "../../e2e/browser.ts";
import { formatTable } from "../summary.ts";

const ROOT = join(import.meta.dirname, "../../..");
const EMPTY = "empty page";
const PEER = "streaming-markdown";
const NAMES = [EMPTY, PEER, "our renderer", "<ai-stream>"] as const;
/** The first and the last are compared. */
const STRETCHES = 10;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    tokens: { type: "string", default: "100000" },
    rate: { type: "string", default: "1000" },
    only: { type: "string", default: NAMES.join() },
  },
});
const tokens = values.quick ? 2_000 : wholeNumber("tokens", values.tokens);
const rate = values.quick ? 4_000 : wholeNumber("rate", values.rate);
const only = values.only.split(",");
for (const name of only) {
  if (!(NAMES as readonly string[]).includes(name))
    throw new TypeError(`--only: found "${name}", expected ${NAMES.join(", ")}`);
}

/** Of one stretch, in ms where nothing else is said. */
interface Cost {
  readonly cpu: number;
  readonly frames: number;
  readonly longTasks: number;
}
interface Result {
  readonly name: string;
  readonly stretches: readonly Cost[];
  /** Of the JavaScript heap, less the text, after a collection. */
  readonly heapBytes: number;
}

console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}\n`);
printSizes();
const folder = await mkdtemp(join(tmpdir(), "ai-stream-bench-widget-"));
const browser = await launchBrowser();
try {
  const script = await bundle(folder);
  const results: Result[] = [];
  for (const name of NAMES) if (only.includes(name)) results.push(await measure(browser, script, name));
  printCosts(results);
} finally {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
}

/** One file, so that a page without an address can run it. */
async function bundle(outDir: string): Promise<string> {
  await build({
    configFile: false,
    root: ROOT,
    logLevel: "error",
    publicDir: false,
    define: { "process.env.NODE_ENV": '"production"' },
    build: {
      outDir,
      lib: { entry: { page: join(import.meta.dirname, "page.ts") }, formats: ["es"] },
      rolldownOptions: { output: { minify: true, entryFileNames: "[name].js", codeSplitting: false } },
    },
  });
  return readFile(join(outDir, "page.js"), "utf8");
}

async function measure(on: Browser, script: string, name: string): Promise<Result> {
  const page = await on.newPage();
  try {
    await page.setContent("<!doctype html><html lang=en><body></body></html>");
    await page.addScriptTag({ type: "module", content: script });
    await page.waitForFunction(() => window.bench !== undefined);
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    await session.send("HeapProfiler.enable");
    const chars = await page.evaluate(([of, count]) => window.bench.begin(of, count), [name, tokens] as const);
    const heapBefore = await heapOf(session);
    const stretches: Cost[] = [];
    for (let part = 0; part < STRETCHES; part++) {
      const [from, to] = [part, part + 1].map((at) => Math.round((at * tokens) / STRETCHES)) as [number, number];
      const before = await taskMs(session);
      const seen = await page.evaluate(([a, b, per]) => window.bench.stretch(a, b, per), [from, to, rate] as const);
      stretches.push({ cpu: (await taskMs(session)) - before, ...seen });
    }
    return { name, stretches, heapBytes: (await heapOf(session)) - heapBefore - chars };
  } finally {
    await page.close();
  }
}

async function taskMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return (metrics.find((metric) => metric.name === "TaskDuration")?.value ?? 0) * 1000;
}

async function heapOf(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  return (await session.send("Runtime.getHeapUsage")).usedSize;
}

function printCosts(results: readonly Result[]): void {
  const empty = results.find(({ name }) => name === EMPTY)?.stretches ?? [];
  const perThousand = ({ stretches }: Result, part: number): number =>
    Math.max(0, (stretches[part]?.cpu ?? 0) - (empty[part]?.cpu ?? 0)) / (tokens / STRETCHES / 1000);
  const perFrame = ({ stretches }: Result, part: number): number =>
    (stretches[part]?.cpu ?? 0) / Math.max(1, stretches[part]?.frames ?? 1);
  const total = (result: Result): number =>
    result.stretches.reduce((sum, _, part) => sum + perThousand(result, part), 0) / STRETCHES;
  const peer = results.find(({ name }) => name === PEER);
  const last = STRETCHES - 1;
  console.log(`${tokens} tokens at ${rate} a second; ms of main thread per 1,000 tokens, less the empty page\n`);
  console.log(
    formatTable(
      ["", "first tenth", "last tenth", "all", `beside ${PEER}`, "per frame, last / first", "long tasks", "heap, KiB"],
      results.map((result) => [
        result.name,
        perThousand(result, 0).toFixed(1),
        perThousand(result, last).toFixed(1),
        total(result).toFixed(1),
        peer === undefined || result.name === EMPTY ? "" : `${(total(result) / total(peer)).toFixed(2)} ×`,
        (perFrame(result, last) / perFrame(result, 0)).toFixed(2),
        String(result.stretches.reduce((sum, { longTasks }) => sum + longTasks, 0)),
        (result.heapBytes / 1024).toFixed(0),
      ]),
    ),
  );
}

/** Of the built files, as `npm run build:script` left them. */
function printSizes(): void {
  const dist = join(ROOT, "dist");
  const names = readdirSync(dist).filter((name) => /^ai-stream.*\.js$/.test(name));
  const rows = names.map((name): [string, number] => [
    name,
    gzipSync(readFileSync(join(dist, name)), { level: 9 }).length,
  ]);
  const shown = rows.toSorted((a, b) => b[1] - a[1]).map(([name, bytes]) => [name, (bytes / 1024).toFixed(1)]);
  console.log(`${formatTable(["file of the script-tag build", "KiB gzip"], shown)}\n`);
}

/** @throws {RangeError} when it is none from 1 */
function wholeNumber(option: string, found: string): number {
  if (!/^[1-9]\d*$/.test(found)) throw new RangeError(`--${option}: found "${found}", expected a whole number from 1`);
  return Number(found);
}
