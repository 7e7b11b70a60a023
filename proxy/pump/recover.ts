/** Closes a stream whose writer died: every shown event stays, what was open is closed, and the reader is told. */
import { emptyMessage, fold, StreamError } from "../../protocol/index.ts";
import type { LogEntry, StreamEvent } from "../../protocol/index.ts";
import { branchOf, toProviderMessages } from "../agent/history.ts";
import { ReceiptFold } from "../spend/receipt.ts";
import { RecoveredBill } from "../spend/recovered-bill.ts";
import type { PricingOf } from "../spend/recovered-bill.ts";
import { countInput } from "../spend/tokens.ts";
import type { StreamLog, StreamRecord } from "../stream-log/stream-log.ts";
import { StreamTail } from "../stream-log/tail.ts";
import { LogWriter } from "./log-writer.ts";
import type { Watermarks } from "./log-writer.ts";
import { settlementOf, streamEnd } from "./pump.ts";
import type { PumpOptions } from "./pump.ts";

/** Entries read from the store at a time. */
const PAGE_ENTRIES = 1_000;

/** What it takes to settle a stream that cannot say any more what it cost. */
export interface OrphanMoney extends Pick<PumpOptions, "sign"> {
  /** @default no price is known */
  readonly pricingOf?: PricingOf;
}

/** Nothing is run again: nobody knows whether it ran. */
const OUTCOME_UNKNOWN = "The proxy stopped while this ran; its outcome is unknown";

/**
 * Takes every stream over that has not ended and ends it `interrupted`. Call it when no other process writes to the
 * store. @returns how many there were. @throws {StreamError} when the store fails.
 */
export async function closeOrphans(log: StreamLog, marks: Watermarks, money: OrphanMoney = {}): Promise<number> {
  const running = await log.runningStreams();
  for (const { id } of running) {
    const record = await log.takeOver(id);
    if (record !== null) await closeOrphan(log, record, marks, money);
  }
  return running.length;
}

async function closeOrphan(log: StreamLog, record: StreamRecord, marks: Watermarks, money: OrphanMoney): Promise<void> {
  let message = emptyMessage(record.inc);
  const open = new OpenParts();
  const seen = new RecoveredBill();
  const receipts = new ReceiptFold();
  for (let seq = 0; seq < record.tail;) {
    const entries = await log.read(record.id, seq, PAGE_ENTRIES);
    if (entries.length === 0) break;
    message = fold(message, entries);
    for (const entry of entries) open.apply(entry);
    seen.apply(entries);
    receipts.apply(entries);
    seq = entries.at(-1)!.seq;
  }
  let failure: StreamError | null = null;
  const tail = new StreamTail(record, message);
  tail.listen({ committed: ({ entries }) => receipts.apply(entries), noted: () => {} });
  const writer = new LogWriter(log, tail, marks, (error) => (failure = error));
  const error = new StreamError("orphaned", "The proxy stopped while it was answering");
  const closing = open.close(error);
  if (closing.length > 0) await writer.write(closing);
  await writer.flush();
  if (failure !== null) throw failure as StreamError;
  const last = streamEnd(tail, { reason: "interrupted", error });
  const bill = seen.bill(money.pricingOf ?? (() => undefined), await saidBefore(log, record));
  const receipt = receipts.receipt(record, last, Date.now(), bill);
  await writer.end(last, settlementOf(receipt, bill, money));
}

/** Estimated tokens of the conversation up to the answer. */
async function saidBefore(log: StreamLog, { conversation, parent }: StreamRecord): Promise<number> {
  const turns = branchOf(await log.readTurns(conversation), parent);
  return countInput({ messages: toProviderMessages(turns, new Map()), tools: [] });
}

/** What was begun and not ended: the invariants of the log hold for an orphan too. */
class OpenParts {
  readonly #blocks = new Set<number>();
  /** Calls that began, and when. */
  readonly #calls = new Map<string, number>();
  #ts = 0;
  #attempt: number | null = null;
  #step: number | null = null;
  #reported = false;

  apply(entry: LogEntry): void {
    this.#ts = entry.ts;
    if (entry.type === "block.start") this.#blocks.add(entry.block);
    else if (entry.type === "block.end") this.#blocks.delete(entry.block);
    else if (entry.type === "tool.start") this.#calls.set(entry.callId, entry.ts);
    else if (entry.type === "tool.end") this.#calls.delete(entry.callId);
    else if (entry.type === "attempt.start") [this.#attempt, this.#reported] = [entry.attempt, false];
    else if (entry.type === "usage") this.#reported = true;
    else if (entry.type === "attempt.end") this.#attempt = null;
    else if (entry.type === "step.start") this.#step = entry.step;
    else if (entry.type === "step.end") this.#step = null;
  }

  close(error: StreamError): StreamEvent[] {
    const events: StreamEvent[] = [...this.#blocks].map((block) => ({ type: "block.end", block }));
    for (const [callId, ts] of this.#calls) {
      events.push({ type: "tool.end", callId, ok: false, error: OUTCOME_UNKNOWN, ms: Math.max(0, this.#ts - ts) });
    }
    if (this.#attempt !== null) {
      if (!this.#reported) events.push({ type: "usage", attempt: this.#attempt, input: 0, output: 0, final: false });
      events.push({ type: "attempt.end", attempt: this.#attempt, outcome: "error", error: error.toJSON() });
    }
    if (this.#step !== null) events.push({ type: "step.end", step: this.#step, reason: "interrupted" });
    return events;
  }
}
