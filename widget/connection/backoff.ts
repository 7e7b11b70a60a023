/** How long to wait before the next attempt. */
import { BACKOFF_MAX_MS, BACKOFF_MIN_MS } from "../../protocol/index.ts";

/**
 * Full jitter, so that the readers of a restarted proxy do not come back in step: at least BACKOFF_MIN_MS, and at
 * random up to a ceiling that doubles with each failure in a row until BACKOFF_MAX_MS.
 * @param failures attempts that failed in a row, at least 1
 */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** failures);
  return BACKOFF_MIN_MS + random() * (ceiling - BACKOFF_MIN_MS);
}

/** Waits, but no longer than until the browser is online again or the signal aborts; never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      globalThis.removeEventListener?.("online", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    // Absent in Node.
    globalThis.addEventListener?.("online", done);
  });
}
