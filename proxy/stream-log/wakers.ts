/** Who wants to hear that something happened to a stream. */
export class Wakers {
  readonly #byStream = new Map<string, Set<() => void>>();

  has(stream: string): boolean {
    return this.#byStream.has(stream);
  }

  /** Returns how to stop. */
  add(stream: string, wake: () => void): () => void {
    let wakers = this.#byStream.get(stream);
    if (wakers === undefined) this.#byStream.set(stream, (wakers = new Set()));
    // Twice the same function is two listeners: each stops for itself.
    const waker = () => wake();
    wakers.add(waker);
    return () => {
      wakers.delete(waker);
      if (wakers.size === 0 && this.#byStream.get(stream) === wakers) this.#byStream.delete(stream);
    };
  }

  /** In a turn of its own: who wakes is in the middle of something. */
  wake(stream: string): void {
    const wakers = this.#byStream.get(stream);
    if (wakers === undefined) return;
    for (const waker of wakers) setImmediate(waker);
  }

  wakeAll(): void {
    for (const stream of this.#byStream.keys()) this.wake(stream);
  }
}
