/**
 * `npm run screenshots`: every mode, look, state, language direction and width of the element, into a folder of its own
 * whose name is printed; what README and docs show goes into docs/images/ as well.
 * `npm run screenshots -- WORD…` takes those only whose names hold one of the words: `bubble`, `-ar-`, `failover`.
 */
import { copyFileSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BrowserContextOptions, Page } from "playwright-core";

import { createProxy } from "../proxy/index.ts";
import { launchBrowser } from "../test/e2e/browser.ts";
import { ensureScriptBuild } from "../test/e2e/script-build.ts";
import { photographFailover } from "./failover-shots.ts";
import { showState } from "./gallery-page.ts";
import type { Shown } from "./gallery-page.ts";
import { STATE_NAMES } from "./gallery-states.ts";

const IMAGES = fileURLToPath(new URL("../docs/images", import.meta.url));
/** The others are for looking at, not for keeping. */
const KEPT = ["desktop-light-streaming", "looks", "failover-during"];
const SCHEMES = ["light", "dark"] as const;
const LANGUAGES = ["en", "ar"] as const;
const LOOKS = ["paper", "terminal", "berry"] as const;
const BOX = { viewport: { width: 760, height: 720 } };
/** A phone's pixels are finer. */
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true };
const DESKTOP = { viewport: { width: 1280, height: 900 } };
/** 1280 pixels at 400 %. */
const ZOOMED = { viewport: { width: 320, height: 640 }, deviceScaleFactor: 2 };
const BUBBLE = { mode: "bubble", open: "" };
const QUESTION = "Show me around";
/** Text this long is in the middle of the answer: the list is done, the table begins. */
const MIDDLE_CHARS = 860;

const folder = mkdtempSync(join(tmpdir(), "ai-stream-screenshots-"));
const words = process.argv.slice(2);
mkdirSync(IMAGES, { recursive: true });
ensureScriptBuild();
const proxy = await createProxy({ port: 0, store: "sqlite::memory:" }, { env: {}, logLevel: "error" });
const { url } = await proxy.listen();
const browser = await launchBrowser();
let count = 0;
try {
  await gallery();
  for (const colorScheme of SCHEMES) {
    await demo(`desktop-${colorScheme}`, { ...DESKTOP, colorScheme });
    await demo(`phone-${colorScheme}`, { ...PHONE, colorScheme });
    for (const look of LOOKS) await demo(`look-${look}-${colorScheme}`, { ...DESKTOP, colorScheme }, look);
  }
  await together();
  if (isWanted("failover-during"))
    await photographFailover(browser, (page, moment) => take(page, `failover-${moment}`));
} finally {
  await browser.close();
  await proxy.close(0);
}
console.log(`${count} screenshots in ${folder}`);

/** The states that take no conversation to reach, in both schemes and directions. */
async function gallery(): Promise<void> {
  for (const colorScheme of SCHEMES) {
    for (const language of LANGUAGES) {
      const look = `${colorScheme}-${language}`;
      const shoot = (
        name: string,
        options: BrowserContextOptions,
        state: Shown["state"],
        attributes: Shown["attributes"],
      ) => still(name, { ...options, colorScheme }, { state, language, attributes });
      for (const state of STATE_NAMES) await shoot(`chat-${look}-${state}`, BOX, state, {});
      await shoot(`answer-${look}`, BOX, "finished", { mode: "answer" });
      await shoot(`readonly-${look}`, BOX, "finished", { readonly: "" });
      await shoot(`bubble-${look}-closed`, BOX, "finished", { mode: "bubble" });
      await shoot(`bubble-${look}-empty`, BOX, "empty", BUBBLE);
      await shoot(`bubble-${look}-open`, BOX, "finished", BUBBLE);
      await shoot(`bubble-${look}-sheet`, PHONE, "finished", BUBBLE);
      await shoot(`bubble-${look}-history`, PHONE, "history", BUBBLE);
    }
  }
  for (const state of STATE_NAMES) {
    await still(`zoomed-${state}`, ZOOMED, { state, language: "en", attributes: {} });
    await still(`forced-${state}`, { ...BOX, forcedColors: "active" }, { state, language: "en", attributes: {} });
  }
}

async function still(name: string, options: BrowserContextOptions, shown: Shown): Promise<void> {
  if (!isWanted(name)) return;
  await using context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(url);
  await showState(page, shown);
  await take(page, name);
}

/** The demo page while it answers, while its connection is cut, and afterwards. */
async function demo(name: string, options: BrowserContextOptions, look = ""): Promise<void> {
  const moments = look === "" ? ["streaming", "cut", "finished"] : ["streaming"];
  if (!moments.some((moment) => isWanted(`${name}-${moment}`))) return;
  await using context = await browser.newContext(options);
  const page = await context.newPage();
  await ask(page, look);
  await take(page, `${name}-streaming`);
  if (look !== "") return;
  await page.locator('[data-fault="refuse"]').click();
  await page.waitForFunction(() => document.querySelector("ai-stream")?.connection.state === "waiting");
  await take(page, `${name}-cut`);
  await page.waitForFunction(() => document.querySelector("ai-stream")?.status === "idle", null, { timeout: 60_000 });
  await take(page, `${name}-finished`);
}

async function ask(page: Page, look: string): Promise<void> {
  await page.goto(url);
  await page.locator('select[name="look"]').selectOption(look);
  await page.locator('ai-stream [part~="input"]').fill(QUESTION);
  await page.keyboard.press("Enter");
  await page.waitForFunction((wanted) => {
    const last = document.querySelector("ai-stream")?.messages.at(-1);
    const text = last?.role === "assistant" ? last.blocks.map((b) => (b.kind === "text" ? b.text : "")).join("") : "";
    return text.length >= wanted;
  }, MIDDLE_CHARS);
}

/** Three looks and a bubble, side by side: what a page can make of the element. */
async function together(): Promise<void> {
  if (!isWanted("looks")) return;
  await using context = await browser.newContext({ viewport: { width: 1280, height: 1100 } });
  const page = await context.newPage();
  const shots: string[] = [];
  for (const [look, colorScheme] of [
    ["paper", "light"],
    ["terminal", "dark"],
    ["berry", "light"],
  ] as const) {
    await using inner = await browser.newContext({ viewport: { width: 420, height: 1100 }, colorScheme });
    const one = await inner.newPage();
    await one.goto(url);
    await showState(one, { state: "finished", language: "en", attributes: {}, look });
    shots.push((await one.screenshot()).toString("base64"));
  }
  await page.setContent(
    `<body style="margin:0;display:flex;justify-content:space-between;background:#fff">${shots
      .map((shot) => `<img src="data:image/png;base64,${shot}">`)
      .join("")}`,
  );
  await take(page, "looks");
}

function isWanted(name: string): boolean {
  return words.length === 0 || words.some((word) => name.includes(word));
}

async function take(page: Page, name: string): Promise<void> {
  if (!isWanted(name)) return;
  const path = join(folder, `${name}.png`);
  // What enters has come to its place, what pulses is seen.
  await page.screenshot({ path, animations: "disabled" });
  count += 1;
  if (KEPT.includes(name)) copyFileSync(path, join(IMAGES, `${name}.png`));
}
