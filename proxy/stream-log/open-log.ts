/** Opens the store a configuration names. */
import { lockStore } from "./store-lock.ts";
import type { StoreLockOptions } from "./store-lock.ts";
import { openSqliteLog } from "./sqlite-log.ts";
import type { StreamLog } from "./stream-log.ts";

export interface OpenLogOptions {
  /** Bytes of entries kept of a stream that has ended. */
  readonly eventsBytesPerStream: number;
  /** Days that a conversation is kept after its last turn. */
  readonly conversationsDays: number;
  /** Told once when another process holds the store, and is waited for. */
  readonly onWait?: StoreLockOptions["onWait"];
  /** Hears of lost connections to the store. */
  readonly onError?: (error: unknown) => void;
}

const DAY_MS = 86_400_000;

/**
 * `sqlite:FILE`, `sqlite::memory:`, or `redis://…` (redis-url.ts).
 * @throws {StreamError} `storage_unavailable` when it cannot be opened; `invalid_request` for a wrong URL.
 */
export async function openLog(store: string, options: OpenLogOptions): Promise<StreamLog> {
  const { eventsBytesPerStream, conversationsDays, onWait, onError } = options;
  if (!store.startsWith("sqlite:")) {
    const { openRedisLog } = await import("./redis-log.ts");
    // Twice as long as retention keeps anything, and a day: what retention has lost sight of goes then.
    const keepMs = Math.ceil((2 * conversationsDays + 1) * DAY_MS);
    return openRedisLog(store, { eventsBytesPerStream, keepMs, ...(onError === undefined ? {} : { onError }) });
  }
  const file = store.slice("sqlite:".length);
  const unlock = await lockStore(file, onWait === undefined ? {} : { onWait });
  try {
    return openSqliteLog(file, { eventsBytesPerStream, onClose: unlock });
  } catch (thrown) {
    unlock();
    throw thrown;
  }
}
