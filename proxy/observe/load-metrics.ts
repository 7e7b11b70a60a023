/** How busy the process is, and what it does about it, read at each scrape. */
import { Counter, Gauge } from "prom-client";
import type { Registry } from "prom-client";
import { ERROR_CODES } from "../../protocol/index.ts";

/** What is known of the load. */
export interface LoadState {
  /** 0 while nobody is harmed; from 1 on no streams begin. */
  readonly pressure: number;
  readonly isOverloaded: boolean;
  /** Milliseconds that commits wait for each other. */
  readonly flushMs: number;
}

/** Returns how to count a refused start by the code of its error. */
export function registerLoadMetrics(registry: Registry, load: LoadState | undefined): (code: string) => void {
  const registers = [registry];
  const refused = new Counter({
    name: "ai_stream_starts_refused_total",
    help: "Starts that were refused, by the code of the error.",
    labelNames: ["code"],
    registers,
  });
  const gauge = (name: string, help: string, read: (load: LoadState) => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(load === undefined ? 0 : read(load));
      },
    });
  gauge("ai_stream_load_pressure", "0 while nobody is harmed; from 1 on no streams begin.", ({ pressure }) => pressure);
  gauge("ai_stream_overloaded", "1 while no streams begin.", ({ isOverloaded }) => Number(isOverloaded));
  gauge("ai_stream_flush_seconds", "How long commits wait for each other now.", ({ flushMs }) => flushMs / 1_000);
  return (code) => refused.inc({ code: Object.hasOwn(ERROR_CODES, code) ? code : "other" });
}
