/** How long something took, in the language's own way: `2.4s`, `2m 5s`. */
export function duration(ms: number, locale: string): string {
  const part = (value: number, unit: "second" | "minute", digits = 0): string =>
    new Intl.NumberFormat(locale, {
      style: "unit",
      unit,
      unitDisplay: "narrow",
      maximumFractionDigits: digits,
    }).format(value);
  if (ms < 59_950) return part(ms / 1_000, "second", 1);
  const seconds = Math.round(ms / 1_000);
  return `${part(Math.floor(seconds / 60), "minute")} ${part(seconds % 60, "second")}`;
}
