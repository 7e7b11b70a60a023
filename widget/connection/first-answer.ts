/** Asks again beside a request that has no answer: a kept connection may have died, and each finds out only for itself. */

/** Milliseconds. An answer's headers take a round trip or two; a second request costs less than a person's patience. */
const AGAIN_MS = 1_000;
/** A browser keeps at most six connections to a host over HTTP/1.1: these get past the dead ones among them. */
const AT_MOST = 5;

/**
 * Gives the first answer and aborts the other requests; the first failure fails all of them.
 * @param ask must be safe to repeat; its signal stays the answer's own once it was chosen
 */
export function firstAnswer<Answer>(
  ask: (signal: AbortSignal) => Promise<Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = new Set<AbortController>();
    let timer: ReturnType<typeof setTimeout> | undefined;

    const settle = (chosen: AbortController): void => {
      clearTimeout(timer);
      asked.delete(chosen);
      for (const other of asked) other.abort();
      asked.clear();
    };

    const begin = (): void => {
      const mine = new AbortController();
      asked.add(mine);
      if (asked.size < AT_MOST) timer = setTimeout(begin, AGAIN_MS);
      ask(AbortSignal.any([signal, mine.signal])).then(
        (answer) => {
          settle(mine);
          resolve(answer);
        },
        (error: unknown) => {
          settle(mine);
          reject(error);
        },
      );
    };
    begin();
  });
}
