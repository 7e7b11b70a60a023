/** A second call beside one that is slow to speak: the first to say something is kept, the other is hung up. */
import { isContent, StreamError } from "../../protocol/index.ts";
import { UNBILLED } from "../provider/provider.ts";
import type { ProviderEvent } from "../provider/provider.ts";
import type { Call } from "./attempt.ts";
import { pause } from "./pause.ts";

export interface Race {
  /** Its events are all of them, from the first on. */
  readonly winner: Call;
  /** Hung up already; null when no second call was made. */
  readonly loser: Loser | null;
}

export interface Loser {
  readonly call: Call;
  /** All that came of it. */
  readonly said: readonly ProviderEvent[];
  /** Why it had failed by itself; null for one that was only slower. */
  readonly failure: StreamError | null;
  /** It did nothing that costs anything. */
  readonly isUnbilled: boolean;
}

/** Batches without content before the first with some: identifiers and counts. More is no answer. */
const MAX_SILENT_BATCHES = 64;

/**
 * Waits for the first content of `first`, from `afterMs` on beside a second call.
 * @param second opens it; null when there is nobody else to ask. Not called when `signal` was aborted.
 */
export async function raceToContent(
  first: Call,
  second: () => Promise<Call | null>,
  afterMs: number,
  signal: AbortSignal,
): Promise<Race> {
  const one = new Heard(first);
  const given = new AbortController();
  const spoke = one.speak().finally(() => given.abort());
  const isSlow = await pause(afterMs, given.signal);
  const other = isSlow && !signal.aborted ? await second() : null;
  if (other === null) {
    await spoke;
    return { winner: one.call, loser: null };
  }
  const two = new Heard(other);
  const [winner, loser] = await firstToSpeak([one, spoke], [two, two.speak()]);
  return { winner: winner.call, loser: await loser.hangUp() };
}

type Speaking = readonly [heard: Heard, spoke: Promise<void>];

/** The one that speaks first; one that fails leaves it to the other. */
async function firstToSpeak(one: Speaking, two: Speaking): Promise<readonly [winner: Heard, loser: Heard]> {
  const [heard] = await Promise.race([one, two].map((each) => each[1].then(() => each)));
  const [other, otherSpoke] = heard === one[0] ? two : one;
  if (heard.failure === null) return [heard, other];
  await otherSpoke;
  // Both failed: the first call's failure is the one to act on.
  return other.failure === null || heard === two[0] ? [other, heard] : [heard, other];
}

/** A call that is listened to until its first content, and keeps what it said before. */
class Heard {
  readonly call: Call;
  failure: { readonly thrown: unknown } | null = null;
  readonly #early: (readonly ProviderEvent[])[] = [];
  readonly #source: AsyncIterator<readonly ProviderEvent[]>;
  #over = false;

  constructor(call: Call) {
    this.#source = call.events[Symbol.asyncIterator]();
    this.call = { ...call, events: this.#all() };
  }

  /** Never rejects: a failure is kept for whoever reads on. */
  async speak(): Promise<void> {
    try {
      while (this.#early.length < MAX_SILENT_BATCHES) {
        const { done, value } = await this.#source.next();
        this.#over = done === true;
        if (done === true) return;
        this.#early.push(value);
        if (value.some(isContent)) return;
      }
    } catch (thrown) {
      this.failure = { thrown };
    }
  }

  async hangUp(): Promise<Loser> {
    const { failure } = this;
    this.call.stop?.abort();
    // Ends when the call notices; one that fails because of it has nothing to tell but whether it had been sent.
    await this.#source.return?.().catch(() => {});
    const thrown = this.failure?.thrown;
    return {
      call: this.call,
      said: this.#early.flat(),
      failure: failure === null ? null : StreamError.from(failure.thrown),
      isUnbilled: thrown instanceof Error && UNBILLED.has(thrown),
    };
  }

  async *#all(): AsyncGenerator<readonly ProviderEvent[], void> {
    yield* this.#early;
    if (this.failure !== null) throw this.failure.thrown;
    if (!this.#over) yield* { [Symbol.asyncIterator]: () => this.#source };
  }
}
