/** The ledger of the embedded store. Each operation is one transaction, so processes that share a file agree. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Account, AccountState, Held, Ledger, Reservation } from "./ledger.ts";

/** What the store lends its ledger. */
export interface LedgerStore {
  /** Runs synchronous work as a promise; a failure of the store becomes `storage_unavailable`. */
  run<Result>(work: () => Result): Promise<Result>;
  transaction<Result>(work: () => Result): Result;
}

export class SqliteLedger implements Ledger {
  readonly #store: LedgerStore;
  readonly #isRunning: StatementSync;
  readonly #findReservation: StatementSync;
  readonly #putReservation: StatementSync;
  readonly #dropReservation: StatementSync;
  readonly #findAccount: StatementSync;
  readonly #book: StatementSync;
  readonly #dropDays: StatementSync;

  constructor(database: DatabaseSync, store: LedgerStore) {
    this.#store = store;
    this.#isRunning = database.prepare("SELECT 1 FROM streams WHERE id = ? AND status = 'running'");
    this.#findReservation = database.prepare("SELECT accounts, held FROM reservations WHERE stream = ?");
    this.#putReservation = database.prepare(
      `INSERT INTO reservations (stream, accounts, held) VALUES (?, ?, ?)
       ON CONFLICT (stream) DO UPDATE SET held = excluded.held`,
    );
    this.#dropReservation = database.prepare("DELETE FROM reservations WHERE stream = ?");
    this.#findAccount = database.prepare("SELECT spent, reserved FROM accounts WHERE key = ? AND day = ?");
    this.#book = database.prepare(
      `INSERT INTO accounts (key, day, spent, reserved) VALUES (?, ?, ?, ?)
       ON CONFLICT (key, day) DO UPDATE SET spent = spent + excluded.spent, reserved = reserved + excluded.reserved`,
    );
    this.#dropDays = database.prepare("DELETE FROM accounts WHERE day < ?");
  }

  hold(stream: string, accounts: readonly Account[], amount: number): Promise<Held> {
    return this.#store.run(() => this.#store.transaction(() => this.#hold(stream, accounts, amount)));
  }

  reservation(stream: string): Promise<Reservation | null> {
    return this.#store.run(() => this.#reservation(stream));
  }

  account(key: string, day: string): Promise<AccountState> {
    return this.#store.run(() => this.#account(key, day));
  }

  /** In the transaction of the stream's last append. */
  settle(stream: string, spent: number): void {
    const reservation = this.#reservation(stream);
    if (reservation === null) return;
    for (const { key, day } of reservation.accounts) this.#book.run(key, day, spent, -reservation.held);
    this.#dropReservation.run(stream);
  }

  /** The stream is deleted before its end, in the caller's transaction: what it may have spent counts as spent. */
  writeOff(stream: string): void {
    this.settle(stream, this.#reservation(stream)?.held ?? 0);
  }

  /** In the caller's transaction. */
  dropDaysBefore(day: string): void {
    this.#dropDays.run(day);
  }

  #hold(stream: string, accounts: readonly Account[], amount: number): Held {
    const before = this.#reservation(stream);
    const had = before?.held ?? 0;
    let left: number | null = null;
    let tightest: string | null = null;
    for (const { key, day, limit } of accounts) {
      if (limit === null) continue;
      const { spent, reserved } = this.#account(key, day);
      const rest = limit - spent - reserved;
      if (left === null || rest < left) [left, tightest] = [rest, key];
    }
    // A writer that comes too late must not open again what is settled.
    const isOver = before === null && this.#isRunning.get(stream) === undefined;
    const more = isOver ? 0 : amount - had;
    const granted = more <= 0 || left === null ? more : Math.max(0, Math.min(more, left));
    const held = had + granted;
    if (granted !== 0 || (before === null && !isOver)) {
      const from = accounts.map(({ key, day }) => ({ key, day }));
      this.#putReservation.run(stream, JSON.stringify(from), held);
      for (const { key, day } of before?.accounts ?? from) this.#book.run(key, day, 0, granted);
    }
    return { held, left: left === null ? null : left - granted, tightest };
  }

  #reservation(stream: string): Reservation | null {
    const row = this.#findReservation.get(stream);
    if (row === undefined) return null;
    return { accounts: JSON.parse(String(row["accounts"])) as Reservation["accounts"], held: Number(row["held"]) };
  }

  #account(key: string, day: string): AccountState {
    const row = this.#findAccount.get(key, day);
    return row === undefined ? NOTHING : { spent: Number(row["spent"]), reserved: Number(row["reserved"]) };
  }
}

const NOTHING: AccountState = { spent: 0, reserved: 0 };
