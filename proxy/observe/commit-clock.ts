/** Counts commits, and times a few of many: reading the clock twice costs more than all other metrics of a commit together. */

/** One commit of so many is timed. */
const TIMED_COMMITS = 8;

export class CommitClock {
  readonly #record: (seconds: number) => void;
  #begun = 0;
  #ended = 0;

  constructor(record: (seconds: number) => void) {
    this.#record = record;
  }

  /** Commits under way, and how many have come to their end so far. */
  get progress(): { readonly open: number; readonly ended: number } {
    return { open: this.#begun - this.#ended, ended: this.#ended };
  }

  /** Call it before an append; what it returns belongs to `end`. */
  begin(): number {
    return this.#begun++ % TIMED_COMMITS === 0 ? performance.now() : 0;
  }

  /** Call it once the append is committed, or has failed. */
  end(began: number): void {
    this.#ended++;
    if (began !== 0) this.#record((performance.now() - began) / 1000);
  }
}
