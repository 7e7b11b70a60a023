/** How attempts stand in the log besides what they say. */
import type { AttemptCause, AttemptMode, StreamEvent, Usage } from "../../protocol/index.ts";
import type { Call } from "./attempt.ts";

export const attemptStart = (
  { attempt, target, passage }: Call,
  cause: AttemptCause,
  mode: AttemptMode,
): StreamEvent => ({
  type: "attempt.start",
  attempt,
  provider: target.provider.name,
  model: target.model,
  cause,
  mode,
  route: passage.note,
});

/** The end of a call that lost a race. What it reported, if anything, is not its last word. */
export function supersededEnd({ attempt, target }: Call, reported: Usage | null): StreamEvent[] {
  const usage = reported === null ? { input: 0, output: 0 } : target.pricing(reported);
  return [
    { type: "usage", attempt, ...usage, final: false },
    { type: "attempt.end", attempt, outcome: "superseded" },
  ];
}
