/** Says when asking again may help, in words that lose precision with distance. */
import type { Labels } from "../labels.ts";

/** Milliseconds in each unit, and up to what it is used. */
const UNITS = [
  { unit: "second", ms: 1_000, below: 90_000 },
  { unit: "minute", ms: 60_000, below: 5_400_000 },
  { unit: "hour", ms: 3_600_000, below: Number.POSITIVE_INFINITY },
] as const;

/** `Try again in 12 seconds.`; empty when that time is over, or nobody told. */
export function comeBack(retryAt: number | undefined, { comeBack: words, locale }: Labels): string {
  const leftMs = (retryAt ?? 0) - Date.now();
  if (leftMs <= 0) return "";
  const { unit, ms } = UNITS.find(({ below }) => leftMs < below)!;
  return words.replace("{when}", new Intl.RelativeTimeFormat(locale).format(Math.ceil(leftMs / ms), unit));
}
