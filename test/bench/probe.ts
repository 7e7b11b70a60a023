/** Loaded into every measured process before its own code: answers over IPC what it has cost so far. */
import { setImmediate as turn } from "node:timers/promises";

/** What a process has used since it started. */
export interface Usage {
  /** Microseconds of CPU, user and system, all threads. */
  readonly cpuUs: number;
  /** After a collection when one was asked for. */
  readonly rssBytes: number;
  /** Objects and buffers, the dead not yet collected included. */
  readonly liveBytes: number;
}

process.on("message", (ask) => {
  if (ask === "usage") process.send?.(usage());
  if (ask === "usage after gc") void collect().then(() => process.send?.(usage()));
});
// The runner is gone: nobody will ask again, nor stop this process.
process.once("disconnect", () => process.exit());
// Does not keep alive a process that has ended its own work.
process.channel?.unref();

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { cpuUs: user + system, rssBytes: rss, liveBytes: heapUsed + external };
}

/** Several rounds: finalizers and external memory are freed one collection after the object. */
async function collect(): Promise<void> {
  for (let round = 0; round < 4; round++) {
    globalThis.gc?.();
    await turn();
  }
}
