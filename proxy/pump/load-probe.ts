/** Reads the load of this process four times a second, from what Node counts anyway: nothing is measured per event. */
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { EventLoopUtilization } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { Load } from "./load.ts";

/** Often enough to act within a second or two, rare enough to cost nothing. */
const READ_MS = 250;
/** How often Node itself looks how late the loop is. */
const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

/** Commits under way, and how many have ended so far. */
type CommitProgress = () => { readonly open: number; readonly ended: number };

export class LoadProbe {
  readonly #load: Load;
  readonly #progress: CommitProgress;
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #utilization: EventLoopUtilization = performance.eventLoopUtilization();
  #commits = 0;
  #commitMs = 0;
  /** Since when commits are under way and none has ended: a store that does not answer has no time to show. */
  #stuckMs = 0;
  #ended = 0;

  /** Reads until `close()`. */
  constructor(load: Load, progress: CommitProgress = () => ({ open: 0, ended: 0 })) {
    this.#load = load;
    this.#progress = progress;
    this.#delay.enable();
    this.#timer = setInterval(() => this.#read(), READ_MS).unref();
  }

  /** A commit took so long. */
  committed(ms: number): void {
    this.#commits++;
    this.#commitMs += ms;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }

  #read(): void {
    const utilization = performance.eventLoopUtilization();
    const { utilization: busyRatio } = performance.eventLoopUtilization(utilization, this.#utilization);
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    // It counts from timer to timer, so its interval is no delay. Without a sample the mean is no number.
    const loopDelayMs = this.#delay.count === 0 ? 0 : Math.max(0, this.#delay.mean / NS_PER_MS - RESOLUTION_MS);
    const { open, ended } = this.#progress();
    this.#stuckMs = open > 0 && ended === this.#ended ? this.#stuckMs + READ_MS : 0;
    const commitMs = Math.max(this.#stuckMs, this.#commits === 0 ? 0 : this.#commitMs / this.#commits);
    this.#ended = ended;
    this.#utilization = utilization;
    this.#delay.reset();
    this.#commits = 0;
    this.#commitMs = 0;
    this.#load.read({ busyRatio, loopDelayMs, heapRatio: used / limit, commitMs });
  }
}
