/** Circuits that opened in one replica, told to the others through the store: hints, which may come late or not at all. */
import type { CircuitHints, Router } from "./route/router.ts";
import type { Replicas } from "./stream-log/replicas.ts";

/** A hint is worth some seconds of a provider's outage; asked less often it is old when it comes. */
const POLL_MS = 2_000;

/** Told by one router and telling it. Stores that nobody shares are not asked. A failing store is told elsewhere. */
export class SharedCircuits implements CircuitHints {
  readonly #log: Pick<Replicas, "isShared" | "publishHint" | "hints">;
  /** What this process told, by lane: it is no news here. As many as the router has lanes. */
  readonly #told = new Map<string, number>();
  #heard: ReadonlyMap<string, number> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(log: Pick<Replicas, "isShared" | "publishHint" | "hints">) {
    this.#log = log;
  }

  publish(lane: string, openUntil: number): void {
    if (!this.#log.isShared) return;
    if (openUntil > Date.now()) this.#told.set(lane, openUntil);
    else this.#told.delete(lane);
    void this.#log.publishHint(lane, openUntil).catch(() => {});
  }

  /** Tells the router what others found, now and every two seconds until `close`. */
  start(router: Pick<Router, "hinted">): void {
    if (!this.#log.isShared) return;
    const again = () => {
      if (!this.#isClosed) this.#timer = setTimeout(() => void this.poll(router).then(again), POLL_MS).unref();
    };
    void this.poll(router).then(again);
  }

  /** Never rejects. */
  async poll(router: Pick<Router, "hinted">): Promise<void> {
    const held = await this.#log.hints().catch(() => null);
    if (held === null || this.#isClosed) return;
    const others = new Map([...held].filter(([lane, until]) => this.#told.get(lane) !== until));
    for (const [lane, until] of others) router.hinted(lane, until);
    // Withdrawn before its time: whoever told it has found the provider in order.
    for (const lane of this.#heard.keys()) if (!others.has(lane)) router.hinted(lane, 0);
    this.#heard = others;
    for (const [lane, until] of this.#told) if (until <= Date.now()) this.#told.delete(lane);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }
}
