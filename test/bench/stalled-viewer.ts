/** One stream of megabytes to many viewers, of whom one takes nothing: it must cost the others nothing, and the proxy a cursor. */
import { setTimeout as sleep } from "node:timers/promises";
import { startProxy, type Bench } from "./contender.ts";
import type { Finished, Order } from "./load.ts";
import type { Usage } from "./probe.ts";
import type { Sizes } from "./sizes.ts";
import { formatTable } from "./summary.ts";
import type { Workload } from "./workload.ts";

/** How often the proxy collects its garbage and counts what is left. */
const LOOK_MS = 2_000;
const MIB = 1_048_576;

export async function benchStalled(bench: Bench, { stalled: { viewers, tokens } }: Sizes): Promise<void> {
  const rows: string[][] = [];
  for (const stalled of [0, 1]) rows.push(await measure(bench, viewers, stalled, { pace: "wide", tokens }));
  const most = "most in each half";
  const head = ["stalled viewers", "completed", "MiB/viewer", "s", "live MiB at start", most, "RSS MiB at start", most];
  console.log(`stalled: one stream to ${viewers} viewers, each event its own packet\n${formatTable(head, rows)}\n`);
}

/** @throws {Error} when another than the stalled viewers does not get every character */
async function measure(bench: Bench, viewers: number, stalled: number, workload: Workload): Promise<string[]> {
  await using server = await startProxy(bench, `stalled-${stalled}`, [workload]);
  const order: Order = {
    ...{ dialect: "sse", url: server.url, upstream: bench.upstream.url, workload, streams: 1 },
    viewers,
    stalled,
  };
  await bench.load.ask({ open: order });
  const start = await server.usage(true);
  const seen: Usage[] = [start];
  const done = new AbortController();
  const looks = (async () => {
    while (!done.signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal: done.signal }).catch(() => {});
      seen.push(await server.usage(true));
    }
  })();
  const { tokens, wallMs } = await bench.load.ask<Finished>("finish");
  done.abort();
  await looks;
  await bench.upstream.ask("report");
  // Flat when the second half needs no more than the first.
  const half = Math.ceil(seen.length / 2);
  const most = (of: (usage: Usage) => number) =>
    [seen.slice(0, half), seen.slice(-half)].map((part) => (Math.max(...part.map(of)) / MIB).toFixed(1)).join(", ");
  return [
    `${stalled}`,
    `${tokens / workload.tokens}`,
    // About: the text, and 100 bytes around each event.
    ((workload.tokens * 4_100) / MIB).toFixed(1),
    (wallMs / 1_000).toFixed(1),
    (start.liveBytes / MIB).toFixed(1),
    most(({ liveBytes }) => liveBytes),
    (start.rssBytes / MIB).toFixed(1),
    most(({ rssBytes }) => rssBytes),
  ];
}
