/** The three measurements: CPU and latency of streams, memory of open streams, one stream to many viewers. */
import { startFloor, startProxy, type Bench, type Contender } from "./contender.ts";
import type { Dialect, Finished, Order } from "./load.ts";
import type { MeasuredProcess } from "./measured-process.ts";
import type { Sizes } from "./sizes.ts";
import type { SentTimes } from "./upstream.ts";
import type { Workload } from "./workload.ts";

export interface StreamsResult {
  readonly cpuUsPerToken: number;
  readonly tokens: number;
  readonly wallMs: number;
  /** Milliseconds from the provider's write to the reader, of every token that counts; empty when unpaced. */
  readonly latenciesMs: readonly number[];
}

/**
 * Streams to one viewer each, from the first request to the last end. The latencies count from the first token on, or, when
 * there are so many streams that opening them is a load of its own, from when all were open.
 * @throws {Error} when an answer differs by a character, or the provider was asked more than once for a stream.
 */
export async function measureStreams(
  { upstream, load }: Bench,
  { dialect, server }: Contender,
  workload: Workload,
  streams: number,
  latencyFrom: "first token" | "all open" = "first token",
): Promise<StreamsResult> {
  const before = await server.usage();
  await load.ask({ open: order({ upstream, load }, dialect, server, workload, streams) });
  const { tokens, wallMs, receivedAt } = await load.ask<Finished>("finish");
  const after = await server.usage();
  const { requests, sent } = await upstream.ask<{ requests: number; sent: SentTimes }>("report");
  if (requests !== streams) throw new Error(`The provider was asked ${requests} times for ${streams} streams`);
  const fromUs = latencyFrom === "first token" ? 0 : Object.values(sent).reduce((us, [at]) => Math.max(us, at!), 0);
  const latenciesMs: number[] = [];
  receivedAt.forEach((times, stream) =>
    sent[stream]?.forEach((sentAt, token) => {
      if (sentAt >= fromUs) latenciesMs.push((times[token]! - sentAt) / 1_000);
    }),
  );
  return { cpuUsPerToken: (after.cpuUs - before.cpuUs) / tokens, tokens, wallMs, latenciesMs };
}

export interface MemoryResult {
  /** Growth of the resident set per open stream, in KiB. */
  readonly rssKib: number;
  /** Growth of what is alive after a collection, buffers included, in KiB. */
  readonly liveKib: number;
}

/**
 * As docs/operations.md advises: left to itself the young generation doubles now and then, up to 128 MiB in all, and where
 * it does so between the two looks, it would count as the streams'.
 */
const YOUNG_GENERATION = ["--max-semi-space-size=16"];

/** What one open stream with one viewer adds to a process that has worked before: modules are compiled, buffers in use. */
export async function measureMemory(bench: Bench, name: "floor" | "sse" | "ws", sizes: Sizes): Promise<MemoryResult> {
  const dialect = name === "floor" ? "openai" : name;
  const warmUp: Workload = { pace: "unpaced", tokens: sizes.tokens.unpaced };
  const held: Workload = { pace: "held", tokens: 40 };
  await using server =
    name === "floor"
      ? await startFloor(bench, "whole", YOUNG_GENERATION)
      : await startProxy(bench, `memory-${name}`, [warmUp, held], { flags: YOUNG_GENERATION });
  await measureStreams(bench, { name, dialect, server }, warmUp, sizes.streams);
  const before = await server.usage(true);
  await bench.load.ask({ open: order(bench, dialect, server, held, sizes.openStreams) });
  const after = await server.usage(true);
  await bench.upstream.ask("release");
  await bench.load.ask("finish");
  await bench.upstream.ask("report");
  const perStream = (bytes: number): number => bytes / sizes.openStreams / 1_024;
  return {
    rssKib: perStream(after.rssBytes - before.rssBytes),
    liveKib: perStream(after.liveBytes - before.liveBytes),
  };
}

/** CPU µs per viewer and event of one stream with many viewers, all attached before, each event its own packet. */
export async function measureFanOut(bench: Bench, viewers: number, tokens: number): Promise<number> {
  const workload: Workload = { pace: "lockstep", tokens };
  await using server = await startProxy(bench, "fan-out", [workload]);
  let cpuUs = 0;
  // The first is the warm-up.
  for (const counted of [false, true]) {
    await bench.load.ask({ open: { ...order(bench, "sse", server, workload, 1), viewers } });
    const before = await server.usage();
    await bench.load.ask("finish");
    const after = await server.usage();
    await bench.upstream.ask("report");
    if (counted) cpuUs = after.cpuUs - before.cpuUs;
  }
  return cpuUs / viewers / (tokens - 1);
}

function order(
  { upstream }: Pick<Bench, "upstream" | "load">,
  dialect: Dialect,
  server: MeasuredProcess,
  workload: Workload,
  streams: number,
): Order {
  return { dialect, url: server.url, upstream: upstream.url, workload, streams, viewers: 1 };
}
