/** Where one answer is written: its writer, throttled, and what it may know of its stream. */
import type { Message, StatusNote } from "../../protocol/index.ts";
import type { AnswerOutput } from "../agent/loop.ts";
import type { StreamTail } from "../stream-log/tail.ts";
import type { LogWriter } from "./log-writer.ts";
import { isWanted } from "./orphan-policy.ts";
import type { OrphanPolicy } from "./orphan-policy.ts";
import type { StreamClock } from "./stream-clock.ts";
import { throttled } from "./throttle.ts";
import type { ThrottleLimits } from "./throttle.ts";

export interface PumpOutputParts {
  readonly writer: LogWriter;
  readonly tail: StreamTail;
  readonly clock: StreamClock;
  readonly limits: ThrottleLimits;
  readonly signal: AbortSignal;
  readonly orphanPolicy: OrphanPolicy;
}

/** Methods rather than closures: every open stream has one. */
export class PumpOutput implements AnswerOutput {
  readonly write: AnswerOutput["write"];
  readonly #writer: LogWriter;
  readonly #tail: StreamTail;
  readonly #clock: StreamClock;
  readonly #orphanPolicy: OrphanPolicy;

  constructor({ writer, tail, clock, limits, signal, orphanPolicy }: PumpOutputParts) {
    this.write = throttled((events, record) => writer.write(events, record), tail, limits, signal);
    this.#writer = writer;
    this.#tail = tail;
    this.#clock = clock;
    this.#orphanPolicy = orphanPolicy;
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  message(): Message {
    return this.#tail.message;
  }

  /** Behind what was written before it, so that content never seems to follow a note it came before. */
  readonly note = (note: StatusNote): void => void this.#writer.flush().then(() => this.#tail.note(note));

  seq(): number {
    return this.#writer.seq;
  }

  isWanted(): boolean {
    return isWanted(this.#orphanPolicy, this.#tail);
  }

  waitFor<Result>(waiting: Promise<Result>): Promise<Result> {
    return this.#clock.without(waiting);
  }
}
