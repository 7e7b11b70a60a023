/** Answers whose connection broke and whose provider keeps them, so that they are read on without fetching anything twice. */
import type { KeptAnswer } from "./kept-answer.ts";
import type { Received } from "./provider.ts";

/** Another try follows within seconds or not at all; beyond this an outage holds more than is worth its memory. */
const MAX_ANSWERS = 256;
/** OpenAI keeps an answer for about ten minutes. */
const MAX_AGE_MS = 600_000;

export class BrokenAnswers<Frame> {
  readonly #now: () => number;
  /** By the provider's id, the oldest first. */
  readonly #answers = new Map<string, { readonly answer: KeptAnswer<Frame>; readonly brokeAt: number }>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Only an answer that can go on from where it stands is worth it. */
  keep(answer: KeptAnswer<Frame>): void {
    if (answer.id === null || answer.position === null || answer.complete) return;
    this.#answers.delete(answer.id);
    this.#answers.set(answer.id, { answer, brokeAt: this.#now() });
    for (const [id, { brokeAt }] of this.#answers) {
      if (this.#answers.size <= MAX_ANSWERS && this.#now() - brokeAt < MAX_AGE_MS) break;
      this.#answers.delete(id);
    }
  }

  forget(id: string): void {
    this.#answers.delete(id);
  }

  /** The answer, once, when its reader has all that was read of it; null when it must be read from its start. */
  take(id: string, received: Received): KeptAnswer<Frame> | null {
    const broken = this.#answers.get(id);
    this.#answers.delete(id);
    if (broken === undefined || this.#now() - broken.brokeAt >= MAX_AGE_MS) return null;
    if (!broken.answer.isAt(received)) return null;
    broken.answer.goOn();
    return broken.answer;
  }
}
