/** The engines the browser suite runs in: those that are asked for and installed, and the names of those that are not. */
import { existsSync } from "node:fs";
import type { BrowserLauncher } from "@web/test-runner-core";
import { chromeLauncher } from "@web/test-runner-chrome";
import * as puppeteer from "puppeteer-core";
import { findWebKit, webKitLauncher } from "./webkit-launcher.ts";

export interface Engines {
  readonly launchers: BrowserLauncher[];
  /** Asked for and not on this machine. */
  readonly missing: readonly string[];
}

const LAUNCHERS: Readonly<Record<string, () => Promise<BrowserLauncher | undefined>>> = {
  chromium: chromium,
  firefox: firefox,
  webkit: webkit,
};
/** What CI may not do without. */
const REQUIRED = ["chromium", "firefox"];

/**
 * @param asked names with commas between them, or `all`; only Chromium when absent
 * @throws {Error} for a name that is none, and in CI for an engine that is required and missing
 */
export async function findEngines(asked = "chromium", inCi = process.env["CI"] === "true"): Promise<Engines> {
  const names = asked === "all" ? Object.keys(LAUNCHERS) : asked.split(",");
  const found: BrowserLauncher[] = [];
  const missing: string[] = [];
  for (const name of names) {
    const find = LAUNCHERS[name];
    if (find === undefined) throw new Error(`BROWSERS: found "${name}", expected all or some of ${known()}`);
    const launcher = await find();
    if (launcher !== undefined) found.push(launcher);
    else missing.push(name);
  }
  const lacking = missing.filter((name) => REQUIRED.includes(name));
  if (inCi && lacking.length > 0)
    throw new Error(`CI has no ${lacking.join(" and no ")}: its tests may not be skipped`);
  return { launchers: found, missing };
}

const known = (): string => Object.keys(LAUNCHERS).join(", ");

/** $CHROME_PATH, then the system's, then the one that comes with the packages. */
async function chromium(): Promise<BrowserLauncher> {
  const found = installed(process.env["CHROME_PATH"], "/usr/bin/chromium", "/usr/bin/google-chrome");
  if (found !== undefined) return chromeLauncher({ launchOptions: { executablePath: found, args: ["--no-sandbox"] } });
  // Read at import: makes the package unpack the libraries a bare machine lacks.
  process.env["AWS_LAMBDA_JS_RUNTIME"] ??= "nodejs24.x";
  const { default: bundled } = await import("@sparticuz/chromium");
  const args = ["--no-sandbox", "--disable-dev-shm-usage"];
  return chromeLauncher({ launchOptions: { executablePath: await bundled.executablePath(), args } });
}

async function firefox(): Promise<BrowserLauncher | undefined> {
  const executablePath = findFirefox();
  if (executablePath === undefined) return undefined;
  return chromeLauncher({ puppeteer: puppeteer as never, launchOptions: { browser: "firefox", executablePath } });
}

export const findFirefox = (): string | undefined =>
  installed(process.env["FIREFOX_PATH"], "/usr/bin/firefox-esr", "/usr/bin/firefox");

async function webkit(): Promise<BrowserLauncher | undefined> {
  const binary = findWebKit();
  return binary === undefined ? undefined : webKitLauncher(binary);
}

const installed = (...paths: readonly (string | undefined)[]): string | undefined =>
  paths.find((path) => path !== undefined && existsSync(path));
