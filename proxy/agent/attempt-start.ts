/** How the beginning of an attempt stands in the log. */
import type { AttemptCause, AttemptMode, StreamEvent } from "../../protocol/index.ts";
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
