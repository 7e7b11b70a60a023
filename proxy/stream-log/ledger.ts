/**
 * The ledger of a store: what was spent under each account and day, and what running streams have set aside. Amounts are
 * whole nano-dollars (1e-9 USD), days are UTC dates (`2026-11-20`).
 */

/** What one caller, address or everybody together may spend in a day. */
export interface Account {
  /** `total`, `visitor:ID` or `address:HASH`. */
  readonly key: string;
  readonly day: string;
  /** Null: spending is counted and not limited. */
  readonly limit: number | null;
}

/** What a stream has set aside, and what is left for everybody. */
export interface Held {
  /** All the stream has set aside now; less than was asked for when an account had not enough. */
  readonly held: number;
  /** The least of `limit − spent − set aside by all` over the accounts after this; null where none has a limit. */
  readonly left: number | null;
  /** The account that has the least left; null where none has a limit. */
  readonly tightest: string | null;
}

/** The accounts a stream's money comes from, as its first `hold` named them, and what it has set aside. */
export interface Reservation {
  readonly accounts: readonly Pick<Account, "key" | "day">[];
  readonly held: number;
}

export interface AccountState {
  readonly spent: number;
  /** Set aside by streams that run, and by those whose process died and that nobody has settled yet. */
  readonly reserved: number;
}

/**
 * Part of every store; `test/contracts/ledger.contract.ts` holds for all. Each operation is atomic against all others,
 * of other processes too. A stream is settled by its last append (`Ending.spent`): that adds what it spent to its
 * accounts and drops its reservation, exactly once and as surely as the stream's end is kept. A stream that never held
 * anything has spent nothing.
 */
export interface Ledger {
  /**
   * Makes `amount` what the stream has set aside in all. Less than before is always done; more only as far as every
   * account has something left, never below what it had. The accounts of the first call stay the stream's; later calls name the same.
   * Repeating a call changes nothing. A stream that has ended holds nothing any more, whoever asks: a writer that comes too late opens nothing again.
   */
  hold(stream: string, accounts: readonly Account[], amount: number): Promise<Held>;

  /** Null when the stream has set nothing aside, or is settled. */
  reservation(stream: string): Promise<Reservation | null>;

  /** Zeros for an account nobody used that day. Days are kept as long as conversations. */
  account(key: string, day: string): Promise<AccountState>;
}

/** Nano-dollars in a dollar. */
export const NANO_PER_USD = 1_000_000_000;

/** Rounded up to whole nano-dollars; a thousandth of one is the noise of a sum, not money. */
export const wholeNano = (nano: number): number => Math.max(0, Math.ceil(nano - 0.001));

/** The UTC date that accounts of a moment carry. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
