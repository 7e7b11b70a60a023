/**
 * Where the tab that leads serves the others: each of their readings is one more reader of its own connection. Like all
 * of sharing it is loaded by itself, and so imports nothing that the page has already.
 */
import type { Position, StatusNote, WireEntry } from "../../protocol/index.ts";
import type { TabAnswer, TabRequest, Told } from "./tab-message.ts";
import type { StreamReader } from "./transport.ts";

/** A tab that applied nothing for so many milliseconds sleeps: the proxy would close the connection of all over it. */
const STALL_MS = 30_000;
/** What may be on its way to a tab that has not applied it, as much as a window of the proxy's. */
const ROOM_BYTES = 262_144;

export interface TabDeskOptions {
  readonly connection: {
    attach(reader: StreamReader): void;
    detach(reader: StreamReader): void;
    applied(reader: StreamReader, seq: number, bytes: number): void;
  };
  readonly post: (answer: TabAnswer) => void;
  /** Resolves once the tab is closed; rejects when the signal aborts. */
  readonly closed: (tab: string, signal: AbortSignal) => Promise<void>;
}

export class TabDesk {
  readonly #options: TabDeskOptions;
  readonly #tabs = new Map<string, Map<number, FarReader>>();
  readonly #over = new AbortController();

  constructor(options: TabDeskOptions) {
    this.#options = options;
  }

  receive(request: Exclude<TabRequest, { type: "hi" }>): void {
    const { from, r } = request;
    const { connection, post } = this.#options;
    const reader = this.#tabs.get(from)?.get(r);
    if (request.type === "read") return this.#read(request);
    if (request.type === "leave") return this.#drop(from, r);
    if (reader === undefined) return post({ type: "gone", to: from, r });
    reader.applied(request.bytes);
    connection.applied(reader, request.seq, request.bytes);
  }

  /** Lets go of all readings; their tabs ask the next leader. */
  close(): void {
    this.#over.abort();
    for (const [tab, readers] of this.#tabs) for (const r of readers.keys()) this.#drop(tab, r);
  }

  #read({ from, r, id, position, hold }: TabRequest & { readonly type: "read" }): void {
    const { connection, post } = this.#options;
    const reader = new FarReader(id, position, {
      hold,
      tell: (told) => post({ type: "tell", to: from, r, told }),
      refused: () => post({ type: "refused", to: from }),
      stalled: () => this.#drop(from, r),
    });
    this.#readersOf(from).set(r, reader);
    connection.attach(reader);
  }

  #readersOf(tab: string): Map<number, FarReader> {
    let readers = this.#tabs.get(tab);
    if (readers === undefined) {
      this.#tabs.set(tab, (readers = new Map()));
      void this.#options.closed(tab, this.#over.signal).then(
        () => this.#forget(tab),
        () => {},
      );
    }
    return readers;
  }

  #forget(tab: string): void {
    for (const r of this.#tabs.get(tab)?.keys() ?? []) this.#drop(tab, r);
    this.#tabs.delete(tab);
  }

  #drop(tab: string, r: number): void {
    const reader = this.#tabs.get(tab)?.get(r);
    if (reader === undefined) return;
    this.#tabs.get(tab)?.delete(r);
    reader.close();
    this.#options.connection.detach(reader);
  }
}

interface FarReaderOptions {
  readonly hold: boolean;
  readonly tell: (told: Told) => void;
  readonly refused: () => void;
  readonly stalled: () => void;
}

/** A reader in another tab, which checks for gaps itself and asks again where there is one. */
class FarReader implements StreamReader {
  readonly id: string;
  position: Position;
  readonly #options: FarReaderOptions;
  #unapplied = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #onRoom: () => void = () => {};

  constructor(id: string, position: Position, options: FarReaderOptions) {
    this.id = id;
    this.position = position;
    this.#options = options;
  }

  accept(inc: string, entries: readonly WireEntry[], bytes: number): boolean {
    const last = entries.at(-1);
    if (last === undefined) return true;
    if (this.position.inc !== null && this.position.inc !== inc) return false;
    this.position = { inc, seq: Math.max(last.seq, this.position.seq) };
    this.#unapplied += bytes;
    this.#timer ??= setTimeout(this.#options.stalled, STALL_MS);
    this.#options.tell(["accept", inc, entries, bytes]);
    return true;
  }

  applied(bytes: number): void {
    this.#unapplied -= bytes;
    clearTimeout(this.#timer);
    this.#timer = this.#unapplied > 0 ? setTimeout(this.#options.stalled, STALL_MS) : undefined;
    this.#onRoom();
  }

  get hold(): boolean {
    return this.#options.hold;
  }

  room(): Promise<void> | undefined {
    return this.#unapplied < ROOM_BYTES ? undefined : new Promise((resolve) => (this.#onRoom = resolve));
  }

  digestAt(seq: number, digest: number): void {
    this.#options.tell(["digestAt", seq, digest]);
  }

  status({ phase, detail, delayMs }: StatusNote): void {
    const note = { phase, ...(detail === undefined ? {} : { detail }), ...(delayMs === undefined ? {} : { delayMs }) };
    this.#options.tell(["status", note]);
  }

  ended(): void {
    this.#options.tell(["ended"]);
  }

  restart(): void {
    this.position = { inc: null, seq: 0 };
    this.#options.tell(["restart"]);
  }

  /** The tab asks again from where the snapshot left it. */
  rebase(message: unknown): void {
    this.#options.tell(["rebase", message]);
  }

  fail(): void {
    this.#options.refused();
  }

  /** Whoever waits for room must not wait for ever. */
  close(): void {
    clearTimeout(this.#timer);
    this.#onRoom();
  }
}
