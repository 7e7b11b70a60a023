/** What a provider in trouble does to one call. Pure: the provider acts on it. */
import { StreamError } from "../../../protocol/index.ts";
import { progress } from "./trouble.ts";
import type { Spell } from "./trouble.ts";

/** How a call begins. */
export interface Opening {
  /** Null when it is taken. */
  readonly refusal: StreamError | null;
  /** Milliseconds until the refusal or the first content, if anybody waits so long. */
  readonly afterMs: number;
}

/** What a refusal takes on the network, and what a server takes to give up. */
const REFUSED_MS = 5;
const GIVEN_UP_MS = 1_000;
/** Of the calls that a brown-out hits, so many are refused at once, and so many given up; the rest is left to hang. */
const OVERLOADED = 0.4;
const GIVEN_UP = 0.4;
/** A provider that is short of everything is slower, too. */
const BROWN_OUT_SLOWNESS = 4;
/** Just before it is dead, what a dying provider adds to the time to the first token, at most. */
const DYING_MS = 12_000;
/** The second third of a slow death stalls answers, the last cuts them: of the pieces of an answer, so many. */
const STALLS = 0.04;
const CUTS = 0.06;

/** @param second of the script @param usualMs to the first token @param calls those of the last second */
export function opening(
  spell: Spell | null,
  second: number,
  usualMs: number,
  calls: number,
  random: () => number,
): Opening {
  if (spell === null) return { refusal: null, afterMs: usualMs };
  const { trouble } = spell;
  switch (trouble.kind) {
    case "out":
      return { refusal: new StreamError("provider_error", "Connection refused"), afterMs: REFUSED_MS };
    case "limited": {
      const { perSecond, retryAfterMs } = trouble;
      if (calls <= perSecond) return { refusal: null, afterMs: usualMs };
      return { refusal: new StreamError("provider_rate_limited", "Limit", { retryAfterMs }), afterMs: REFUSED_MS };
    }
    case "brown-out": {
      return random() < trouble.fails ? brownOut(random()) : { refusal: null, afterMs: usualMs * BROWN_OUT_SLOWNESS };
    }
    case "slow death":
      return { refusal: null, afterMs: usualMs + random() * progress(spell, second) * DYING_MS };
  }
}

function brownOut(chance: number): Opening {
  const overloaded = new StreamError("provider_overloaded", "Overloaded");
  const failed = new StreamError("provider_error", "Status 500");
  if (chance < OVERLOADED) return { refusal: overloaded, afterMs: REFUSED_MS };
  if (chance < OVERLOADED + GIVEN_UP) return { refusal: failed, afterMs: GIVEN_UP_MS };
  return { refusal: null, afterMs: Number.POSITIVE_INFINITY };
}

/** What happens in the middle of an answer, before one of its pieces. */
export function mishap(spell: Spell | null, second: number, random: () => number): "cut" | "stall" | null {
  if (spell === null) return null;
  switch (spell.trouble.kind) {
    case "out":
      return spell.trouble.crash === true ? "cut" : null;
    case "limited":
    case "brown-out":
      return null;
    case "slow death": {
      const part = progress(spell, second);
      if (part < 1 / 3) return null;
      if (part < 2 / 3) return random() < STALLS ? "stall" : null;
      return random() < CUTS ? "cut" : null;
    }
  }
}
