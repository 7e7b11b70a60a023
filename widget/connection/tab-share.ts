/**
 * One connection for all tabs of an origin: the tab that holds a lock leads, the others read through it. A leader that
 * is closed gives up its lock and the next tab in the queue leads; one that sleeps is deposed. Either way every reader
 * goes on from its own cursor.
 */
import type { Connection } from "./connection.ts";
import { TabDesk } from "./tab-desk.ts";
import type { TabMessage } from "./tab-message.ts";
import { TabTransport } from "./tab-transport.ts";
import type { Tabs, Transport } from "./transport.ts";

/** How often a tab looks whether its leader is awake; one that did not answer twice is deposed. Milliseconds. */
const WATCH_MS = 5_000;

/** The browser's part, or a test's. */
export interface TabWorld {
  readonly locks: Pick<LockManager, "request">;
  readonly openChannel: (name: string) => Pick<BroadcastChannel, "postMessage" | "close" | "onmessage">;
}

type Role = "apart" | "asking" | "leading" | "following";

export class TabShare implements Tabs {
  readonly #connection: Connection;
  readonly #name: string;
  readonly #world: TabWorld;
  readonly #tab = crypto.randomUUID();
  readonly #transport: TabTransport;
  #role: Role = "apart";
  /** What the leader was refused is asked for by ourselves from now on. */
  #isAlone = false;
  #leader = "";
  #heardAt = 0;
  #channel: ReturnType<TabWorld["openChannel"]> | null = null;
  #desk: TabDesk | null = null;
  /** Ends taking part. */
  #stop = new AbortController();
  #watch: ReturnType<typeof setInterval> | undefined;

  /** @param name same for the tabs that may share, and for no others */
  constructor(connection: Connection, name: string, world: TabWorld) {
    this.#connection = connection;
    this.#name = `ai-stream:tabs:1:${name}`;
    this.#world = world;
    this.#transport = new TabTransport({
      tab: this.#tab,
      post: (request) => this.#post(request),
      wake: () => {
        this.#post({ type: "hi", from: this.#tab, wake: true });
        this.#look(connection.timing.probeMs);
      },
      againMs: () => connection.timing.backoff(1),
    });
    connection.onChange(() => this.#announce());
  }

  enter(): Transport | null | undefined {
    if (this.#isAlone) return null;
    if (this.#role === "apart") void this.#begin();
    return this.#role === "leading" ? null : this.#role === "following" ? this.#transport : undefined;
  }

  leave(): void {
    if (this.#role === "apart") return;
    this.#role = "apart";
    this.#leader = "";
    clearInterval(this.#watch);
    this.#desk?.close();
    this.#desk = null;
    this.#stop.abort();
    this.#channel?.close();
    this.#channel = null;
  }

  async #begin(): Promise<void> {
    this.#role = "asking";
    const { signal } = (this.#stop = new AbortController());
    this.#heardAt = Date.now();
    this.#channel = this.#world.openChannel(this.#name);
    this.#channel.onmessage = ({ data }: MessageEvent) => this.#receive(data as TabMessage);
    this.#watch = setInterval(() => this.#look(WATCH_MS), WATCH_MS);
    // Whoever waits for this lock learns when we are gone, however we went. A sandboxed frame is refused any.
    const isRefused = await new Promise<boolean>((resolve) => {
      const own = `${this.#name}:${this.#tab}`;
      void this.#hold(own, { signal }, () => resolve(false), signal).then(resolve);
    });
    if (signal.aborted) return;
    if (isRefused) return this.#part();
    this.#queue(signal);
    this.#post({ type: "hi", from: this.#tab });
  }

  #queue(signal: AbortSignal): void {
    void this.#hold(this.#name, { signal }, () => this.#lead(), signal).then((stolen) => {
      if (stolen) this.#deposed(signal);
    });
  }

  /** Holds a lock until the signal aborts. Resolves to true when it was taken away instead. */
  async #hold(name: string, options: LockOptions, got: () => void, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#world.locks.request(name, options, () => {
        if (signal.aborted) return undefined;
        got();
        return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      });
      return false;
    } catch {
      return !signal.aborted;
    }
  }

  #lead(): void {
    if (this.#role === "leading") return;
    this.#role = "leading";
    this.#leader = this.#tab;
    this.#desk = new TabDesk({
      connection: this.#connection,
      post: (answer) => this.#post(answer),
      closed: (tab, signal) => this.#closed(tab, signal),
    });
    this.#announce();
    this.#connection.retake();
  }

  /** We slept, and another tab leads now. */
  #deposed(signal: AbortSignal): void {
    if (signal.aborted || this.#role !== "leading") return;
    this.#role = "asking";
    this.#desk?.close();
    this.#desk = null;
    this.#heardAt = Date.now();
    this.#connection.retake();
    this.#queue(signal);
    this.#post({ type: "hi", from: this.#tab });
  }

  /** Asks the leader for a word; one that has been silent for twice as long sleeps. */
  #look(afterMs: number): void {
    if (this.#role !== "asking" && this.#role !== "following") return;
    const silentMs = Date.now() - this.#heardAt;
    if (silentMs < afterMs) return;
    this.#post({ type: "hi", from: this.#tab });
    if (silentMs < 2 * afterMs) return;
    this.#heardAt = Date.now();
    const { signal } = this.#stop;
    void this.#hold(this.#name, { steal: true }, () => this.#lead(), signal).then((stolen) => {
      if (stolen) this.#deposed(signal);
    });
  }

  #receive(message: TabMessage): void {
    switch (message.type) {
      case "hi":
        if (message.wake === true && this.#role === "leading") this.#connection.reconnect();
        return this.#announce();
      case "read":
      case "applied":
      case "leave":
        return this.#desk?.receive(message);
      case "lead":
        if (this.#role === "asking" || this.#role === "following") this.#follow(message);
        return;
      case "tell":
      case "gone":
        if (message.to !== this.#tab || this.#role !== "following") return;
        this.#heardAt = Date.now();
        return this.#transport.receive(message);
      case "refused":
        if (message.to === this.#tab) this.#part();
    }
  }

  /** Goes on with a connection of its own. */
  #part(): void {
    this.#isAlone = true;
    this.leave();
    this.#connection.retake();
  }

  #follow({ leader, view }: TabMessage & { readonly type: "lead" }): void {
    this.#heardAt = Date.now();
    const isNew = leader !== this.#leader;
    this.#leader = leader;
    if (this.#role === "asking") {
      this.#role = "following";
      this.#connection.retake();
    } else if (isNew) {
      this.#transport.again();
    }
    this.#connection.mirror(view);
  }

  #announce(): void {
    if (this.#role === "leading") this.#post({ type: "lead", leader: this.#tab, view: this.#connection.view });
  }

  #post(message: TabMessage): void {
    this.#channel?.postMessage(message);
  }

  async #closed(tab: string, signal: AbortSignal): Promise<void> {
    await this.#world.locks.request(`${this.#name}:${tab}`, { signal }, () => {});
  }
}

/**
 * Takes part. @param route tells apart who must not share
 * @throws {ReferenceError} where the browser has locks and no channels
 */
export async function joinTabs(connection: Connection, route: string): Promise<Tabs> {
  const Channel = BroadcastChannel;
  // A name is seen by every page of the origin: an access token in it is not.
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(route)));
  const openChannel = (name: string): BroadcastChannel => new Channel(name);
  return new TabShare(connection, String(digest), { locks: navigator.locks, openChannel });
}
