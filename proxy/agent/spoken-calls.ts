/** The calls a model makes in a step: our id of each, how long the provider's own took, and which are left to run. */

export class SpokenCalls {
  /** Ids of the calls that the provider did not run itself. */
  readonly left = new Set<string>();
  /** Our id of each call, by the provider's. */
  readonly #ids = new Map<string, string>();
  /** When each call began, on `performance.now()`: a provider that runs it itself does not say how long it took. */
  readonly #beganAt = new Map<string, number>();

  /** A call begins. @param given the provider's id */
  begin(given: string, callId: string): void {
    this.restore(given, callId);
    this.#beganAt.set(callId, performance.now());
  }

  /** One that a process that died had heard of. */
  restore(given: string, callId: string): void {
    this.left.add(callId);
    this.#ids.set(given, callId);
  }

  /** The provider ran it itself. Returns our id, and milliseconds from its beginning; 0 when that is not known. */
  end(given: string): { readonly callId: string; readonly ms: number } {
    const callId = this.#ids.get(given) ?? given;
    this.left.delete(callId);
    const now = performance.now();
    return { callId, ms: Math.round(now - (this.#beganAt.get(callId) ?? now)) };
  }
}
