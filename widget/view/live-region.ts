/** A live region at a pace people can follow: what comes faster than that is said together. */

/** Between two announcements: each one may cut the one before it short. */
const PAUSE_MS = 1_500;
/** A screen reader reads what is added; this many pieces may still wait for their turn. */
const KEPT_PIECES = 8;

/** Time, as far as it is needed; a test has one of its own. */
export interface Clock {
  readonly now: () => number;
  /** @returns what calls it off */
  readonly after: (ms: number, run: () => void) => () => void;
}

const CLOCK: Clock = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

export class LiveRegion {
  readonly #write: (text: string) => void;
  readonly #clock: Clock;
  /** What was not said yet; no longer than what came within one pause. */
  #waiting: string[] = [];
  #callOff: (() => void) | null = null;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(write: (text: string) => void, clock: Clock = CLOCK) {
    this.#write = write;
    this.#clock = clock;
  }

  /** Says this in its turn, together with what else comes until then. */
  flow(text: string): void {
    if (text === "") return;
    this.#waiting.push(text);
    const leftMs = this.#lastMs + PAUSE_MS - this.#clock.now();
    if (leftMs <= 0) this.#flush();
    else this.#callOff ??= this.#clock.after(leftMs, () => this.#flush());
  }

  /** Says this now, after what waits: somebody has to decide, or asked for it. */
  say(text: string): void {
    if (text === "") return;
    this.#flush();
    this.#write(text);
    this.#lastMs = this.#clock.now();
  }

  /** Leaves unsaid what waits. */
  drop(): void {
    this.#callOff?.();
    this.#callOff = null;
    this.#waiting = [];
  }

  #flush(): void {
    const text = this.#waiting.join(" ");
    this.drop();
    if (text === "") return;
    this.#write(text);
    this.#lastMs = this.#clock.now();
  }
}

/** Adds a piece to an element that is a live region. */
export function addPiece(region: HTMLElement | null, text: string): void {
  if (region === null) return;
  const piece = document.createElement("p");
  piece.textContent = text;
  region.append(piece);
  while (region.childElementCount > KEPT_PIECES) region.firstElementChild?.remove();
}
