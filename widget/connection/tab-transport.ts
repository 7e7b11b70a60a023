/** Reads through the tab that leads: each reader has its own cursor, which is where any leader goes on from. */
import type { TabAnswer, TabRequest, Told } from "./tab-message.ts";
import type { StreamReader, Transport } from "./transport.ts";

export interface TabTransportOptions {
  readonly tab: string;
  readonly post: (request: TabRequest) => void;
  /** Makes sure that the leader is there. */
  readonly wake: () => void;
  /** Milliseconds before a reader that found a gap asks again. */
  readonly againMs: () => number;
}

export class TabTransport implements Transport {
  readonly kind = "tab";
  readonly #options: TabTransportOptions;
  /** A reading has a new number each time it is asked for, so that answers to an older one are not taken for its own. */
  readonly #numbers = new Map<StreamReader, number>();
  readonly #readers = new Map<number, StreamReader>();
  #last = 0;

  constructor(options: TabTransportOptions) {
    this.#options = options;
  }

  attach(reader: StreamReader): void {
    const r = ++this.#last;
    this.#numbers.set(reader, r);
    this.#readers.set(r, reader);
    const { id, position, hold } = reader;
    this.#options.post({ type: "read", from: this.#options.tab, r, id, position, hold });
  }

  detach(reader: StreamReader): void {
    const r = this.#numbers.get(reader);
    if (r === undefined) return;
    this.#numbers.delete(reader);
    this.#readers.delete(r);
    this.#options.post({ type: "leave", from: this.#options.tab, r });
  }

  applied(reader: StreamReader, seq: number, bytes: number): void {
    const r = this.#numbers.get(reader);
    if (r !== undefined) this.#options.post({ type: "applied", from: this.#options.tab, r, seq, bytes });
  }

  wake(): void {
    this.#options.wake();
  }

  close(): void {
    for (const reader of this.#numbers.keys()) this.detach(reader);
  }

  /** There is another leader. */
  again(): void {
    for (const reader of [...this.#numbers.keys()]) this.#again(reader);
  }

  receive(answer: TabAnswer & { readonly type: "tell" | "gone" }): void {
    const reader = this.#readers.get(answer.r);
    if (reader === undefined) return;
    if (answer.type === "gone") return this.#again(reader);
    if (tell(reader, answer.told)) return answer.told[0] === "rebase" ? this.#again(reader) : undefined;
    // A gap: nothing further is taken until it was asked for again.
    this.#readers.delete(answer.r);
    setTimeout(() => {
      if (this.#numbers.get(reader) === answer.r) this.#again(reader);
    }, this.#options.againMs());
  }

  #again(reader: StreamReader): void {
    this.detach(reader);
    this.attach(reader);
  }
}

/** False when the reader has a gap. */
function tell(reader: StreamReader, told: Told): boolean {
  switch (told[0]) {
    case "accept":
      return reader.accept(told[1], told[2], told[3]);
    case "digestAt":
      reader.digestAt(told[1], told[2]);
      return true;
    case "status":
      reader.status(told[1]);
      return true;
    case "rebase":
      reader.rebase(told[1]);
      return true;
    case "ended":
      reader.ended();
      return true;
    case "restart":
      reader.restart();
      return true;
  }
}
