/** The script-tag build the pages load, made when it is older than its sources. */
import { execFileSync } from "node:child_process";
import { globSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BUILT = "dist/ai-stream.js";
const SOURCES = [
  "widget/**/*.ts",
  "protocol/*.ts",
  "vite.config.ts",
  "scripts/{integrity,leave-no-globals,minify-templates,no-html-sinks,slim-lit}.ts",
  "package-lock.json",
];
/** Three seconds on a slow machine. */
const TIMEOUT_MS = 120_000;

export function ensureScriptBuild(): void {
  const newest = Math.max(...globSync(SOURCES, { cwd: ROOT }).map(changedAt));
  if (changedAt(BUILT) > newest) return;
  const vite = join(ROOT, "node_modules/vite/bin/vite.js");
  execFileSync(process.execPath, [vite, "build", "-m", "script", "--logLevel", "error"], {
    cwd: ROOT,
    stdio: ["ignore", 2, 2],
    timeout: TIMEOUT_MS,
  });
}

const changedAt = (path: string): number => statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
