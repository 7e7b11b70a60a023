import assert from "node:assert/strict";
import { test } from "node:test";
import { retryHint } from "../../../proxy/provider/retry-hint.ts";

const NOW = Date.parse("2026-11-20T10:00:00Z");

const CASES: readonly (readonly [headers: Record<string, string>, message: string, ms: number | undefined])[] = [
  [{}, "", undefined],
  [{ "retry-after-ms": "250", "retry-after": "9" }, "", 250],
  [{ "retry-after-ms": "0", "retry-after": "1" }, "", 1_000],
  [{ "retry-after": "1.5" }, "", 1_500],
  [{ "retry-after": "Fri, 20 Nov 2026 10:00:07 GMT" }, "", 7_000],
  [{ "retry-after": "Fri, 20 Nov 2026 09:00:00 GMT" }, "", undefined],
  [{ "retry-after": "soon" }, "", undefined],
  [{ "retry-after": "999999999" }, "", 86_400_000],
  [{ "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "2m59.56s" }, "", 179_560],
  [{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "120ms" }, "", 120],
  [{ "x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "120ms" }, "", undefined],
  [
    {
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "1s",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "4s",
    },
    "",
    4_000,
  ],
  [
    {
      "anthropic-ratelimit-tokens-remaining": "0",
      "anthropic-ratelimit-tokens-reset": "2026-11-20T10:00:30Z",
    },
    "",
    30_000,
  ],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW + 2_000) }, "", 2_000],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1_000 + 3) }, "", 3_000],
  [{}, "Please try again in 11.455s.", 11_455],
  [{}, "Please try again in 6m0s.", 360_000],
  [{}, "Please try again in 20ms", 20],
  [{}, "retry after 30 seconds", 30_000],
  [{}, "Try again in 2 minutes", 120_000],
  [{}, "Please try again in 500 milliseconds", 500],
  [{}, "Please try again in 1 minute 30 seconds.", 90_000],
  [{}, "Try again in 1h 2m 3s", 3_723_000],
  [{}, "Please retry in 34.07s.", 34_070],
  [{}, "Try again in 3 mins", 180_000],
  [{}, "try again in 5 months", undefined],
  [{}, "try again later", undefined],
];

for (const [headers, message, ms] of CASES) {
  test(`${JSON.stringify(headers)} "${message}" asks for ${ms ?? "no"} ms`, () => {
    assert.equal(retryHint(headers, message, NOW), ms);
  });
}
