/** Work within a time and a signal: what heeds neither is left behind. */

/** The time was up before the work was done. */
export class TimeUp extends Error {
  override readonly name = "TimeUp";
}

/**
 * Resolves or rejects as `work` does, if it does so in time; its own signal aborts when it did not.
 * @throws {TimeUp} after `ms`. @throws the reason of `signal` when that aborts first.
 */
export async function within<Result>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Result | Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  const own = new AbortController();
  const stopped = Promise.withResolvers<never>();
  const stop = (reason: unknown) => {
    own.abort(reason);
    stopped.reject(reason);
  };
  const onAbort = () => stop(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(() => stop(new TimeUp(`It took longer than ${ms} ms`)), ms);
  try {
    return await Promise.race([stopped.promise, work(own.signal)]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
