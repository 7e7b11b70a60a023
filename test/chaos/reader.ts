/** Somebody who reads an answer over a line of his own, which a schedule breaks. */
import type { Message } from "../../protocol/index.ts";
import type { TcpFaults } from "../fakes/tcp-faults.ts";

/** What a reader had at a cursor. */
export interface Seen {
  readonly seq: number;
  /** CRC-32 of the visible text. */
  readonly digest: number;
}

export interface Ended {
  readonly status: Message["status"];
  readonly text: string;
}

export interface Reader {
  readonly line: TcpFaults;
  /** Everything shown so far, as far as the reader can tell; checked against the log afterwards. */
  readonly seen: readonly Seen[];
  /** Resolves when exactly this is read. @throws {Error} naming both texts when that takes too long */
  reads(text: string): Promise<void>;
  /** Resolves when the reader has the end. */
  ended(): Promise<Ended>;
  /** Starts again from nothing but what is kept: a cursor and the message up to it, or only the stream's id. */
  reload(from: "kept" | "start"): Promise<void>;
  /** The device says that the network is away. */
  offline(on: boolean): Promise<void>;
  /** What a device does when it notices that something changed. */
  wake(): Promise<void>;
  /** Stops the answer. */
  cancel(): Promise<void>;
  close(): Promise<void>;
}

/** A condition that is not met within this has failed: far above the longest wait of any part. */
export const PATIENCE_MS = 60_000;

/** @throws {Error} saying what was waited for, and how it stands */
export async function patiently<Value>(what: () => string, wait: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`not within ${PATIENCE_MS} ms: ${what()}`)), PATIENCE_MS);
  try {
    return await Promise.race([wait, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Where two texts part, with what is around it. */
export function difference(found: string, expected: string): string {
  let at = 0;
  while (at < found.length && found[at] === expected[at]) at++;
  if (at === found.length && at === expected.length) return "the same";
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 20), at + 40));
  return `at ${at}: found ${around(found)} (${found.length} in all), expected ${around(expected)} (${expected.length})`;
}
