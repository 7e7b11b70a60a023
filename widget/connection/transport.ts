/** What a connection, its transports and the readers of streams know of each other. */
import { formatCursor } from "../../protocol/index.ts";
import type { Cursor, Position, StatusNote, StreamError, WireEntry } from "../../protocol/index.ts";
import type { ProxyApi } from "./proxy-api.ts";

export type TransportChoice = "auto" | "ws" | "sse";

/** `upgrade_blocked`: no WebSocket comes through; `buffered`: an answer arrives late and in lumps. */
export type PathDetail = "upgrade_blocked" | "buffered";

/** One reader of one stream. Its position is the truth that any attempt on any transport goes on from. */
export interface StreamReader {
  readonly id: string;
  /** What it has received; null in `inc` before it has anything. */
  readonly position: Position;
  /** It cannot take anything back: it is sent only what can be voided no more. */
  readonly hold: boolean;
  /** Takes what follows its position; false when there is a gap or no room, and the transport must resume. */
  accept(inc: string, entries: readonly WireEntry[], bytes: number): boolean;
  /** Resolves when there is room for more; undefined when there is room now. */
  room(): Promise<void> | undefined;
  /** The server's CRC-32 of the visible text at `seq`. */
  digestAt(seq: number, digest: number): void;
  status(note: StatusNote): void;
  /** The server has nothing after `position`, and nothing will come. */
  ended(): void;
  /** Drops what was received and reads from the start. */
  restart(): void;
  /** Goes on from a snapshot of the message, because the entries before it are gone. */
  rebase(message: unknown): void;
  fail(error: StreamError): void;
}

export interface Transport {
  /** `tab`: through another tab's connection. */
  readonly kind: "ws" | "sse" | "tab";
  attach(reader: StreamReader): void;
  detach(reader: StreamReader): void;
  /** The reader has applied everything up to its position: the sender may go on. */
  applied(reader: StreamReader, seq: number, bytes: number): void;
  /** Tries at once if it waits; makes sure of what looks open. */
  wake(): void;
  close(): void;
}

/** Where transports come from: all at hand, or loaded when they are used. */
export interface Transports {
  /** @param firstDelayMs milliseconds until the first attempt */
  ws(host: TransportHost, Socket: typeof WebSocket, firstDelayMs: number): Transport;
  sse(host: TransportHost, firstDelayMs: number): Transport;
  /** This one may be needed soon, when nothing can be loaded perhaps. */
  prepare?(kind: "ws" | "sse"): void;
}

/** How an attempt ended. */
export interface AttemptEnd {
  /** True when it had reached the proxy. */
  readonly worked: boolean;
  /** What the server asks for; wins over the back-off. */
  readonly hintMs?: number | undefined;
}

/** The connection, as its transports see it. */
export interface TransportHost {
  readonly api: ProxyApi;
  readonly timing: Timing;
  attempting(): void;
  opened(): void;
  /** Something on the way does not pass on what it gets. */
  noticed(detail: PathDetail): void;
  /** Entries came: the path works. */
  progressed(): void;
  /** Milliseconds until the next attempt; null when the transport was replaced or must stop. */
  dropped(end: AttemptEnd): number | null;
  /** What to do about a stream the proxy would not serve: milliseconds until asking again, or null for never. */
  refused(reader: StreamReader, error: StreamError): Promise<number | null>;
  /** The proxy does not want this client at all. */
  failed(error: StreamError): void;
}

/** Who of the tabs of an origin holds the connection. */
export interface Tabs {
  /** Takes part. Gives the way through another tab, null for one of our own, undefined until `retake` is called. */
  enter(): Transport | null | undefined;
  leave(): void;
}

/** Milliseconds. */
export interface Timing {
  /** From opening a socket to the server's welcome. */
  readonly welcomeMs: number;
  readonly silenceMs: number;
  readonly probeMs: number;
  /** An applied entry is acknowledged at the latest after this. */
  readonly ackMs: number;
  /** A socket without streams is closed after this. */
  readonly idleMs: number;
  readonly backoff: (failures: number) => number;
}

export const cursorOf = ({ inc, seq }: Position): Cursor => (inc === null ? "0" : formatCursor(inc, seq));
