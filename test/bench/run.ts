/**
 * `npm run bench`: CPU per token, added latency and memory of the proxy beside a floor, in one run on one upstream; and
 * CPU per decoded event beside the providers' SDKs; and what it does with more streams than it can serve.
 * `--quick` is a smoke run, `--rounds N`, `--only unpaced,lockstep,paced,memory,fan-out,decode,metrics,load,stalled`, `--profile DIR`.
 * Each round runs every contender once; a figure is the median of the rounds, a ratio the median of the rounds' ratios.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { startRedisServer, withoutRedis } from "../fakes/redis-server.ts";
import { FLOOR, startFloor, startProxy, type Bench, type Contender } from "./contender.ts";
import { decodeRound, type DecodeResult } from "./decode.ts";
import { benchLoad } from "./load-2000.ts";
import { measureFanOut, measureMemory, measureStreams, type StreamsResult } from "./measure.ts";
import { MeasuredProcess } from "./measured-process.ts";
import { metricsNs } from "./metrics-cost.ts";
import { sizesOf, type Sizes } from "./sizes.ts";
import { benchStalled } from "./stalled-viewer.ts";
import { formatTable, median, percentile } from "./summary.ts";
import { MADE } from "./wire-bodies.ts";
import type { Pace, Workload } from "./workload.ts";

const STREAM_PACES = ["unpaced", "lockstep", "paced"] as const;
const PARTS = [...STREAM_PACES, "memory", "fan-out", "decode", "metrics", "load", "stalled"] as const;
const DIRECT = "direct";
const OURS = "ours, SSE";
const OURS_ON_REDIS = "ours, Redis";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    only: { type: "string", default: PARTS.join() },
    profile: { type: "string" },
  },
});
const only = values.only.split(",");
for (const part of only) {
  if (!(PARTS as readonly string[]).includes(part))
    throw new TypeError(`--only: found "${part}", expected ${PARTS.join(", ")}`);
}
const sizes = sizesOf(values.quick ? "quick" : "full", values.rounds);

const folder = await mkdtemp(join(tmpdir(), "ai-stream-bench-"));
try {
  await using upstream = await MeasuredProcess.start({ file: "upstream.ts" });
  await using load = await MeasuredProcess.start({ file: "load.ts" });
  const bench: Bench = {
    upstream,
    load,
    folder,
    ...(values.profile === undefined ? {} : { profileDir: values.profile }),
  };
  console.log(
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}, ${sizes.rounds} rounds\n`,
  );
  await benchStreams(
    bench,
    STREAM_PACES.filter((pace) => only.includes(pace)),
  );
  if (only.includes("memory")) await benchMemory(bench, sizes);
  if (only.includes("fan-out")) await benchFanOut(bench, sizes);
  if (only.includes("decode")) await benchDecode(sizes);
  if (only.includes("metrics")) benchMetrics(sizes);
  if (only.includes("load")) await benchLoad(bench, sizes);
  if (only.includes("stalled")) await benchStalled(bench, sizes);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function benchStreams(bench: Bench, paces: readonly (typeof STREAM_PACES)[number][]): Promise<void> {
  if (paces.length === 0) return;
  const workloads = paces.map((pace): Workload => ({ pace, tokens: sizes.tokens[pace] }));
  await using floor = await startFloor(bench);
  await using textFloor = await startFloor(bench, "text");
  await using proxy = await startProxy(bench, "streams", workloads);
  await using replica = withoutRedis === false ? await startReplica(bench, workloads) : null;
  if (withoutRedis !== false) console.log(`${OURS_ON_REDIS}: skipped, ${withoutRedis}\n`);
  const contenders: readonly Contender[] = [
    { name: FLOOR, dialect: "openai", server: floor },
    { name: "floor, text only", dialect: "openai", server: textFloor },
    { name: OURS, dialect: "sse", server: proxy },
    { name: "ours, WebSocket", dialect: "ws", server: proxy },
    ...(replica === null ? [] : [{ name: OURS_ON_REDIS, dialect: "sse" as const, server: replica.proxy }]),
  ];
  const direct: Contender = { name: DIRECT, dialect: "openai", server: bench.upstream };
  for (const workload of workloads) {
    const taking = workload.pace === "paced" ? [direct, ...contenders] : contenders;
    report(workload.pace, await rounds(bench, taking, workload));
  }
}

/** The proxy on a Redis of its own, which writes its file once a second: as SQLite, it keeps what it has when it dies. */
async function startReplica(
  bench: Bench,
  workloads: readonly Workload[],
): Promise<AsyncDisposable & { readonly proxy: MeasuredProcess }> {
  const redis = await startRedisServer(["--appendfsync", "everysec"]);
  try {
    const proxy = await startProxy(bench, "redis", workloads, { store: `${redis.url}/0` });
    return { proxy, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]().finally(() => redis.close()) };
  } catch (error) {
    await redis.close();
    throw error;
  }
}

