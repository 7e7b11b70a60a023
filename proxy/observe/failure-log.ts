/** What the operator is told of providers that fail: codes and names, no text of a person, a model or a provider. */
import type { CircuitState, LaneState } from "./lane-state.ts";
import type { Logger } from "./logger.ts";
import type { FailedAttempt } from "./stream-fold.ts";

/** One line per failed attempt, at warn. */
export const logFailedAttempt =
  (logger: Logger) =>
  (failed: FailedAttempt): void =>
    logger.warn(failed, "an attempt failed");

/** One line when a circuit opens, at warn, and one when it is probed or closes, at info. */
export const logCircuit =
  (logger: Logger) =>
  ({ provider, model, region, key, openUntil }: Omit<LaneState, "circuit">, state: CircuitState): void => {
    const lane = { provider, model, ...(region ? { region } : {}), ...(key ? { key } : {}) };
    if (state === "open")
      logger.warn({ ...lane, openMs: openMsOf(openUntil) }, "a circuit opened: nothing is asked there");
    else logger.info(lane, state === "closed" ? "a circuit closed: it answers again" : "a circuit is probed");
  };

const openMsOf = (openUntil: number | undefined): number | undefined =>
  openUntil === undefined ? undefined : Math.max(0, openUntil - Date.now());
