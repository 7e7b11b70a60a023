/** What holds back the reading of a provider besides the stream's own commits: its pace, and its lead over its viewers. */
import type { StreamEvent } from "../../protocol/index.ts";
import type { AnswerOutput } from "../agent/loop.ts";
import type { StreamTail } from "../stream-log/tail.ts";
import { Lead } from "./lead.ts";
import { Pace } from "./pace.ts";

/** How often a stream that is too far ahead looks where its viewers are: telling of their every step would cost each delivery. */
const LOOK_MS = 50;

export interface ThrottleLimits {
  /** Tokens of one stream, estimated from characters; 0 without a limit. @default 0 */
  readonly maxTokensPerSecond?: number;
  /** Committed events that the viewer who has most does not have yet. @default no limit */
  readonly maxLeadEvents?: number;
}

/**
 * As `write`, but what it returns also waits for the pace and for the viewers; an abort ends both waits. Only content is
 * held back: the end of an answer waits for nobody.
 */
export function throttled(
  write: AnswerOutput["write"],
  tail: StreamTail,
  { maxTokensPerSecond = 0, maxLeadEvents = Infinity }: ThrottleLimits,
  signal: AbortSignal,
): AnswerOutput["write"] {
  const pace = maxTokensPerSecond > 0 ? new Pace(maxTokensPerSecond) : null;
  const lead = new Lead(tail, maxLeadEvents);
  return (events, record) => {
    const room = write(events, record);
    const paceMs = pace === null ? 0 : pace.read(events);
    if (paceMs === 0 && !lead.isTooFar) return room;
    return events.some(isDelta) ? held(room, paceMs, lead, signal) : room;
  };
}

async function held(room: Promise<void> | undefined, paceMs: number, lead: Lead, signal: AbortSignal): Promise<void> {
  await room;
  if (paceMs > 0) await pause(paceMs, signal);
  while (!signal.aborted && lead.isTooFar) await pause(LOOK_MS, signal);
}

/** Ends early when the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, signal.aborted ? 0 : ms);
    signal.addEventListener("abort", done, { once: true });
  });
}

const isDelta = ({ type }: StreamEvent): boolean => type === "delta";
