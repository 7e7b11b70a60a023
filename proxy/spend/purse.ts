/** The purse of one stream: sets money aside in the ledger before it is spent, and knows which limit is reached first. */
import { StreamError } from "../../protocol/index.ts";
import type { ProviderRequest } from "../provider/provider.ts";
import type { Target } from "../route/target.ts";
import { NANO_PER_USD, wholeNano } from "../stream-log/ledger.ts";
import type { Account, Ledger } from "../stream-log/ledger.ts";
import { AttemptAccount } from "./attempt-account.ts";
import { answerExhausted, dayExhausted } from "./exhausted.ts";
import type { AttemptBill, AttemptMeter, Bill, Meter } from "./meter.ts";
import { countInput } from "./tokens.ts";

/** The part of what was there at the beginning that is kept for winding up. */
const LOW = 0.2;
/** Of what is left for everybody, a stream sets aside this part at a time: near the limit in ever smaller pieces. */
const SHARE = 64;
/** A stream sets no more aside at a time than so many of its least pieces: others would miss it. */
const MOST_PIECES = 16;

export interface PurseOptions {
  readonly ledger: Ledger;
  readonly stream: string;
  readonly accounts: readonly Account[];
  /** Nano-dollars this answer may cost in all; null without a limit. */
  readonly budget: number | null;
  /** What an earlier process has spent on the stream; its bill goes before this purse's. @default nothing */
  readonly before?: Bill;
}

export class Purse implements Meter {
  refusal: StreamError | null = null;
  readonly #ledger: Ledger;
  readonly #stream: string;
  readonly #accounts: readonly Account[];
  readonly #budget: number | null;
  /** An account has a limit, so the ledger must be asked. */
  readonly #isShared: boolean;
  /** All that ever began, in that order, and those that are not over. */
  #begun: readonly AttemptAccount[] = [];
  readonly #open = new Set<AttemptAccount>();
  /** Nano-dollars of attempts that are over, and what is set aside for all there were and are. */
  #spent: number;
  readonly #before: AttemptBill[];
  #held = 0;
  /** What the ledger said was left for everybody, and in which account; null without limits. */
  #left: number | null = null;
  #tightest: string | null = null;
  /** What there was to spend when the stream began; null without limits. */
  #allowance: number | null = null;
  /** Changes of what is held, one after another: each says what the stream holds in all. */
  #work: Promise<unknown> = Promise.resolve();
  /** The ledger knows the stream and its accounts. */
  #isKnown = false;
  #closing: Promise<Bill> | null = null;

  constructor({ ledger, stream, accounts, budget, before }: PurseOptions) {
    this.#ledger = ledger;
    this.#stream = stream;
    this.#accounts = accounts;
    this.#budget = budget;
    this.#spent = before?.nanoUsd ?? 0;
    this.#before = [...(before?.attempts ?? [])];
    this.#isShared = accounts.some(({ limit }) => limit !== null);
  }

  get isLow(): boolean {
    return this.#allowance !== null && this.#remaining()! <= LOW * this.#allowance;
  }

  inputTokens(request: Omit<ProviderRequest, "model">): number {
    return countInput(request);
  }

