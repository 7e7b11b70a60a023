/** What the loop asks of money: whether an answer may go on, counted while it streams. */
import type { StreamError } from "../../protocol/index.ts";
import type { ProviderEvent, ProviderRequest } from "../provider/provider.ts";
import type { Target } from "../route/target.ts";

/** What an attempt has taken, as far as can be told. */
export interface Spend {
  readonly input: number;
  readonly output: number;
  /** Absent when the price is unknown. */
  readonly costUsd?: number;
  /** True when the figures are counted from text, not reported by the provider. */
  readonly estimated: boolean;
}

/** What an attempt has cost in the end, for the receipt. */
export interface AttemptBill extends Spend {
  /** `Target.id` of whom was asked. */
  readonly target: string;
  /** What was counted from text, whatever was reported. */
  readonly estimate: { readonly input: number; readonly output: number; readonly costUsd?: number };
  /** Where the price is from. */
  readonly priceTable?: string;
}

/** What a stream has cost. */
export interface Bill {
  readonly nanoUsd: number;
  /** In the order in which they began. */
  readonly attempts: readonly AttemptBill[];
}

/** One attempt's account. */
export interface AttemptMeter {
  /** The most output tokens that can be paid for; undefined without a limit. */
  readonly maxOutputTokens: number | undefined;
  /**
   * Counts what was read. Undefined while the money that was set aside lasts; else resolves to whether there is more.
   * False: what was read is paid for, and nothing further may be.
   */
  read(events: readonly ProviderEvent[]): Promise<boolean> | undefined;
  /**
   * The attempt is over, however it ended: unused money is free for others. Further calls return the same.
   * @param unbilled it failed before it cost anything. @default false
   */
  end(unbilled?: boolean): Spend;
}

/** The purse of one stream. */
export interface Meter {
  /** Enough is spent that the answer should come to its end: no further calls of tools. */
  readonly isLow: boolean;
  /** Why the last request for money was refused; null while none was. */
  readonly refusal: StreamError | null;
  /** Estimated input tokens of a request. */
  inputTokens(request: Omit<ProviderRequest, "model">): number;
  /**
   * Sets money aside for an attempt's input and some output. `budget_exhausted` when there is not enough of it.
   * @param isReadOn the attempt reads on what the last one of an earlier process had asked for: its input is paid
   */
  begin(target: Target, request: ProviderRequest, isReadOn?: boolean): Promise<AttemptMeter | StreamError>;
  /** The stream is about to end, or is another's: ends what is not ended and leaves the ledger alone from now on. Never rejects. */
  close(): Promise<Bill>;
}
