/** Draws its host again at each full second while something is being waited for; at each full minute while that is far. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

const FAR_MS = 120_000;

export class Countdown implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #until: () => number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param until milliseconds since the epoch; past while nothing is waited for */
  constructor(host: ReactiveControllerHost, until: () => number) {
    this.#host = host;
    this.#until = until;
    host.addController(this);
  }

  hostUpdated(): void {
    clearTimeout(this.#timer);
    const leftMs = this.#until() - Date.now();
    // Until then it is told in minutes.
    const stepMs = leftMs > FAR_MS ? 60_000 : 1_000;
    if (leftMs > 0) this.#timer = setTimeout(() => this.#host.requestUpdate(), leftMs % stepMs || stepMs);
  }

  hostDisconnected(): void {
    clearTimeout(this.#timer);
  }
}
