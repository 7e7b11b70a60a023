/** Which limit is reached, told to whoever asked: never how much others spent. */
import { StreamError } from "../../protocol/index.ts";

const DAY_MS = 86_400_000;

/** @param limit `answer`, or the key of an account */
export function exhausted(limit: string, nowMs: number = Date.now()): StreamError {
  if (limit === "answer") return new StreamError("budget_exhausted", "What this answer may cost is spent");
  const retryAfterMs = DAY_MS - (nowMs % DAY_MS);
  return new StreamError("budget_exhausted", DAILY[limit.split(":", 1)[0]!] ?? DAILY["total"]!, { retryAfterMs });
}

const DAILY: Readonly<Record<string, string>> = {
  visitor: "What you may spend in a day is spent; the next day begins at midnight UTC",
  address: "What may be spent from your address in a day is spent; the next day begins at midnight UTC",
  total: "What this server may spend in a day is spent; the next day begins at midnight UTC",
};
