/** What one attempt costs, counted on the per-token path: a few additions and a comparison until the money set aside is used up. */
import type { Usage } from "../../protocol/index.ts";
import type { ProviderEvent, ProviderRequest } from "../provider/provider.ts";
import type { Pricing } from "../route/price.ts";
import type { Target } from "../route/target.ts";
import { NANO_PER_USD } from "../stream-log/ledger.ts";
import type { AttemptBill, AttemptMeter } from "./meter.ts";
import { CALL, countInput, countText } from "./tokens.ts";

/** Less output than this is no answer, and some providers take no smaller bound. */
const LEAST_OUTPUT_TOKENS = 16;
/** Set aside at a time, at least: the ledger is asked once in so many tokens. */
const PIECE_TOKENS = 256;
/** Every model takes a bound up to this; where the money buys more, it is watched while it is spent. */
const SAFE_BOUND_TOKENS = 4_096;
/** Tokens by which a price is taken apart into a part for input and one for each token of output. */
const SAMPLE_TOKENS = 1_000;

/** What an account asks of its purse. */
export interface AccountPurse {
  /** Sets more aside as far as there is any. Resolves to whether what the account has spent is covered. */
  more(account: AttemptAccount): Promise<boolean>;
  /** The account is closed: what it did not spend is free. */
  closed(account: AttemptAccount): void;
}

export class AttemptAccount implements AttemptMeter {
  maxOutputTokens: number | undefined;
  /** Nano-dollars set aside for it; the purse changes it. */
  aside = 0;
  readonly #purse: AccountPurse;
  readonly #target: Target;
  readonly #isPriced: boolean;
  #input: number;
  #inputCost: number;
  readonly #perHundredth: number;
  /** Cost of what was reported, or of the input as long as nothing was. */
  #reported: number;
  /** Hundredths of tokens that came since the last report, and in all. */
  #unreported = 0;
  #counted = 0;
  #usage: Usage | null = null;
  #isFinished = false;
  #bill: AttemptBill | null = null;

  /** @param earlier what was booked for it before: it is read on */
  constructor(purse: AccountPurse, target: Target, request: ProviderRequest, earlier?: AttemptBill) {
    this.#purse = purse;
    this.#target = target;
    this.#input = earlier?.input ?? countInput(request);
    const { pricing } = target;
    const inputCost = costOf(pricing, { input: this.#input, output: 0, final: false });
    const sampleCost = costOf(pricing, { input: this.#input, output: SAMPLE_TOKENS, final: false });
    this.#isPriced = inputCost !== undefined && sampleCost !== undefined;
    this.#inputCost = inputCost ?? 0;
    this.#perHundredth = this.#isPriced ? (sampleCost! - inputCost!) / SAMPLE_TOKENS / 100 : 0;
    this.#reported = this.#inputCost;
    if (earlier === undefined) return;
    this.#counted = earlier.estimate.output * 100;
    this.#report({ input: earlier.input, output: earlier.output, final: false });
  }

  /** Nano-dollars, not rounded. */
  get cost(): number {
    return this.#reported + this.#unreported * this.#perHundredth;
  }

  /** Nano-dollars without which it is not worth beginning. */
  get least(): number {
    return this.cost + LEAST_OUTPUT_TOKENS * this.#tokenCost;
  }

  /** Nano-dollars to set aside at a time, at least. */
  get piece(): number {
    return PIECE_TOKENS * this.#tokenCost;
  }

  get #tokenCost(): number {
    return this.#perHundredth * 100;
  }

  /** @param affordable nano-dollars it may cost in all; null without a limit */
  bound(affordable: number | null, wanted: number | undefined): void {
    if (affordable === null || this.#perHundredth <= 0) return;
    const tokens = Math.max(LEAST_OUTPUT_TOKENS, Math.floor((affordable - this.cost) / this.#tokenCost));
    if (tokens < (wanted ?? SAFE_BOUND_TOKENS)) this.maxOutputTokens = tokens;
  }

  read(events: readonly ProviderEvent[]): Promise<boolean> | undefined {
    for (const event of events) {
      if (event.type === "delta") this.#count(countText(event.text));
      else if (event.type === "block.start" && event.kind === "tool") this.#count(CALL + countText(event.name ?? ""));
      else if (event.type === "usage") this.#report(event.usage);
      else if (event.type === "finish") this.#isFinished = true;
    }
    // An answer that is complete has nothing left to cut.
    if (this.cost <= this.aside || this.#isFinished || this.#bill !== null) return undefined;
    return this.#purse.more(this);
  }

  end(unbilled = false): AttemptBill {
    if (this.#bill === null) {
      if (unbilled) this.#waive();
      this.#bill = this.#settle();
      this.#purse.closed(this);
    }
    return this.#bill;
  }

  #count(hundredths: number): void {
    this.#unreported += hundredths;
    this.#counted += hundredths;
  }

  /** What the provider says is cumulative: it replaces what was counted. */
  #report(usage: Usage): void {
    this.#usage = usage;
    const input = usage.input > 0 ? usage.input : this.#input;
    this.#reported = costOf(this.#target.pricing, { ...usage, input }) ?? 0;
    this.#unreported = 0;
  }

  /** Known to the last token, though nobody reported it: nothing. */
  #waive(): void {
    this.#input = 0;
    this.#inputCost = 0;
    this.#report({ input: 0, output: 0, final: true });
  }

  #settle(): AttemptBill {
    const usage = this.#usage;
    const { input, output, final } = usage ?? { input: 0, output: 0, final: false };
    const counted = Math.ceil(this.#counted / 100);
    const estimate = { input: this.#input, output: counted };
    const whole: Usage = {
      ...usage,
      input: input > 0 ? input : this.#input,
      output: output + Math.ceil(this.#unreported / 100),
      final,
    };
    const { priceTable, costUsd } = this.#target.pricing(whole);
    const isCosted = this.#isPriced || costUsd !== undefined;
    return {
      target: this.#target.id,
      input: whole.input,
      output: whole.output,
      estimated: !final,
      estimate: this.#isPriced
        ? { ...estimate, costUsd: (this.#inputCost + this.#counted * this.#perHundredth) / NANO_PER_USD }
        : estimate,
      ...(isCosted ? { costUsd: this.cost / NANO_PER_USD } : {}),
      ...(priceTable === undefined ? {} : { priceTable }),
    };
  }
}

/** Nano-dollars; undefined when the price is not known. */
function costOf(pricing: Pricing, usage: Usage): number | undefined {
  const { costUsd } = pricing(usage);
  return costUsd === undefined ? undefined : costUsd * NANO_PER_USD;
}
