/** Work that only one may do at a time: of this page always, of all tabs of its origin where the browser has locks. */

/** A tab that was put to sleep may hold a lock for long: after this, in milliseconds, we go on without it. */
const LOCK_MS = 5_000;

const queues = new Map<string, Promise<unknown>>();

/** True where other tabs are waited for: on secure pages of today's browsers. In Node there are no tabs. */
export const hasLocks = (): boolean => typeof document !== "undefined" && navigator.locks !== undefined;

/**
 * Waits for its turn; gives what `work` gives.
 * @param signal ends the wait: then the work is not done. Without one it is done after LOCK_MS whoever holds the lock
 * @throws the signal's reason
 */
export async function alone<Result>(name: string, work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
  const before = queues.get(name);
  const turn = (async () => {
    await before?.catch(() => {});
    signal?.throwIfAborted();
    return hasLocks() ? locked(`ai-stream:${name}`, work, signal) : work();
  })();
  queues.set(name, turn);
  try {
    return await turn;
  } finally {
    if (queues.get(name) === turn) queues.delete(name);
  }
}

async function locked<Result>(name: string, work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
  let begun = false;
  try {
    return (await navigator.locks.request(name, { signal: signal ?? AbortSignal.timeout(LOCK_MS) }, () => {
      begun = true;
      return work();
    })) as Result;
  } catch (error) {
    // Else there is no lock to be had: too long a wait without a signal, or a sandboxed frame, which is refused any.
    if (begun || signal?.aborted === true) throw error;
    return work();
  }
}
