/** What a growing answer costs the page's main thread: a short and a long one, each on a page of its own. */
import type { Browser } from "playwright-core";
import { countersOf } from "./chromium.ts";
import { longTasksOf } from "./long-tasks.ts";
import type { LongTask } from "./long-tasks.ts";

export interface Growth {
  readonly tokens: number;
  readonly cpuMs: number;
  readonly frames: number;
  readonly longTasks: readonly LongTask[];
  /** Of the JavaScript heap, less the text, after a collection. */
  readonly heapBytes: number;
}

/** Lets an answer of `tokens` tokens arrive at `perSecond`, as far as frames come. @param script `page.ts`, as one file */
export async function growthOf(
  browser: Browser,
  script: string,
  contender: string,
  tokens: number,
  perSecond: number,
): Promise<Growth> {
  const page = await browser.newPage();
  try {
    await page.setContent("<!doctype html><html lang=en><body></body></html>");
    await page.addScriptTag({ type: "module", content: script });
    await page.waitForFunction(() => window.bench !== undefined);
    const counters = await countersOf(page);
    const chars = await page.evaluate(([of, count]) => window.bench.begin(of, count), [contender, tokens] as const);
    const heapBefore = await counters.heapBytes();
    let cpuMs = 0;
    let frames = 0;
    const longTasks = await longTasksOf(browser, page, async () => {
      const before = await counters.taskMs();
      frames = await page.evaluate(([to, per]) => window.bench.grow(to, per), [tokens, perSecond] as const);
      cpuMs = (await counters.taskMs()) - before;
    });
    return { tokens, cpuMs, frames, longTasks, heapBytes: (await counters.heapBytes()) - heapBefore - chars };
  } finally {
    await page.close();
  }
}
