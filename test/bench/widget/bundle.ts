/** The pages that are measured, as one file each, and what the peer weighs as one. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const ROOT = join(import.meta.dirname, "../../..");

/** The module with all it imports: a page without an address can run it. @param entry its path */
export async function bundle(entry: string): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), "ai-stream-bench-widget-"));
  try {
    await build({
      configFile: false,
      root: ROOT,
      logLevel: "error",
      publicDir: false,
      define: { "process.env.NODE_ENV": '"production"' },
      build: {
        outDir,
        lib: { entry: { page: entry }, formats: ["es"] },
        rolldownOptions: { output: { minify: true, entryFileNames: "[name].js", codeSplitting: false } },
      },
    });
    return await readFile(join(outDir, "page.js"), "utf8");
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}

export const gzipBytes = (script: string | Buffer): number => gzipSync(script, { level: 9 }).length;
