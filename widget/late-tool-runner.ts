/** Stands for what runs a page's tools until its code is there, which a page without tools never loads. */
import { backoffMs, pause } from "./connection/backoff.ts";
import type { Message } from "../protocol/index.ts";
import type { ToolRunner, ToolRunnerOptions } from "./tool-runner.ts";

export class LateToolRunner {
  readonly #options: ToolRunnerOptions;
  readonly #load: () => Promise<{ readonly ToolRunner: typeof ToolRunner }>;
  readonly #closed = new AbortController();
  #runner: ToolRunner | null = null;
  /** The latest state of the answer that is followed. */
  #latest: Message | null = null;
  #isLoading = false;

  /** @param load a test's in place of the import */
  constructor(options: ToolRunnerOptions, load: typeof loadRunner = loadRunner) {
    this.#options = options;
    this.#load = load;
  }

  /** As `ToolRunner.follow`: calls that wait are taken up when the code is there. */
  follow(message: Message): void {
    this.#latest = message;
    if (this.#runner !== null) this.#runner.follow(message);
    else if (Object.keys(this.#options.tools()).length > 0 && !this.#isLoading) void this.#begin();
  }

  close(): void {
    this.#closed.abort();
    this.#runner?.close();
  }

  /** What cannot be loaded is tried again for as long as the conversation lasts: somebody waits for the call. */
  async #begin(): Promise<void> {
    this.#isLoading = true;
    const { signal } = this.#closed;
    for (let failures = 1; this.#runner === null; failures++) {
      const loaded = await this.#load().catch(() => null);
      if (loaded === null) await pause(backoffMs(failures), signal);
      if (signal.aborted) return;
      if (loaded !== null) this.#runner = new loaded.ToolRunner(this.#options);
    }
    if (this.#latest !== null) this.#runner.follow(this.#latest);
  }
}

const loadRunner = (): Promise<{ readonly ToolRunner: typeof ToolRunner }> => import("./tool-runner.ts");
