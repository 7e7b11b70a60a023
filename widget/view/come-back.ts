/** Says when asking again may help, in words that lose precision with distance. */
import type { Labels } from "../labels.ts";

/** `Try again in 12 seconds.`; empty when that time is over, or nobody told. */
export function comeBack(retryAt: number | undefined, { comeBack: words, locale }: Labels): string {
  const left = ((retryAt ?? 0) - Date.now()) / 1_000;
  if (left <= 0) return "";
  const [amount, unit] =
    left < 90
      ? ([left, "second"] as const)
      : left < 5_400
        ? ([left / 60, "minute"] as const)
        : ([left / 3_600, "hour"] as const);
  return words.replace("{when}", new Intl.RelativeTimeFormat(locale).format(Math.ceil(amount), unit));
}
