/**
 * `node scripts/screenshots.ts`: the demo page as people see it, in light and dark, desktop and phone, into docs/images/:
 * while an answer streams, when it has ended, and while the connection is cut; and a provider's death in mid-answer.
 * `node scripts/screenshots.ts failover` makes the last ones only.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";

import { createProxy } from "../proxy/index.ts";
import { photographFailover } from "./failover-shots.ts";
import { launchBrowser } from "../test/e2e/browser.ts";
import { ensureScriptBuild } from "../test/e2e/script-build.ts";

const FOLDER = fileURLToPath(new URL("../docs/images", import.meta.url));
const QUESTION = "Show me around";
/** A phone's pixels are finer. */
const DEVICES = {
  desktop: { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 },
} as const;
const THEMES = ["light", "dark"] as const;
/** Text this long is in the middle of the answer: the list is done, the table begins. */
const MIDDLE_CHARS = 900;

ensureScriptBuild();
mkdirSync(FOLDER, { recursive: true });
const proxy = await createProxy({ port: 0, store: "sqlite::memory:" }, { env: {}, logLevel: "error" });
const { url } = await proxy.listen();
const browser = await launchBrowser();
try {
  await photographFailover(browser, (page, moment) =>
    page.screenshot({ path: join(FOLDER, `failover-${moment}.png`) }),
  );
  for (const [device, screen] of Object.entries(process.argv[2] === "failover" ? {} : DEVICES)) {
    for (const colorScheme of THEMES) {
      await using context = await browser.newContext({ ...screen, colorScheme });
      await photograph(await context.newPage(), `${device}-${colorScheme}`);
    }
  }
} finally {
  await browser.close();
  await proxy.close(0);
}

async function photograph(page: Page, name: string): Promise<void> {
  const take = (moment: string) => page.screenshot({ path: join(FOLDER, `${name}-${moment}.png`) });

  await page.goto(url);
  await page.locator('ai-stream [part~="input"]').waitFor();
  await page.locator('ai-stream [part~="input"]').fill(QUESTION);
  await page.keyboard.press("Enter");
  await shows(page, MIDDLE_CHARS);
  await take("streaming");

  await page.locator('[data-fault="refuse"]').click();
  await page.waitForFunction(() => document.querySelector("ai-stream")?.connection.state === "waiting");
  await take("cut");

  await page.waitForFunction(() => document.querySelector("ai-stream")?.status === "idle", null, { timeout: 60_000 });
  await take("finished");
}

/** Waits until the last answer has so many characters. */
async function shows(page: Page, chars: number): Promise<void> {
  await page.waitForFunction((wanted) => {
    const last = document.querySelector("ai-stream")?.messages.at(-1);
    const text = last?.role === "assistant" ? last.blocks.map((b) => (b.kind === "text" ? b.text : "")).join("") : "";
    return text.length >= wanted;
  }, chars);
}
