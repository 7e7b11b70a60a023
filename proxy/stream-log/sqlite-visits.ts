/** Visits in the embedded store. What runs is looked up in the streams themselves, so that no crash leaves a place taken. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { LedgerStore } from "./sqlite-ledger.ts";
import { FORGET_MS, MINUTE_MS, START_MS } from "./visits.ts";
import type { VisitLimit, VisitRefusal, Visits } from "./visits.ts";

/** A visit's stream that runs, or is about to: `?` is the time before which it would be there. */
const RUNS = "(s.status = 'running' OR (s.status IS NULL AND v.at > ?))";

export class SqliteVisits implements Visits {
  readonly #store: LedgerStore;
  readonly #forget: StatementSync;
  readonly #forgetEnded: StatementSync;
  readonly #recent: StatementSync;
  readonly #running: StatementSync;
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;

  constructor(database: DatabaseSync, store: LedgerStore) {
    this.#store = store;
    this.#forget = database.prepare("DELETE FROM visits WHERE at <= ?");
    this.#forgetEnded = database.prepare(
      `DELETE FROM visits WHERE key = ? AND at <= ?
         AND NOT EXISTS (SELECT 1 FROM streams WHERE id = visits.stream AND status = 'running')`,
    );
    this.#recent = database.prepare("SELECT at FROM visits WHERE key = ? AND at > ? ORDER BY at DESC LIMIT 1 OFFSET ?");
    this.#running = database.prepare(
      `SELECT COUNT(*) AS count FROM visits v LEFT JOIN streams s ON s.id = v.stream WHERE v.key = ? AND ${RUNS}`,
    );
    this.#find = database.prepare("SELECT 1 FROM visits WHERE key = ? AND stream = ?");
    this.#insert = database.prepare("INSERT OR REPLACE INTO visits (key, stream, at) VALUES (?, ?, ?)");
    this.#delete = database.prepare("DELETE FROM visits WHERE key = ? AND stream = ?");
  }

  enter(stream: string, limits: readonly VisitLimit[], nowMs: number): Promise<VisitRefusal | null> {
    return this.#store.run(() => this.#store.transaction(() => this.#enter(stream, limits, nowMs)));
  }

  withdraw(stream: string, limits: readonly Pick<VisitLimit, "key">[]): Promise<void> {
    return this.#store.run(() => {
      for (const { key } of limits) this.#delete.run(key, stream);
    });
  }

  #enter(stream: string, limits: readonly VisitLimit[], nowMs: number): VisitRefusal | null {
    this.#forget.run(nowMs - FORGET_MS);
    if (limits.every(({ key }) => this.#find.get(key, stream) !== undefined)) return null;
    for (const limit of limits) {
      this.#forgetEnded.run(limit.key, nowMs - MINUTE_MS);
      const refusal = this.#refusal(limit, nowMs);
      if (refusal !== null) return refusal;
    }
    for (const { key } of limits) this.#insert.run(key, stream, nowMs);
    return null;
  }

  #refusal({ key, perMinute, concurrent }: VisitLimit, nowMs: number): VisitRefusal | null {
    // The oldest of as many as there may be: there is room once it is a minute ago.
    const row = perMinute === null ? undefined : this.#recent.get(key, nowMs - MINUTE_MS, perMinute - 1);
    if (row !== undefined) return { key, limit: "perMinute", waitMs: Number(row["at"]) + MINUTE_MS - nowMs };
    if (concurrent === null) return null;
    const running = Number(this.#running.get(key, nowMs - START_MS)!["count"]);
    return running >= concurrent ? { key, limit: "concurrent", waitMs: null } : null;
  }
}
