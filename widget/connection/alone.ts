/** Work that only one may do at a time: of this page always, of all tabs of its origin where the browser has locks. */

/** A tab that was put to sleep may hold a lock for long: after this we go on without it. */
const LOCK_MS = 5_000;

const queues = new Map<string, Promise<unknown>>();

/** Waits for its turn; gives what `work` gives. */
export async function alone<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const before = queues.get(name);
  const turn = (async () => {
    await before?.catch(() => {});
    return locked(`ai-stream:${name}`, work);
  })();
  queues.set(name, turn);
  try {
    return await turn;
  } finally {
    if (queues.get(name) === turn) queues.delete(name);
  }
}

/** Locks are there on secure pages only; in Node there are no tabs. */
async function locked<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const locks = typeof document === "undefined" ? undefined : navigator.locks;
  if (locks === undefined) return work();
  let begun = false;
  try {
    return (await locks.request(name, { signal: AbortSignal.timeout(LOCK_MS) }, () => {
      begun = true;
      return work();
    })) as Result;
  } catch (error) {
    if (begun) throw error;
    return work();
  }
}
