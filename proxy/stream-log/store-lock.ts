/**
 * One process owns a SQLite store. The lock is an SQLite database of its own beside it, `FILE.lock`, held in an exclusive
 * transaction: the system frees it with the process, however that dies.
 */
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { StreamError } from "../../protocol/index.ts";

/** A rolling restart: the process before may still be finishing its answers. */
const WAIT_MS = 30_000;
const POLL_MS = 100;

export interface StoreLockOptions {
  /** @default 30_000 */
  readonly waitMs?: number;
  /** Told once when another process holds the store. */
  readonly onWait?: () => void;
}

/**
 * Resolves once this process owns the store; with how to give it up.
 * @throws {StreamError} `storage_unavailable` when another process keeps it, or the lock cannot be made.
 */
export async function lockStore(file: string, options: StoreLockOptions = {}): Promise<() => void> {
  if (file === ":memory:" || file === "") return () => {};
  const { waitMs = WAIT_MS, onWait } = options;
  const lockFile = `${file}.lock`;
  const database = openLock(lockFile);
  try {
    const deadline = performance.now() + waitMs;
    for (let tried = 0; !tryLock(database, lockFile); tried++) {
      if (tried === 0) onWait?.();
      if (performance.now() >= deadline) throw held(file, lockFile, waitMs);
      await delay(POLL_MS);
    }
  } catch (thrown) {
    database.close();
    throw thrown;
  }
  return () => {
    if (database.isOpen) database.close();
  };
}

function openLock(lockFile: string): DatabaseSync {
  try {
    return new DatabaseSync(lockFile, { timeout: 0 });
  } catch (thrown) {
    throw new StreamError("storage_unavailable", `Cannot make the lock "${lockFile}" of the store`, { cause: thrown });
  }
}

function tryLock(database: DatabaseSync, lockFile: string): boolean {
  try {
    database.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && "errcode" in thrown && thrown.errcode === BUSY) return false;
    throw new StreamError("storage_unavailable", `Cannot lock the store with "${lockFile}"`, { cause: thrown });
  }
}

/** SQLITE_BUSY */
const BUSY = 5;

const held = (file: string, lockFile: string, waitMs: number): StreamError =>
  new StreamError(
    "storage_unavailable",
    `Another process uses the store "${file}" (it holds "${lockFile}") and did not end within ${waitMs / 1000} s. ` +
      "Stop it, give this one a file of its own (AI_STREAM_STORE=sqlite:OTHER), or use Redis to run several",
  );
