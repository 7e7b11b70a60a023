/** How long script, style and layout take until the element of the script-tag build can be used, on a slow device. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContext } from "playwright-core";
import { median } from "../summary.ts";
import { countersOf } from "./chromium.ts";

const DIST = join(import.meta.dirname, "../../../dist");
/** No one answers there but the files of the build. */
const ORIGIN = "https://bench.invalid";
const TAG = `<ai-stream endpoint="https://proxy.invalid"></ai-stream>`;

export interface Ready {
  /** CPU in ms, from the import of the script to the first frame with the element drawn. */
  readonly firstMs: number;
  /** The same for another one on the page. */
  readonly nextMs: number;
}

/** The median of `rounds` pages, each without a cache. @param slower how many times slower than this one the CPU is */
export async function readyOf(browser: Browser, rounds: number, slower: number): Promise<Ready> {
  const found: Ready[] = [];
  for (let round = 0; round < rounds; round++) found.push(await once(browser, slower));
  return { firstMs: median(found.map(({ firstMs }) => firstMs)), nextMs: median(found.map(({ nextMs }) => nextMs)) };
}

async function once(browser: Browser, slower: number): Promise<Ready> {
  const context = await browser.newContext();
  try {
    await serve(context);
    const page = await context.newPage();
    await page.goto(`${ORIGIN}/`);
    const counters = await countersOf(page);
    await counters.slowDown(slower);
    const before = await counters.scriptMs();
    await page.evaluate(async (script) => {
      await import(script);
      await (document.querySelector("ai-stream") as AnyElement).updateComplete;
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    }, "/ai-stream.js");
    const between = await counters.scriptMs();
    await page.evaluate(async () => {
      const element = document.querySelector("ai-stream") as AnyElement;
      const next = document.body.appendChild(element.cloneNode() as AnyElement);
      await next.updateComplete;
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    });
    return { firstMs: between - before, nextMs: (await counters.scriptMs()) - between };
  } finally {
    await context.close();
  }
}

type AnyElement = HTMLElement & { readonly updateComplete: Promise<boolean> };

async function serve(context: BrowserContext): Promise<void> {
  await context.route("**/*", async (route) => {
    const { origin, pathname } = new URL(route.request().url());
    if (origin !== ORIGIN) return route.abort();
    if (pathname === "/")
      return route.fulfill({ contentType: "text/html", body: `<!doctype html><html lang="en">${TAG}</html>` });
    return route.fulfill({ contentType: "text/javascript", body: await readFile(join(DIST, pathname)) });
  });
}
