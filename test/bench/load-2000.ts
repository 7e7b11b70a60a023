/** Many streams at once: what each token costs at 10,000 a second beside the floor, and what happens at twice that and more. */
import { setTimeout as sleep } from "node:timers/promises";
import { FLOOR, startFloor, startProxy, type Bench, type Contender } from "./contender.ts";
import type { Finished, Opened, Order } from "./load.ts";
import { measureStreams, type StreamsResult } from "./measure.ts";
import type { MeasuredProcess } from "./measured-process.ts";
import type { Sizes } from "./sizes.ts";
import { formatTable, percentile } from "./summary.ts";
import type { Workload } from "./workload.ts";

/** New streams are offered in steps of this part of the usual number. */
const STEP = 0.05;
/** How often the proxy's own view of its load is looked at. */
const LOOK_MS = 500;
/** Steps all refused after which nothing more is offered. */
const REFUSED_STEPS = 3;
const DIRECT = "direct";

/** Prints a table of the load it is meant for, and one of twice that and more. */
export async function benchLoad(bench: Bench, sizes: Sizes): Promise<void> {
  const { streams, tokens, perSecond } = sizes.load;
  const usual: Workload = { pace: "paced", tokens, perSecond };
  const twice: Workload = { pace: "paced", tokens: 2 * tokens, perSecond: 2 * perSecond };
  await using proxy = await startProxy(bench, "load", [usual, twice]);
  await using floor = await startFloor(bench);
  const contenders: readonly Contender[] = [
    { name: DIRECT, dialect: "openai", server: bench.upstream },
    { name: FLOOR, dialect: "openai", server: floor },
    { name: "ours, SSE", dialect: "sse", server: proxy },
  ];
  const results: StreamsResult[] = [];
  const watching = watch(proxy.url);
  for (const contender of contenders) results.push(await measureStreams(bench, contender, usual, streams, "all open"));
  report(sizes, contenders, results);
  const { flushMs, pressure } = await watching();
  console.log(`widest flush ${flushMs.toFixed(0)} ms, highest pressure ${pressure.toFixed(2)}, no start refused\n`);
  await benchTwice(bench, sizes, proxy, twice);
}

function report({ load }: Sizes, contenders: readonly Contender[], results: readonly StreamsResult[]): void {
  const [direct, floor] = results;
  const rows = results.map((result, index) => {
    const { cpuUsPerToken, tokens, wallMs, latenciesMs } = result;
    const rate = Math.round((1_000 * tokens) / wallMs).toString();
    if (result === direct) return [DIRECT, "", "", rate, "0.00", "0.00"];
    const added = [50, 99].map((percent) =>
      (percentile(latenciesMs, percent) - percentile(direct!.latenciesMs, percent)).toFixed(2),
    );
    const ratio = (cpuUsPerToken / floor!.cpuUsPerToken).toFixed(2);
    return [contenders[index]!.name, cpuUsPerToken.toFixed(2), ratio, rate, ...added];
  });
  const { streams, tokens, perSecond } = load;
  console.log(
    `load: ${streams} streams of ${perSecond} tokens/s each, ${streams * tokens} tokens delivered and checked in each run`,
  );
  console.log(`${formatTable(["", "CPU µs/token", "× floor", "tokens/s", "added p50 ms", "added p99 ms"], rows)}`);
}

/** What the proxy says of its load. */
interface Seen {
  readonly flushMs: number;
  readonly pressure: number;
}

/** Streams twice as fast, the usual number of them and then more, until the proxy refuses. Every one that began must end whole. */
async function benchTwice(bench: Bench, { load }: Sizes, proxy: MeasuredProcess, workload: Workload): Promise<void> {
  const watching = watch(proxy.url);
  const step = Math.max(1, Math.round(STEP * load.streams));
  const order: Order = {
    ...{ dialect: "sse", url: proxy.url, upstream: bench.upstream.url, workload, viewers: 1 },
    streams: step,
  };
  const before = await proxy.usage();
  await bench.load.ask({ open: order });
  const refusals: number[] = [];
  let begun = step;
  let atRefusal: number | null = null;
  for (let refusedSteps = 0; begun < load.most && refusedSteps < REFUSED_STEPS;) {
    const { opened, refused } = await bench.load.ask<Opened>({ more: order });
    begun += opened;
    refusals.push(...refused);
    if (refused.length > 0) atRefusal ??= begun;
    refusedSteps = opened === 0 ? refusedSteps + 1 : 0;
    await sleep(load.stepMs);
  }
  const finished = await bench.load.ask<Finished>("finish");
  const after = await proxy.usage();
  const { flushMs, pressure } = await watching();
  const { requests } = await bench.upstream.ask<{ requests: number }>("report");
  if (requests !== begun) throw new Error(`The provider was asked ${requests} times for ${begun} streams`);
  const rows = [
    ["streams begun, all delivered whole", `${begun}`],
    ["tokens delivered and checked", `${finished.tokens}`],
    ["tokens/s, mean", Math.round((1_000 * finished.tokens) / finished.wallMs).toString()],
    ["CPU µs/token", ((after.cpuUs - before.cpuUs) / finished.tokens).toFixed(2)],
    ["widest flush, ms", flushMs.toFixed(0)],
    ["highest pressure", pressure.toFixed(2)],
    ["streams running at the first refusal", `${atRefusal ?? "none refused"}`],
    ["starts refused", `${refusals.length}`],
    ["Retry-After, s", refusals.length === 0 ? "" : `${Math.min(...refusals)}–${Math.max(...refusals)}`],
  ];
  console.log(`load, twice the rate and more: streams of ${workload.perSecond} tokens/s until they are refused`);
  console.log(`${formatTable(["", "ours, SSE"], rows)}\n`);
}

/** Looks at the load of a proxy from now on; what it returns stops looking and tells the most there was. */
function watch(url: string): () => Promise<Seen> {
  const most = { flushMs: 0, pressure: 0 };
  const stop = new AbortController();
  const looks = (async () => {
    while (!stop.signal.aborted) {
      const { flushMs, pressure } = await seenAt(url);
      most.flushMs = Math.max(most.flushMs, flushMs);
      most.pressure = Math.max(most.pressure, pressure);
      await sleep(LOOK_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  })();
  // Whoever asks for the result hears of a failure.
  looks.catch(() => {});
  return async () => {
    stop.abort();
    await looks;
    return most;
  };
}

async function seenAt(url: string): Promise<Seen> {
  // On a connection of its own: a kept one may be closed just when it is used again.
  const text = await (await fetch(`${url}/metrics`, { headers: { connection: "close" } })).text();
  const valueOf = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? NaN);
  return { flushMs: 1_000 * valueOf("ai_stream_flush_seconds"), pressure: valueOf("ai_stream_load_pressure") };
}
