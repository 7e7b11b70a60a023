/** Tasks of a page's main thread that took longer than people overlook, as the browser's trace tells them. */
import type { Browser, Page } from "playwright-core";

/** What the browser calls a long task; here of CPU, not of wall time, which other work on the machine would stretch. */
const LONG_MS = 50;
/** Light ones: those of the timeline count all nodes with every frame. */
const CATEGORIES = ["__metadata", "toplevel", "blink", "v8", "cppgc"];
const MAIN_THREAD = "CrRendererMain";
const TASK = "ThreadControllerImpl::RunTask";

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** In µs; `tdur` is CPU. */
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string; readonly src_func?: string };
}

export interface LongTask {
  readonly cpuMs: number;
  /** Who asked for it, and what most of it was, from the outside in. */
  readonly was: string;
}

/** Runs `work` and gives the long tasks of the page's main thread meanwhile, the longest first. */
export async function longTasksOf(browser: Browser, page: Page, work: () => Promise<void>): Promise<LongTask[]> {
  await browser.startTracing(page, { categories: CATEGORIES });
  await work();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  return readLongTasks(traceEvents);
}

export function readLongTasks(events: readonly TraceEvent[]): LongTask[] {
  const mains = new Set(
    events.filter(({ name, args }) => name === "thread_name" && args?.name === MAIN_THREAD).map(threadOf),
  );
  const complete = events.filter((event) => event.ph === "X" && mains.has(threadOf(event)));
  return complete
    .filter(({ name, tdur = 0 }) => name === TASK && tdur > LONG_MS * 1000)
    .map((task) => ({ cpuMs: (task.tdur ?? 0) / 1000, was: nameOf(task, complete) }))
    .toSorted((a, b) => b.cpuMs - a.cpuMs);
}

const threadOf = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;

/** The names of what is inside and took more than half of it. */
function nameOf(task: TraceEvent, events: readonly TraceEvent[]): string {
  const end = task.ts + (task.dur ?? 0);
  const inside = events.filter(
    ({ ts, dur = 0, tdur = 0, pid, tid }) =>
      pid === task.pid && tid === task.tid && ts >= task.ts && ts + dur <= end && tdur > (task.tdur ?? 0) / 2,
  );
  const names = new Set(inside.toSorted((a, b) => (b.dur ?? 0) - (a.dur ?? 0)).map(({ name }) => name));
  names.delete(TASK);
  return [task.args?.src_func ?? "unknown", ...names].join(" > ");
}
