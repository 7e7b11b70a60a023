/** Group commit: the appends of all streams that are ready in one turn of the event loop are committed together. */
import { StreamError } from "../../protocol/index.ts";
import type { Batch } from "./batch.ts";
import type { Append, LiveStream, SqliteJournal } from "./sqlite-journal.ts";
import type { Kept, Ending } from "./stream-log.ts";

interface PendingAppend {
  readonly id: string;
  readonly term: number;
  readonly batch: Batch;
  readonly ending: Ending | undefined;
  readonly records: readonly Kept[];
  readonly resolve: () => void;
  readonly reject: (error: StreamError) => void;
}

/** What the store does for its appends. */
export interface AppendStore {
  /** A running stream as the tables know it; null when it is not running. */
  load(id: string): LiveStream | null;
  /** Writes what an ending stream has become. */
  end(live: LiveStream, id: string, batch: Batch, ending: Ending): void;
  /** The last entries of a stream are written. */
  ended(live: LiveStream): void;
  /** Writes what a stream keeps beside its entries. */
  keep(live: LiveStream, records: readonly Kept[]): void;
  transaction<Result>(work: () => Result): Result;
  /** A stream's append is committed. */
  committed(id: string): void;
}

export class SqliteAppends {
  readonly #journal: SqliteJournal;
  readonly #store: AppendStore;
  /** Running streams by id: what an append must know is in memory, so that its checks cost no query. */
  readonly #live = new Map<string, LiveStream>();
  #pending: PendingAppend[] = [];
  #scheduled: NodeJS.Immediate | undefined;

  constructor(journal: SqliteJournal, store: AppendStore) {
    this.#journal = journal;
    this.#store = store;
  }

  live(id: string): LiveStream | undefined {
    return this.#live.get(id);
  }

  started(id: string, live: LiveStream): void {
    this.#live.set(id, live);
  }

  forget(id: string): void {
    this.#live.delete(id);
  }

  append(id: string, term: number, batch: Batch, ending: Ending | undefined, records: readonly Kept[]): Promise<void> {
    return new Promise((resolve, reject) => this.#queue({ id, term, batch, ending, records, resolve, reject }));
  }

  /** Commits what is waiting. An append that is refused takes no other with it. */
  flush(): void {
    while (this.#pending.length > 0) this.#commit();
  }

  #queue(append: PendingAppend): void {
    this.#pending.push(append);
    // After this turn's reads of all streams: what they brought is committed together.
    this.#scheduled ??= setImmediate(() => this.#commit());
  }

  #commit(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const pending = this.#pending;
    this.#pending = [];
    const accepted: PendingAppend[] = [];
    const appends: Append[] = [];
    const inThis = new Set<string>();
    for (const append of pending) {
      if (inThis.has(append.id)) {
        // One batch a stream and commit: the next is judged by what this one leaves.
        this.#queue(append);
        continue;
      }
      const live = this.#admit(append);
      if (live instanceof StreamError) {
        append.reject(live);
        continue;
      }
      inThis.add(append.id);
      accepted.push(append);
      appends.push({ live, batch: append.batch, isLast: append.ending !== undefined });
    }
    if (accepted.length > 0) this.#write(accepted, appends);
  }

  #write(accepted: readonly PendingAppend[], appends: readonly Append[]): void {
    try {
      const needsTransaction =
        this.#journal.needsTransaction(appends) || accepted.some(({ records }) => records.length > 0);
      const keep = needsTransaction
        ? this.#store.transaction(() => {
            accepted.forEach(({ id, ending, batch, records }, index) => {
              const { live } = appends[index]!;
              if (ending !== undefined) this.#store.end(live, id, batch, ending);
              if (records.length > 0) this.#store.keep(live, records);
            });
            const written = this.#journal.write(appends);
            for (const { live, isLast } of appends) if (isLast) this.#store.ended(live);
            return written;
          })
        : this.#journal.write(appends);
      keep();
    } catch (thrown) {
      const error = new StreamError("storage_unavailable", "Cannot commit: the store failed", { cause: thrown });
      for (const { reject } of accepted) reject(error);
      return;
    }
    accepted.forEach(({ id, batch, ending, resolve }, index) => {
      appends[index]!.live.tail = batch.last;
      if (ending !== undefined) this.#live.delete(id);
      this.#store.committed(id);
      resolve();
    });
  }

  /** The stream an append belongs to, or why it is refused. */
  #admit({ id, term, batch }: PendingAppend): LiveStream | StreamError {
    let live = this.#live.get(id) ?? null;
    if (live === null) {
      try {
        live = this.#store.load(id);
      } catch (thrown) {
        return new StreamError("storage_unavailable", "Cannot append: the store failed", { cause: thrown });
      }
      if (live === null) return refused(id, "it is not running");
      this.#live.set(id, live);
    }
    if (live.term !== term) return refused(id, `it is in term ${live.term}, not ${term}`);
    if (batch.first !== live.tail + 1) return refused(id, `seq ${batch.first} does not follow its tail ${live.tail}`);
    return live;
  }
}

const refused = (id: string, why: string): StreamError =>
  new StreamError("conflict", `Cannot append to stream "${id}": ${why}`);
