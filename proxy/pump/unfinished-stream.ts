/** A stream another process began, read from its log: all that is needed to go on with it, or to close it. */
import { emptyMessage, fold, formatCursor } from "../../protocol/index.ts";
import { UnfinishedFold } from "../agent/loop.ts";
import type { Unfinished } from "../agent/loop.ts";
import { ReceiptFold } from "../spend/receipt.ts";
import { RecoveredBill } from "../spend/recovered-bill.ts";
import type { StreamLog, StreamRecord } from "../stream-log/stream-log.ts";
import { StreamTail } from "../stream-log/tail.ts";
import { OpenParts } from "./open-parts.ts";

/** Entries read from the store at a time. */
const PAGE_ENTRIES = 1_000;

export interface UnfinishedStream {
  /** At the end of what is there. */
  readonly tail: StreamTail;
  readonly state: Unfinished;
  readonly open: OpenParts;
  readonly bill: RecoveredBill;
  readonly receipt: ReceiptFold;
}

/** One whose entries the store has and cannot read: nothing is known of it but where it stands. It can only be closed. */
export function unreadable(record: StreamRecord): UnfinishedStream {
  const { inc, tail, id: stream, message: id, conversation, agent } = record;
  const message = { ...emptyMessage(inc), id, stream, conversation, agent, cursor: formatCursor(inc, tail) };
  return {
    tail: new StreamTail(record, message),
    state: new UnfinishedFold().state,
    open: new OpenParts(),
    bill: new RecoveredBill(),
    receipt: new ReceiptFold(),
  };
}

/** @param record as `takeOver` gave it: nobody else writes the stream any more */
export async function readUnfinished(log: StreamLog, record: StreamRecord): Promise<UnfinishedStream> {
  let message = emptyMessage(record.inc);
  let firstContentAt: number | null = null;
  const state = new UnfinishedFold();
  const open = new OpenParts();
  const bill = new RecoveredBill();
  const receipt = new ReceiptFold();
  for (let seq = 0; seq < record.tail;) {
    const entries = await log.read(record.id, seq, PAGE_ENTRIES);
    if (entries.length === 0) break;
    message = fold(message, entries);
    for (const reader of [state, open, bill, receipt]) reader.apply(entries);
    firstContentAt ??= entries.find(({ type }) => type === "delta")?.ts ?? null;
    seq = entries.at(-1)!.seq;
  }
  const tail = new StreamTail(record, message);
  tail.firstContentAt = firstContentAt;
  return { tail, state: state.state, open, bill, receipt };
}
