/** A reader's place in a log: which incarnation of it, and the last seq the reader has (protocol.md §2). */
import { invalid } from "./stream-error.ts";

/** `<inc>.<seq>`, or `0` for the start of whatever incarnation there is. */
export type Cursor = string;

export interface Position {
  /** Null when the reader has seen nothing and takes any incarnation. */
  readonly inc: string | null;
  readonly seq: number;
}

const CURSOR = /^([A-Za-z0-9_-]{1,64})\.(0|[1-9]\d{0,14})$/;

export const START: Position = { inc: null, seq: 0 };

export const formatCursor = (inc: string, seq: number): Cursor => `${inc}.${seq}`;

/** @throws {StreamError} `invalid_request` naming `field` for anything that is not a cursor. */
export function parseCursor(cursor: unknown, field = "after"): Position {
  if (cursor === "0" || cursor === 0) return START;
  const match = typeof cursor === "string" ? CURSOR.exec(cursor) : null;
  if (match === null) throw invalid(field, cursor, 'a cursor: "0" or "<inc>.<seq>"');
  return { inc: match[1]!, seq: Number(match[2]) };
}
