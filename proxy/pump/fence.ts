/**
 * Tells a pump, at most once, that another may write its stream. Not an `AbortSignal`: every stream has one, nearly none
 * is ever raised, and a signal with its listener is half a kilobyte.
 */
import type { StreamError } from "../../protocol/index.ts";

export class Fence {
  #why: StreamError | null = null;
  #heed: ((why: StreamError) => void) | null = null;

  get isRaised(): boolean {
    return this.#why !== null;
  }

  /** Further calls change nothing. */
  raise(why: StreamError): void {
    if (this.#why !== null) return;
    this.#why = why;
    this.#heed?.(why);
  }

  /** Calls `act` when it is raised, or at once when it was. One at a time: the pump's. */
  heed(act: (why: StreamError) => void): void {
    this.#heed = act;
    if (this.#why !== null) act(this.#why);
  }
}
