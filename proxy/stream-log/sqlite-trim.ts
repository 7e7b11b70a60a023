/** Retention of the embedded store, a little at a time: whoever reads or writes meanwhile has a turn in between. */
import type { DatabaseSync } from "node:sqlite";
import { setImmediate as turn } from "node:timers/promises";
import type { RetentionBounds } from "./stream-log.ts";

/** Streams or conversations looked at in one transaction: some milliseconds. */
const STEP = 100;

export interface TrimmedStore {
  readonly database: DatabaseSync;
  /** Does work in a transaction of its own. @throws {StreamError} `storage_unavailable` */
  step<Result>(work: () => Result): Promise<Result>;
  /** In the caller's transaction. */
  dropConversation(id: string): void;
}

/** Removes what is older than the bounds; what is left when the store is closed meanwhile goes the next time. */
export async function trimSqlite(
  store: TrimmedStore,
  { streamsBefore, conversationsBefore }: RetentionBounds,
): Promise<{ streams: number; conversations: number }> {
  const conversations = await trimConversations(store, conversationsBefore);
  return { conversations, streams: await trimStreams(store, streamsBefore) };
}

async function trimConversations(store: TrimmedStore, before: number): Promise<number> {
  const { database } = store;
  const old = "SELECT id FROM conversations WHERE updated_at < ?";
  const ids = await store.step(() => database.prepare(old).all(before));
  let gone = 0;
  for (let from = 0; from < ids.length && database.isOpen; from += STEP) {
    gone += await store.step(() => {
      // One that was touched meanwhile stays.
      const isStill = database.prepare(`${old} AND id = ?`);
      const part = ids.slice(from, from + STEP).filter(({ id }) => isStill.get(before, id as string) !== undefined);
      for (const { id } of part) store.dropConversation(id as string);
      return part.length;
    });
    await turn();
  }
  return gone;
}

async function trimStreams(store: TrimmedStore, before: number): Promise<number> {
  const { database } = store;
  let gone = 0;
  for (let from: number | null = 0; from !== null && database.isOpen;) {
    const after: number = from;
    const part = await store.step(() => trimAfter(database, after, before));
    gone += part.gone;
    from = part.last;
    await turn();
  }
  return gone;
}

/**
 * Walks over the streams that have entries, by number from `after` on: what was trimmed before costs nothing. They are
 * numbered as they begin, so the walk is over at the first that began too late to be old; then `last` is null.
 */
function trimAfter(database: DatabaseSync, after: number, before: number): { gone: number; last: number | null } {
  const next = database.prepare("SELECT MIN(stream) AS n FROM entries WHERE stream > ?");
  const find = database.prepare("SELECT id, status, created_at, ended_at FROM streams WHERE n = ?");
  const dropEntries = database.prepare("DELETE FROM entries WHERE stream = ?");
  const dropSends = database.prepare("DELETE FROM sends WHERE stream = ?");
  let gone = 0;
  let last = after;
  for (let seen = 0; seen < STEP; seen++) {
    const { n } = next.get(last)!;
    if (n === null) return { gone, last: null };
    last = Number(n);
    const stream = find.get(last);
    const isKept = stream?.["status"] === "running" || Number(stream?.["ended_at"] ?? 0) >= before;
    if (isKept && Number(stream!["created_at"]) >= before) return { gone, last: null };
    if (isKept) continue;
    dropEntries.run(last);
    dropSends.run(String(stream?.["id"]));
    gone++;
  }
  return { gone, last };
}
