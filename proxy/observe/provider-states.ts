/** Whether each provider can be asked now: its lanes joined. */
import type { KnownNames } from "./known-names.ts";
import type { LaneState } from "./lane-state.ts";

/**
 * `ready`: some lane is closed, or was not tried yet; `half_open`: none is, but one is being probed; `resting`: the
 * circuits are closed and every key rests; `open`: all circuits are open; `unused`: no agent names it.
 */
export type ProviderState = "ready" | "half_open" | "resting" | "open" | "unused";

export interface ProviderNote {
  readonly name: string;
  readonly state: ProviderState;
}

/** In the order of the configuration. `now` in milliseconds since the epoch. */
export function providerStates(
  providers: Iterable<string>,
  lanes: readonly LaneState[],
  names: KnownNames,
  now: number,
): readonly ProviderNote[] {
  return [...providers].map((name) => {
    const models = names.models.get(name);
    if (models === undefined) return { name, state: "unused" };
    const own = lanes.filter(({ provider }) => provider === name);
    const tried = new Set(own.map(({ model }) => model));
    const isUntried = [...models].some((model) => !tried.has(model));
    return { name, state: isUntried ? "ready" : stateOf(own, now) };
  });
}

function stateOf(lanes: readonly LaneState[], now: number): ProviderState {
  const awake = lanes.filter(({ restsUntil = 0 }) => restsUntil <= now);
  if (awake.some(({ circuit }) => circuit === "closed")) return "ready";
  if (awake.some(({ circuit }) => circuit === "half_open")) return "half_open";
  return lanes.some(({ circuit }) => circuit !== "open") ? "resting" : "open";
}

/** Something can answer: a stream that starts now has somewhere to go. */
export const canAnswer = (notes: readonly ProviderNote[]): boolean =>
  notes.some(({ state }) => state === "ready" || state === "half_open");
