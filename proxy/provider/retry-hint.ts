/** How long a provider asks us to wait, from its headers or its words. */

/** A hint beyond a day is a mistake or a ban; nobody waits for it. */
const MAX_HINT_MS = 86_400_000;

/**
 * In order: `retry-after-ms`, `retry-after` (seconds or a date), the reset of each rate limit of which nothing
 * remains (the latest counts), then the text ("try again in 3.2s"). Header names are in lower case.
 * @param now milliseconds since the epoch
 */
export function retryHint(
  headers: Readonly<Record<string, string>>,
  message: string,
  now: number = Date.now(),
): number | undefined {
  return (
    positive(Number(headers["retry-after-ms"])) ??
    positive(seconds(headers["retry-after"], now)) ??
    positive(exhaustedReset(headers, now)) ??
    positive(saidInText(message))
  );
}

const positive = (ms: number): number | undefined =>
  ms > 0 && Number.isFinite(ms) ? Math.min(Math.ceil(ms), MAX_HINT_MS) : undefined;

/** Seconds or an HTTP date → milliseconds from now. */
function seconds(value: string | undefined, now: number): number {
  if (value === undefined) return Number.NaN;
  return /^\s*[\d.]+\s*$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
}

function exhaustedReset(headers: Readonly<Record<string, string>>, now: number): number {
  let latest = Number.NaN;
  for (const [name, value] of Object.entries(headers)) {
    if (!name.includes("ratelimit") || !name.includes("remaining") || Number(value) !== 0) continue;
    const reset = headers[name.replace("remaining", "reset")];
    const ms = reset === undefined ? Number.NaN : resetMs(reset, now);
    if (!(ms <= latest)) latest = ms;
  }
  return latest;
}

/** Epoch milliseconds, epoch seconds, seconds from now, `2m59.5s`, or a date, as the providers please. */
function resetMs(value: string, now: number): number {
  const number = Number(value);
  if (Number.isFinite(number))
    return number > 1e12 ? number - now : number > 1e9 ? number * 1_000 - now : number * 1_000;
  return duration(value) ?? Date.parse(value) - now;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** `3.2s`, `20 seconds`, `5 mins`; no `5 months`. */
const AMOUNT = String.raw`[\d.]+ ?(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)(?![a-z])`;
const AMOUNT_PARTS = /([\d.]+) ?([a-z]+)/g;
const DURATION = new RegExp(`^(?:${AMOUNT} ?)+$`);
const SAID = new RegExp(`(?:try|retry)(?: again)? (?:in|after) ((?:${AMOUNT} ?)+)`);

function duration(value: string): number | undefined {
  if (!DURATION.test(value)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of value.matchAll(AMOUNT_PARTS)) {
    ms += Number(amount) * UNIT_MS[/^m(?:s|il)/.test(unit!) ? "ms" : unit![0]!]!;
  }
  return ms;
}

function saidInText(message: string): number {
  const said = SAID.exec(message.toLowerCase())?.[1];
  return (said === undefined ? undefined : duration(said)) ?? Number.NaN;
}
