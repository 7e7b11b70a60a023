/**
 * What a person may write into a question to see the demo provider fail; it is taken out of the text that is answered.
 *
 *     /fault die [50%] [always]      hangs up at that point of the answer; the retry recovers unless `always`
 *     /fault stall [5s] [50%]        falls silent for that long
 *     /fault slow                    a word now and then
 *     /fault overloaded [always]     refuses before the first word
 *     /fault rate-limit [2s] [always]
 *     /fault auth
 *     /tokens 5000                   an answer of exactly that many tokens
 */

export type FaultKind = "die" | "stall" | "slow" | "overloaded" | "rate-limit" | "auth";

export interface DemoFault {
  readonly kind: FaultKind;
  /** Where in the answer it happens, 0 to 1. */
  readonly at: number;
  readonly ms: number;
  /** On every attempt, not on the first one only. */
  readonly always: boolean;
}

export interface Directives {
  /** The question without the directives. */
  readonly text: string;
  readonly faults: readonly DemoFault[];
  readonly tokens: number | null;
}

/** The longest answer a person may ask for: a benchmark's, and still a few megabytes. */
const MAX_TOKENS = 200_000;
/** A stall above this is no demonstration any more; the proxy's own timers end it earlier. */
const MAX_FAULT_MS = 600_000;
const DEFAULT_MS: Readonly<Record<FaultKind, number>> = {
  die: 0,
  stall: 5_000,
  slow: 0,
  overloaded: 0,
  "rate-limit": 2_000,
  auth: 0,
};

const FAULT =
  /(?<=^|\s)\/fault\s+(die|stall|slow|overloaded|rate-limit|auth)((?:\s+(?:\d{1,6}(?:\.\d{1,3})?(?:%|ms|s)|always)(?=\s|$))*)/giu;
const TOKENS = /(?<=^|\s)\/tokens\s+(\d{1,9})(?=\s|$)/giu;

/** Never throws: what is no directive stays in the text, and `/fault` left there is answered with how to write it. */
export function readDirectives(input: string): Directives {
  const faults: DemoFault[] = [];
  let tokens: number | null = null;
  const text = input
    .replaceAll(FAULT, (_match, kind: string, options: string) => {
      faults.push(readFault(kind.toLowerCase() as FaultKind, options));
      return "";
    })
    .replaceAll(TOKENS, (_match, count: string) => {
      tokens = Math.min(MAX_TOKENS, Math.max(1, Number(count)));
      return "";
    });
  return { text: text.trim(), faults, tokens };
}

function readFault(kind: FaultKind, options: string): DemoFault {
  let at = 0.5;
  let ms = DEFAULT_MS[kind];
  let always = kind === "auth" || kind === "stall" || kind === "slow";
  for (const option of options.toLowerCase().split(/\s+/).filter(Boolean)) {
    if (option === "always") always = true;
    else if (option.endsWith("%")) at = Math.min(1, Number.parseFloat(option) / 100);
    else ms = Math.min(MAX_FAULT_MS, Number.parseFloat(option) * (option.endsWith("ms") ? 1 : 1_000));
  }
  return { kind, at, ms, always };
}
