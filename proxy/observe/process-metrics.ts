/** The process and its event loop, read when they are asked for. */
import { readdirSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge } from "prom-client";
import type { Registry } from "prom-client";

/** Fine enough to see a stall a reader notices, rare enough to cost nothing. */
const RESOLUTION_MS = 20;
const QUANTILES = [0.5, 0.9, 0.99, 1] as const;

/** prom-client's own defaults hang observers on the process that nothing takes down again. Returns how to stop. */
export function registerProcessMetrics(registry: Registry): () => void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const total = (name: string, help: string, read: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });

  total("process_cpu_user_seconds_total", "User CPU time.", () => process.cpuUsage().user / 1e6);
  total("process_cpu_system_seconds_total", "System CPU time.", () => process.cpuUsage().system / 1e6);
  total(
    "process_cpu_seconds_total",
    "User and system CPU time.",
    () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
  );
  const startedAtSeconds = Date.now() / 1000 - process.uptime();
  gauge("process_start_time_seconds", "Start of the process, in seconds since the epoch.", () => startedAtSeconds);
  gauge("process_resident_memory_bytes", "Resident memory.", () => process.memoryUsage.rss());
  gauge("nodejs_heap_size_used_bytes", "Heap in use.", () => process.memoryUsage().heapUsed);
  gauge("nodejs_heap_size_total_bytes", "Heap reserved.", () => process.memoryUsage().heapTotal);
  gauge("nodejs_external_memory_bytes", "Memory of buffers and native objects.", () => process.memoryUsage().external);
  if (process.platform === "linux") gauge("process_open_fds", "Open file descriptors.", openFiles);
  return registerEventLoopDelay(registry);
}

const openFiles = (): number => readdirSync("/proc/self/fd").length;

function registerEventLoopDelay(registry: Registry): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  new Gauge({
    name: "ai_stream_event_loop_delay_seconds",
    help: "How late the event loop was since the last scrape; quantile 1 is the worst.",
    labelNames: ["quantile"],
    registers: [registry],
    collect() {
      for (const quantile of QUANTILES) {
        // It counts from timer to timer, so the interval itself is no delay.
        const ms = delay.percentile(quantile * 100) / 1e6 - RESOLUTION_MS;
        this.set({ quantile: String(quantile) }, Math.max(0, ms) / 1000);
      }
      delay.reset();
    },
  });
  return () => void delay.disable();
}
