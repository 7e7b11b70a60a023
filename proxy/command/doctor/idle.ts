/** How long a silent connection lives: a stream is quiet while a model thinks, but for its heartbeats. */
import { ok, problem, reasonOf, secondsOf, skipped } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { judgeAnswer } from "./judge-probe.ts";
import { behind } from "./middlebox.ts";
import { readProbe } from "./read-probe.ts";
import type { ProbeReading } from "./read-probe.ts";
import type { Path } from "./path.ts";

/** A limit must be above the heartbeat by so much that one which is late still comes in time. */
const MARGIN_RATIO = 1.2;

/** @param idleMs how long nothing is said */
export async function checkIdle(path: Path, idleMs: number): Promise<Finding> {
  try {
    return judgeIdle(await readProbe(path, 2, idleMs), idleMs);
  } catch (thrown) {
    return problem("idle", `no answer (${reasonOf(thrown)})`, "look at the checks before this one");
  }
}

export function judgeIdle(reading: ProbeReading, idleMs: number): Finding {
  const { events, facts, headers, askedAt, endedAt } = reading;
  const unread = judgeAnswer(reading);
  if (unread !== null && events.length === 0 && reading.broke === null) return { ...unread, check: "idle" };
  if (events.some(({ probe }) => probe === 1)) return ok("idle", `${secondsOf(idleMs)} of silence are let through`);
  const cutMs = endedAt - (events[0]?.at ?? askedAt);
  if (facts === null) return skipped("idle", "the stream did not begin: look at the checks before this one");
  if (cutMs >= idleMs) {
    const what = `after ${secondsOf(idleMs)} of silence nothing comes any more, and nobody is told${behind(headers)}`;
    return problem(
      "idle",
      what,
      `let connections of /v1/ be silent for over ${secondsOf(facts.heartbeatMs * MARGIN_RATIO)}`,
    );
  }
  const what = `a silent connection is cut after ${secondsOf(cutMs)}${behind(headers)}`;
  if (cutMs > facts.heartbeatMs * MARGIN_RATIO) {
    return ok("idle", `${what}; heartbeats every ${secondsOf(facts.heartbeatMs)} prevent that`);
  }
  const wanted = `raise that limit above ${secondsOf(facts.heartbeatMs * MARGIN_RATIO)} (nginx: proxy_read_timeout 60s)`;
  return problem("idle", what, `${wanted}, or lower delivery.heartbeatMs`);
}