/** Interleaved, each round in another order, after a warm-up of each. */
async function rounds(
  bench: Bench,
  contenders: readonly Contender[],
  workload: Workload,
): Promise<Map<string, StreamsResult[]>> {
  const results = new Map<string, StreamsResult[]>(contenders.map(({ name }) => [name, []]));
  const warmUp: Workload = workload;
  if (workload.pace !== "paced")
    for (const contender of contenders) await measureStreams(bench, contender, warmUp, sizes.streams);
  for (let round = 0; round < sizes.rounds; round++) {
    for (let place = 0; place < contenders.length; place++) {
      const contender = contenders[(round + place) % contenders.length]!;
      results.get(contender.name)!.push(await measureStreams(bench, contender, workload, sizes.streams));
    }
  }
  return results;
}

function report(pace: Pace, results: ReadonlyMap<string, readonly StreamsResult[]>): void {
  const floors = results.get(FLOOR)!;
  const latency = (all: readonly StreamsResult[], percent: number): number =>
    median(all.map(({ latenciesMs }) => percentile(latenciesMs, percent)));
  const direct = results.get(DIRECT);
  const rows = [...results].map(([name, all]) => [
    name,
    name === DIRECT ? "" : median(all.map(({ cpuUsPerToken }) => cpuUsPerToken)).toFixed(2),
    name === DIRECT
      ? ""
      : median(all.map((result, round) => result.cpuUsPerToken / floors[round]!.cpuUsPerToken)).toFixed(2),
    Math.round(median(all.map(({ tokens, wallMs }) => (1_000 * tokens) / wallMs))).toString(),
    ...(direct === undefined
      ? []
      : [50, 99].map((percent) => (latency(all, percent) - latency(direct, percent)).toFixed(2))),
  ]);
  const tokens = floors[0]!.tokens;
  console.log(`${pace}: ${sizes.streams} streams, ${tokens} tokens delivered and checked in each run`);
  const head = [
    "",
    "CPU µs/token",
    "× floor",
    "tokens/s",
    ...(direct === undefined ? [] : ["added p50 ms", "added p99 ms"]),
  ];
  console.log(formatTable(head, rows));
  const onRedis = results.get(OURS_ON_REDIS)?.map((result, round) => {
    return result.cpuUsPerToken / results.get(OURS)![round]!.cpuUsPerToken;
  });
  console.log(onRedis === undefined ? "" : `${OURS_ON_REDIS}: ${median(onRedis).toFixed(2)} × ${OURS}\n`);
}

async function benchMemory(bench: Bench, { openStreams }: Sizes): Promise<void> {
  const rows: string[][] = [];
  for (const [name, label] of Object.entries({ floor: FLOOR, sse: OURS, ws: "ours, WebSocket" })) {
    const { rssKib, liveKib } = await measureMemory(bench, name as "floor" | "sse" | "ws", sizes);
    rows.push([label, rssKib.toFixed(1), liveKib.toFixed(1)]);
  }
  const head = ["", "RSS KiB/stream", "live KiB/stream"];
  console.log(`memory: ${openStreams} open streams with one viewer each\n${formatTable(head, rows)}\n`);
}

async function benchFanOut(bench: Bench, { viewers, fanOutTokens }: Sizes): Promise<void> {
  const cpuUs = await measureFanOut(bench, viewers, fanOutTokens);
  const rows = [[OURS, cpuUs.toFixed(2)]];
  console.log(`fan-out: one stream to ${viewers} viewers\n${formatTable(["", "CPU µs per viewer and event"], rows)}\n`);
}

async function benchDecode({ rounds: count, decodeEvents }: Sizes): Promise<void> {
  await decodeRound(0, decodeEvents);
  const results: DecodeResult[][] = [];
  for (let round = 0; round < count; round++) results.push(await decodeRound(round, decodeEvents));
  const rows = results[0]!.map(({ wire, events, sdkUs }, index) => {
    const all = results.map((round) => round[index]!);
    const ours = median(all.map(({ oursUs }) => oursUs)).toFixed(2);
    if (sdkUs === null) return [wire, `${events}`, ours, "", ""];
    const sdk = median(all.map((result) => result.sdkUs!)).toFixed(2);
    return [wire, `${events}`, ours, sdk, median(all.map((result) => result.oursUs / result.sdkUs!)).toFixed(2)];
  });
  const head = ["", "events", "ours, CPU µs/event", "SDK, CPU µs/event", "× SDK"];
  const source = results[0]![0]!.source === MADE ? "made" : "recorded";
  console.log(`decode: one ${source} answer of each wire, again and again from memory\n${formatTable(head, rows)}\n`);
}

function benchMetrics({ rounds: count, commits }: Sizes): void {
  metricsNs(commits);
  const ns = median(Array.from({ length: count }, () => metricsNs(commits)));
  console.log(`metrics: CPU ns that they add to a commit of one token: ${ns.toFixed(0)}\n`);
}
