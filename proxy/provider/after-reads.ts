/**
 * Wakes readers together: once all sockets that were ready in this turn of the event loop are read, not between two of
 * them. What decodes and writes then runs for one stream after another with its code still in the processor's caches.
 */

let waiting: (() => void)[] = [];

/** Calls `wake`, which must not throw, in this turn of the event loop. */
export function afterReads(wake: () => void): void {
  if (waiting.push(wake) === 1) setImmediate(wakeAll);
}

function wakeAll(): void {
  const ready = waiting;
  waiting = [];
  for (const wake of ready) wake();
}
