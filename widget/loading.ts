/** Loads a part that nothing works without: what cannot be loaded is told as a lost connection, and tried again. */
import type { ConnectionView } from "./chat.ts";

/** Between attempts the wait doubles, from the one to the other in milliseconds; as between attempts to connect. */
const FIRST_MS = 500;
const LONGEST_MS = 20_000;
/** Over a minute; then it is for a person to decide. Firefox asks for a module only once in the life of a page. */
const ATTEMPTS = 8;
/** What takes longer is told, as something that cannot be loaded, in milliseconds; should it come then, it is taken. */
const LOAD_MS = 10_000;

export interface LoadingOptions<Part> {
  readonly loaded: (part: Part) => void;
  /** The view is another one. */
  readonly changed: (view: ConnectionView) => void;
}

export class Loading<Part> {
  /** Idle as long as nothing went wrong. */
  view: ConnectionView = { state: "idle", transport: null };
  readonly #load: () => Promise<Part>;
  readonly #options: LoadingOptions<Part>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  /** Counts beginnings: an attempt that is not of the latest means nothing. */
  #turn = 0;

  constructor(load: () => Promise<Part>, options: LoadingOptions<Part>) {
    this.#load = load;
    this.#options = options;
  }

  /** Tries now, whatever it waits for, and then again and again. */
  begin(): void {
    this.#failures = 0;
    this.#try();
  }

  pause(): void {
    this.#turn += 1;
    clearTimeout(this.#timer);
    globalThis.removeEventListener?.("online", this.#again);
  }

  #try(): void {
    this.pause();
    const turn = this.#turn;
    let isOver = false;
    const fail = (): void => {
      if (isOver || turn !== this.#turn) return;
      isOver = true;
      this.#failed();
    };
    this.#timer = setTimeout(fail, LOAD_MS);
    this.#load().then((part) => {
      if (turn !== this.#turn) return;
      this.pause();
      this.#options.loaded(part);
    }, fail);
  }

  readonly #again = (): void => this.#try();

  #failed(): void {
    clearTimeout(this.#timer);
    this.#failures += 1;
    if (this.#failures === ATTEMPTS) return this.#show({ state: "failed", error: ERROR });
    const delayMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures) * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(this.#again, delayMs);
    // Absent in Node.
    globalThis.addEventListener?.("online", this.#again);
    const state = navigator.onLine === false ? "offline" : "waiting";
    this.#show({ state, retryInMs: delayMs, retryAt: Date.now() + delayMs });
  }

  #show(view: Omit<ConnectionView, "transport">): void {
    this.view = { ...view, transport: null };
    this.#options.changed(this.view);
  }
}

const ERROR = {
  code: "connect_timeout",
  message: "The rest of the script cannot be loaded; please load the page again",
  retryable: true,
} as const;
