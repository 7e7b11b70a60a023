/** The call a dead process left under way, as one that has just broken off: what follows is what follows any such call. */
import { StreamError } from "../../protocol/index.ts";
import type { Passage } from "../route/route.ts";
import type { Target } from "../route/target.ts";
import type { AttemptMeter } from "../spend/meter.ts";
import type { ResumeRecord } from "../stream-log/stream-log.ts";
import type { Call } from "./attempt.ts";
import type { OpenAttempt } from "./unfinished.ts";

/** What that process had spent is known from its log, and booked. */
const SETTLED: AttemptMeter = {
  maxOutputTokens: undefined,
  read: () => undefined,
  end: () => ({ input: 0, output: 0, estimated: true }),
};

export const orphaned = (): StreamError => new StreamError("orphaned", "The proxy stopped while it was answering");

/** @param meter of an answer that is read on; null for one that is not */
export function orphanedCall(
  { attempt }: Pick<OpenAttempt, "attempt">,
  target: Target,
  resume: ResumeRecord | null,
  meter: AttemptMeter | null,
): Call {
  const key = (resume !== null && target.provider.keys?.keys.find(({ id }) => id === resume.key)) || null;
  const passage: Passage = {
    target,
    key,
    note: { by: "sticky", why: "was asked before the takeover", skipped: [] },
    firstContent: () => {},
    end: () => {},
    again: () => passage,
  };
  return { attempt, target, key, passage, meter: meter ?? SETTLED, isCapped: false, events: brokenOff(), stop: null };
}

// oxlint-disable-next-line require-yield -- it has nothing more to say: that is what it stands for
async function* brokenOff(): AsyncGenerator<never, void> {
  throw orphaned();
}
