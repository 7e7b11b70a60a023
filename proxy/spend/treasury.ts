/** The operator's limits on money: whose accounts an answer is paid from, and whether it may begin. */
import type { StreamError } from "../../protocol/index.ts";
import { dayOf, NANO_PER_USD } from "../stream-log/ledger.ts";
import type { Account, AccountState, Ledger } from "../stream-log/ledger.ts";
import { dayExhausted } from "./exhausted.ts";
import type { Bill, Meter } from "./meter.ts";
import { Purse } from "./purse.ts";

/** US dollars a UTC day; undefined without a limit. */
export interface DailyLimits {
  readonly perVisitor: number | undefined;
  readonly perAddress: number | undefined;
  readonly total: number | undefined;
}

/** Who asks for an answer. */
export interface Caller {
  readonly owner: string;
  /** Stands for the address (guard/address.ts); null where nobody can tell. */
  readonly address: string | null;
}

export interface PurseRequest extends Caller {
  readonly stream: string;
  /** Milliseconds since the epoch: the answer is booked on the day it began. */
  readonly createdAt: number;
  /** US dollars this answer may cost in all; undefined without a limit. */
  readonly usdPerAnswer: number | undefined;
}

export class Treasury {
  readonly #ledger: Ledger;
  readonly #limits: DailyLimits;

  constructor(ledger: Ledger, limits: DailyLimits) {
    this.#ledger = ledger;
    this.#limits = limits;
  }

  /** @throws {StreamError} `budget_exhausted` when one of the caller's accounts has nothing left today. */
  async admit(caller: Caller, nowMs: number = Date.now()): Promise<void> {
    const limited = this.#accounts(caller, nowMs).filter(({ limit }) => limit !== null);
    const refusals = await Promise.all(limited.map((account) => this.#refusal(account, nowMs)));
    const refusal = refusals.find((found) => found !== null);
    if (refusal) throw refusal;
  }

  /** The purse of a stream that begins. */
  open({ stream, createdAt, usdPerAnswer, ...caller }: PurseRequest): Meter {
    const accounts = this.#accounts(caller, createdAt);
    return new Purse({ ledger: this.#ledger, stream, accounts, budget: nanoOf(usdPerAnswer) });
  }

  /** The purse of a stream that another process began: its accounts stay what they were. `before` is a `RecoveredBill`'s. */
  async reopen(request: Omit<PurseRequest, "address">, before: Bill): Promise<Meter> {
    const { stream, createdAt, usdPerAnswer, owner } = request;
    const known = await this.#ledger.reservation(stream);
    const accounts =
      known?.accounts.map(({ key, day }) => ({ key, day, limit: this.#limitOf(key) })) ??
      this.#accounts({ owner, address: null }, createdAt);
    return new Purse({ ledger: this.#ledger, stream, accounts, budget: nanoOf(usdPerAnswer), before });
  }

  /** What everybody together has spent today, and has set aside. */
  today(nowMs: number = Date.now()): Promise<AccountState> {
    return this.#ledger.account("total", dayOf(nowMs));
  }

  /** Visitors and addresses are only counted where they are limited: nobody's spending is kept for nothing. */
  #accounts({ owner, address }: Caller, atMs: number): Account[] {
    const { perVisitor, perAddress } = this.#limits;
    const keys = ["total"];
    if (perVisitor !== undefined) keys.push(`visitor:${owner}`);
    if (perAddress !== undefined && address !== null) keys.push(`address:${address}`);
    return keys.map((key) => ({ key, day: dayOf(atMs), limit: this.#limitOf(key) }));
  }

  #limitOf(key: string): number | null {
    const { perVisitor, perAddress, total } = this.#limits;
    if (key.startsWith("visitor:")) return nanoOf(perVisitor);
    return nanoOf(key.startsWith("address:") ? perAddress : total);
  }

  async #refusal(account: Account, nowMs: number): Promise<StreamError | null> {
    const { spent } = await this.#ledger.account(account.key, account.day);
    return spent >= account.limit! ? dayExhausted(account, nowMs) : null;
  }
}

const nanoOf = (usd: number | undefined): number | null => (usd === undefined ? null : Math.round(usd * NANO_PER_USD));