  async begin(target: Target, request: ProviderRequest, isReadOn = false): Promise<AttemptMeter | StreamError> {
    if (this.#closing !== null) return this.#refuse();
    const earlier = isReadOn ? this.#reclaim() : undefined;
    const account = new AttemptAccount(this, target, request, earlier);
    this.#open.add(account);
    const failure = await this.#ask(account, account.least + account.piece).then(() => null, StreamError.from);
    if (failure !== null || account.aside < account.least) {
      this.#open.delete(account);
      if (earlier !== undefined) this.#book(earlier);
      if (failure !== null) return failure;
      this.#free();
      return this.#refuse();
    }
    this.#begun = this.#begun.concat(account);
    const remaining = this.#remaining();
    account.bound(remaining === null ? null : account.cost + remaining, request.maxOutputTokens);
    return account;
  }

  async more(account: AttemptAccount): Promise<boolean> {
    const { piece } = account;
    const share = this.#left === null ? 0 : this.#left / SHARE;
    await this.#ask(account, account.cost + Math.min(Math.max(piece, share), MOST_PIECES * piece));
    if (account.cost <= account.aside) return true;
    this.#refuse();
    return false;
  }

  closed(account: AttemptAccount): void {
    this.#open.delete(account);
    this.#spent += account.cost;
    this.#free();
  }

  close(): Promise<Bill> {
    // Later, so that what ends then finds the purse closing.
    this.#closing ??= Promise.resolve().then(() => this.#close());
    return this.#closing;
  }

  async #close(): Promise<Bill> {
    for (const account of this.#open) account.end();
    await this.#work;
    const mine = this.#begun.map((account) => account.end());
    return { nanoUsd: wholeNano(this.#spent), attempts: [...this.#before, ...mine] };
  }

  /** The bill of an earlier process's last attempt is open again. */
  #reclaim(): AttemptBill | undefined {
    const bill = this.#before.pop();
    this.#spent -= (bill?.costUsd ?? 0) * NANO_PER_USD;
    return bill;
  }

  /** It is not read on after all. */
  #book(bill: AttemptBill): void {
    this.#before.push(bill);
    this.#spent += (bill.costUsd ?? 0) * NANO_PER_USD;
  }

  /** Sets aside what the account wants in all, or what there is. */
  #ask(account: AttemptAccount, wanted: number): Promise<void> {
    return this.#queue(async () => {
      const others = this.#needed() - account.aside;
      const most = this.#budget === null ? Infinity : Math.max(this.#budget, this.#held);
      await this.#hold(Math.min(wholeNano(others + wanted), most));
      account.aside = Math.max(account.aside, this.#held - others);
    });
  }

  /** Gives back what no attempt has set aside. A failure costs nothing: all that is held is settled with the stream. */
  #free(): void {
    if (this.#closing === null) this.#queue(() => this.#hold(wholeNano(this.#needed()))).catch(() => {});
  }

  /** Where no account has a limit, the ledger only has to know that the stream spends something. */
  async #hold(amount: number): Promise<void> {
    if (this.#closing !== null) return;
    const isTold = this.#isShared ? this.#isKnown && amount === this.#held : this.#isKnown;
    if (isTold || (amount === 0 && !this.#isKnown)) {
      this.#held = amount;
    } else {
      const { held, left, tightest } = await this.#ledger.hold(this.#stream, this.#accounts, amount);
      this.#isKnown = true;
      this.#held = held;
      this.#left = left;
      this.#tightest = tightest;
    }
    const remaining = this.#remaining();
    // What an earlier process has spent was there when the answer began.
    if (remaining !== null) this.#allowance ??= remaining + this.#spent;
  }

  /** Spent, and set aside for attempts that are not over. */
  #needed(): number {
    let sum = this.#spent;
    for (const { aside } of this.#open) sum += aside;
    return sum;
  }

  /** Nano-dollars the stream may still spend, as far as is known; null without a limit. */
  #remaining(): number | null {
    let spent = this.#spent;
    for (const { cost } of this.#open) spent += cost;
    const shared = this.#left === null ? Infinity : this.#left + this.#held - spent;
    const own = this.#budget === null ? Infinity : this.#budget - spent;
    return Math.min(shared, own) === Infinity ? null : Math.min(shared, own);
  }

  #refuse(): StreamError {
    const own = this.#budget === null ? Infinity : this.#budget - this.#held;
    const tightest = this.#accounts.find(({ key }) => key === this.#tightest);
    const isOwn = own < (this.#left ?? Infinity) || tightest === undefined;
    this.refusal = isOwn ? answerExhausted() : dayExhausted(tightest);
    return this.refusal;
  }

  #queue<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => {});
    return done;
  }
}
