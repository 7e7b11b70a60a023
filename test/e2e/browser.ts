/** The real browser the end-to-end tests drive: $CHROME_PATH, the system's Chromium, or the bundled one. */
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";

/** Headless and quiet: no lookups of its own, which a closed network would refuse by the hundred. */
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const INSTALLED = ["/usr/bin/chromium", "/usr/bin/google-chrome"];

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await findChromium(), args: ARGS, chromiumSandbox: false });
}

async function findChromium(): Promise<string> {
  const found = [process.env["CHROME_PATH"], ...INSTALLED].find((path) => path !== undefined && existsSync(path));
  if (found !== undefined) return found;
  // Before the import: makes the package unpack the system libraries it brings along.
  process.env["AWS_LAMBDA_JS_RUNTIME"] ??= "nodejs24.x";
  const { default: bundled } = await import("@sparticuz/chromium");
  return bundled.executablePath();
}
