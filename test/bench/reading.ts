/** One reader's view of one answer: checks every character as it comes, notes when each token was complete. */
import type { Answer } from "./answer.ts";
import { nowUs } from "./workload.ts";

export class Reading {
  /** When each token had arrived, in µs. */
  readonly receivedAt: Float64Array;
  /** Tokens that have arrived whole. */
  tokens = 0;
  /** Settles when the answer has ended; rejects when it ended short, wrong or not at all. */
  readonly done: Promise<void>;
  readonly #answer: Answer;
  readonly #onToken: (reading: Reading) => void;
  readonly #outcome = Promise.withResolvers<void>();
  #length = 0;

  constructor(answer: Answer, onToken: (reading: Reading) => void) {
    this.#answer = answer;
    this.#onToken = onToken;
    this.receivedAt = new Float64Array(answer.tokens.length);
    this.done = this.#outcome.promise;
    // Whoever waits sees the rejection; until then it is not unhandled.
    this.done.catch(() => {});
  }

  /** The next piece of text: part of a token, one, or many. */
  take(text: string): void {
    if (text === "") return;
    if (!this.#answer.text.startsWith(text, this.#length)) {
      return this.fail(new Error(`Text differs from what was sent at character ${this.#length}: ${text.slice(0, 40)}`));
    }
    this.#length += text.length;
    const at = nowUs();
    const { ends } = this.#answer;
    while (this.tokens < ends.length && ends[this.tokens]! <= this.#length) {
      this.receivedAt[this.tokens++] = at;
      this.#onToken(this);
    }
  }

  /** The answer's own end, not only the connection's. */
  end(): void {
    if (this.#length === this.#answer.text.length) this.#outcome.resolve();
    else this.fail(new Error(`Ended after ${this.#length} of ${this.#answer.text.length} characters`));
  }

  /** After the end this changes nothing. */
  fail(error: Error): void {
    this.#outcome.reject(error);
  }
}
