/** Where an answer is written: one proxy or several, and how they break. */
import type { ConfigInput } from "../../proxy/index.ts";
import type { PlaceFault, Schedule } from "./schedule.ts";

export interface Place extends AsyncDisposable {
  /** Where readers connect, on loopback. */
  readonly port: number;
  /** The addresses of all proxies, past any balancer. */
  readonly urls: readonly string[];
  /** Breaks something and calls `whileBroken`; when it resolves, everything runs again. */
  strike(fault: PlaceFault, whileBroken: () => Promise<void>): Promise<void>;
  /** Writers that a stream lost so far, at most: each may have asked the provider once more. */
  readonly lost: number;
  /** Whether a writer that the machine starves for as long as its lease loses the stream to another. */
  readonly isShared: boolean;
}

/** Milliseconds; the least that a busy machine does not lose by itself. */
export const LEASE_MS = 3_000;
const HEARTBEAT_MS = 400;

/** Attempts enough for every schedule, circuits that never open: what is looked at is the log and its readers. */
export function configOf({ mode }: Pick<Schedule, "mode">, baseUrl: string): ConfigInput {
  const kind = mode === "prefix" ? ("deepseek" as const) : ("openai-compatible" as const);
  return {
    port: 0,
    providers: { speaker: { kind, baseUrl, apiKey: "test-key" } },
    agents: { default: { models: ["speaker/words"] } },
    resilience: { attempts: 30, afterContent: 30, breaker: { failures: 1_000 }, leaseMs: LEASE_MS, drainMs: 0 },
    delivery: { heartbeatMs: HEARTBEAT_MS },
  };
}
