/** What the operator is told of providers that fail: codes and names, no text of a person, a model or a provider. */
import type { LaneState } from "./lane-state.ts";
import type { Logger } from "./logger.ts";
import type { FailedAttempt } from "./stream-fold.ts";

/** One line per failed attempt, at warn. */
export const logFailedAttempt =
  (logger: Logger) =>
  (failed: FailedAttempt): void =>
    logger.warn(failed, "an attempt failed");

/** One line when a circuit opens, or opens again after a failed probe, at warn; one when it closes, at info. */
export const logCircuit =
  (logger: Logger) =>
  ({ provider, model, region, key, openUntil }: Omit<LaneState, "circuit">, state: "open" | "closed"): void => {
    const lane = { provider, model, ...(region ? { region } : {}), ...(key ? { key } : {}) };
    if (state === "closed") logger.info(lane, "a circuit closed");
    else logger.warn({ ...lane, openMs: Math.max(0, (openUntil ?? 0) - Date.now()) }, "a circuit opened");
  };
