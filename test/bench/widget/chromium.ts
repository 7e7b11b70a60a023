/** What the browser itself counts of a page: CPU of its main thread, its heap, and its tasks. */
import type { CDPSession, Page } from "playwright-core";

export interface Counters {
  /** CPU of all tasks of the main thread so far, in ms. Not wall time: other work on the machine does not count. */
  taskMs(): Promise<number>;
  /** The part of it that is script, style and layout. */
  scriptMs(): Promise<number>;
  /** Of the JavaScript heap, after a collection. */
  heapBytes(): Promise<number>;
  /** Makes the main thread this many times slower; how much exactly depends on what else the machine does. */
  slowDown(rate: number): Promise<void>;
}

export async function countersOf(page: Page): Promise<Counters> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await session.send("HeapProfiler.enable");
  return {
    taskMs: () => cpuMs(session, ["TaskDuration"]),
    scriptMs: () => cpuMs(session, ["ScriptDuration", "RecalcStyleDuration", "LayoutDuration"]),
    heapBytes: async () => {
      await session.send("HeapProfiler.collectGarbage");
      return (await session.send("Runtime.getHeapUsage")).usedSize;
    },
    slowDown: async (rate) => void (await session.send("Emulation.setCPUThrottlingRate", { rate })),
  };
}

async function cpuMs(session: CDPSession, names: readonly string[]): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  const seconds = metrics.filter(({ name }) => names.includes(name)).reduce((sum, { value }) => sum + value, 0);
  return seconds * 1000;
}
