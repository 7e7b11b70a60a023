/** How long a target is waited for: as written, else as is usual for its kind of model. */
import type { ProviderTimers } from "../provider/provider.ts";

/** Each that is written, in milliseconds; 0 switches a timer off. */
export type WrittenTimers = { readonly [Timer in keyof ProviderTimers]?: number | undefined };

export interface TimedModel {
  /** Of its provider: `openai`, `ollama`. */
  readonly kind: string;
  readonly model: string;
  readonly reasoning: "none" | "low" | "medium" | "high" | undefined;
}

const CONNECT_MS = 10_000;
const FIRST_CONTENT_MS = 30_000;
/** Proxies cut idle connections at about a minute, so whoever lives sends something within it. */
const SILENCE_MS = 60_000;
/** Thinking, loading a model into memory, an agent at work: nothing is said for a while, and nothing is wrong. */
const PATIENT_MS = 120_000;
const HARD_THINKING_MS = 300_000;

/** Names of models that think before they speak, whoever serves them and however it spells them. */
const THINKERS =
  /(?:^|[/.])o[1-9](?:-|$)|gpt-(?:[5-9]|\d\d)(?!\d)|gpt-oss|thinking|reason(?:er|ing)|(?:^|[-/.:])r1(?:[-.:]|$)|qwq|qwen3|magistral|gemini-(?:2\.5|[3-9])/i;

/** @param own the provider's, which win over `general` */
export function timersFor(timed: TimedModel, own: WrittenTimers = {}, general: WrittenTimers = {}): ProviderTimers {
  const usual = usualTimers(timed);
  const pick = (timer: keyof ProviderTimers) => own[timer] ?? general[timer] ?? usual[timer];
  return {
    connectMs: pick("connectMs"),
    firstContentMs: pick("firstContentMs"),
    livenessMs: pick("livenessMs"),
    betweenContentMs: pick("betweenContentMs"),
  };
}

function usualTimers(timed: TimedModel): ProviderTimers {
  const firstContentMs = usualFirstContentMs(timed);
  // Who may think for long in silence may do so between two pieces, too.
  const silenceMs = Math.max(SILENCE_MS, firstContentMs);
  return { connectMs: CONNECT_MS, firstContentMs, livenessMs: silenceMs, betweenContentMs: silenceMs };
}

function usualFirstContentMs({ kind, model, reasoning }: TimedModel): number {
  if (thinks(model, reasoning)) return reasoning === "high" ? HARD_THINKING_MS : PATIENT_MS;
  return kind === "ollama" || kind === "ag-ui" ? PATIENT_MS : FIRST_CONTENT_MS;
}

/** Claude thinks when it is asked to. */
const thinks = (model: string, reasoning: TimedModel["reasoning"]): boolean =>
  THINKERS.test(model) || (/claude/i.test(model) && reasoning !== undefined && reasoning !== "none");
