/** What a stream has cost as far as its log tells: for one whose process died, and its purse with it. */
import type { LogEntry, Usage } from "../../protocol/index.ts";
import type { Pricing } from "../route/price.ts";
import { NANO_PER_USD, wholeNano } from "../stream-log/ledger.ts";
import type { AttemptBill, Bill } from "./meter.ts";
import { CALL, countText } from "./tokens.ts";

interface Seen {
  readonly provider: string;
  readonly model: string;
  reported: Usage | null;
  /** Hundredths of tokens that came since the last report, and in all. */
  unreported: number;
  counted: number;
}

/** Prices of a target by its name; undefined for one that left the configuration: its price is unknown. */
export type PricingOf = (provider: string, model: string) => Pricing | undefined;

export class RecoveredBill {
  readonly #attempts: Seen[] = [];
  #byNumber = new Map<number, Seen>();
  #open: Seen | null = null;

  /** Takes the stream's entries in order. */
  apply(entries: readonly LogEntry[]): void {
    for (const entry of entries) this.#apply(entry);
  }

  /** @param inputTokens what a request of this conversation has as input, by estimate */
  bill(pricingOf: PricingOf, inputTokens: number): Bill {
    const attempts = this.#attempts.map((seen) => toBill(seen, pricingOf(seen.provider, seen.model), inputTokens));
    const usd = attempts.reduce((sum, { costUsd = 0 }) => sum + costUsd, 0);
    return { nanoUsd: wholeNano(usd * NANO_PER_USD), attempts };
  }

  #apply(entry: LogEntry): void {
    switch (entry.type) {
      case "attempt.start": {
        const { attempt, provider, model, mode } = entry;
        // What is read on was paid for by the attempt whose connection broke.
        const seen =
          mode === "reattach" && this.#open !== null
            ? this.#open
            : { provider, model, reported: null, unreported: 0, counted: 0 };
        if (seen !== this.#open) this.#attempts.push(seen);
        this.#byNumber.set(attempt, seen);
        this.#open = seen;
        return;
      }
      case "delta":
        return this.#count(countText(entry.text));
      case "block.start":
        if (entry.kind === "tool") this.#count(CALL + countText(entry.name ?? ""));
        return;
      case "usage": {
        const seen = this.#byNumber.get(entry.attempt);
        // Zeros that are not final stand for a provider that said nothing.
        if (seen === undefined || (!entry.final && entry.input + entry.output === 0)) return;
        seen.reported = entry;
        seen.unreported = 0;
        return;
      }
      default:
        return;
    }
  }

  #count(hundredths: number): void {
    if (this.#open === null) return;
    this.#open.unreported += hundredths;
    this.#open.counted += hundredths;
  }
}

function toBill(seen: Seen, pricing: Pricing | undefined, inputTokens: number): AttemptBill {
  const { provider, model, reported } = seen;
  const known = reported ?? { input: 0, output: 0, final: false };
  // Final zeros of an attempt that said nothing: it was never sent, or refused.
  const isUnbilled = known.final && known.input + known.output + seen.counted === 0;
  const asked = isUnbilled ? 0 : inputTokens;
  const whole: Usage = {
    ...(reported === null ? {} : tokensOf(reported)),
    input: known.input > 0 ? known.input : asked,
    output: known.output + Math.ceil(seen.unreported / 100),
    final: known.final,
  };
  const counted = { input: asked, output: Math.ceil(seen.counted / 100) };
  // Final figures carry the price of the day they were written.
  const priced = known.final && reported?.costUsd !== undefined ? reported : (pricing?.(whole) ?? whole);
  const { costUsd, priceTable } = priced;
  const estimateUsd = pricing?.({ ...counted, final: false }).costUsd;
  return {
    target: `${provider}/${model}`,
    input: whole.input,
    output: whole.output,
    estimated: !known.final,
    estimate: estimateUsd === undefined ? counted : { ...counted, costUsd: estimateUsd },
    ...(costUsd === undefined ? {} : { costUsd }),
    ...(priceTable === undefined ? {} : { priceTable }),
  };
}

/** Counts without the price: that is found anew. */
const tokensOf = ({ reasoning, cacheRead, cacheWrite }: Usage): Partial<Usage> => ({
  ...(reasoning === undefined ? {} : { reasoning }),
  ...(cacheRead === undefined ? {} : { cacheRead }),
  ...(cacheWrite === undefined ? {} : { cacheWrite }),
});
