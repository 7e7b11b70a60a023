/** What the pump is to an answer, in memory: numbers its events, and folds them when somebody looks. */
import { emptyMessage, fold } from "../../../protocol/index.ts";
import type { LogEntry, Message, StreamEvent } from "../../../protocol/index.ts";
import type { AnswerOutput } from "../../../proxy/agent/output.ts";

export class MemoryOutput implements AnswerOutput {
  readonly entries: LogEntry[] = [];
  #message = emptyMessage("i");
  #folded = 0;

  readonly write = (events: readonly StreamEvent[]): undefined => {
    const ts = Date.now();
    for (const event of events) this.entries.push({ ...event, seq: this.entries.length + 1, ts });
  };

  readonly message = (): Message => {
    this.#message = fold(this.#message, this.entries.slice(this.#folded));
    this.#folded = this.entries.length;
    return this.#message;
  };

  readonly flush = (): Promise<void> => Promise.resolve();
  readonly note = (): void => {};
  readonly seq = (): number => this.entries.length;
  readonly isWanted = (): boolean => true;
  readonly waitFor = <Result>(waiting: Promise<Result>): Promise<Result> => waiting;
}
