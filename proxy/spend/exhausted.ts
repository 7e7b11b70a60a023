/** Which limit is reached, told to whoever asked: never how much others spent. */
import { StreamError } from "../../protocol/index.ts";
import { dayOf } from "../stream-log/ledger.ts";
import type { Account } from "../stream-log/ledger.ts";

const DAY_MS = 86_400_000;

/** What one answer may cost is spent. */
export const answerExhausted = (): StreamError =>
  new StreamError("budget_exhausted", "What this answer may cost is spent");

/** What an account may spend in its day is spent. */
export function dayExhausted({ key, day }: Pick<Account, "key" | "day">, nowMs: number = Date.now()): StreamError {
  const what = WHOSE[key.split(":", 1)[0]!] ?? WHOSE["total"]!;
  // An answer is paid from the day it began: when that is over there is new money for another one at once.
  if (day < dayOf(nowMs)) {
    return new StreamError("budget_exhausted", `${what} on the day this answer began is spent`);
  }
  const retryAfterMs = DAY_MS - (nowMs % DAY_MS);
  const message = `${what} in a day is spent; the next day begins at midnight UTC`;
  return new StreamError("budget_exhausted", message, { retryAfterMs });
}

const WHOSE: Readonly<Record<string, string>> = {
  visitor: "What you may spend",
  address: "What may be spent from your address",
  total: "What this server may spend",
};
