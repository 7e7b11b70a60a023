/** Draws its host again at each full second while something is being waited for. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

export class Countdown implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #until: () => number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param until milliseconds since the epoch; undefined while nothing is waited for */
  constructor(host: ReactiveControllerHost, until: () => number | undefined) {
    this.#host = host;
    this.#until = until;
    host.addController(this);
  }

  hostUpdated(): void {
    clearTimeout(this.#timer);
    const leftMs = (this.#until() ?? 0) - Date.now();
    if (leftMs > 0) this.#timer = setTimeout(() => this.#host.requestUpdate(), leftMs % 1000 || 1000);
  }

  hostDisconnected(): void {
    clearTimeout(this.#timer);
  }
}
