/** The one writer of a stream: runs the answer into the log and closes it with exactly one `stream.end`. */
import { crc32, StreamError, visibleText } from "../../protocol/index.ts";
import type { MessageUsage, StreamEnd, Timings } from "../../protocol/index.ts";
import { runAnswer } from "../agent/loop.ts";
import type { Answer, AnswerEnd, Resumption } from "../agent/loop.ts";
import { freeMeter } from "../spend/free-meter.ts";
import type { Bill, Meter } from "../spend/meter.ts";
import { ReceiptFold } from "../spend/receipt.ts";
import type { Receipt } from "../spend/receipt.ts";
import type { StreamLog } from "../stream-log/stream-log.ts";
import type { StreamTail } from "../stream-log/tail.ts";
import type { Fence } from "./fence.ts";
import { LogWriter } from "./log-writer.ts";
import type { CommitClock, Settlement, Watermarks } from "./log-writer.ts";
import { watchOrphan } from "./orphan-policy.ts";
import { PumpOutput } from "./pump-output.ts";
import type { SharedFlush } from "./shared-flush.ts";
import { StreamClock } from "./stream-clock.ts";
import type { ThrottleLimits } from "./throttle.ts";

export interface PumpOptions {
  readonly log: StreamLog;
  readonly tail: StreamTail;
  readonly marks: Watermarks & ThrottleLimits;
  /** Milliseconds a stream may take in all, without those it waits for a page or a person. */
  readonly totalMs: number;
  readonly commits?: CommitClock;
  /** Shared by all pumps of a process. @default every commit begins at once */
  readonly flush?: SharedFlush;
  /** Signs receipts; without it none is kept. */
  readonly sign?: (receipt: Receipt) => string;
  /** Hears of each stream that has ended. */
  readonly onEnd?: (receipt: Receipt) => void;
}

/** How a pump is told to stop. */
export interface PumpSignals {
  /** Aborted with a StreamError, the stream ends for that reason; the pump aborts it, too, when it must stop by itself. */
  readonly stop: AbortController;
  /** Raised when another may write the stream: it is left as it is. */
  readonly fence: Fence;
}

/** A stream that another process began. */
export interface PumpResumption extends Resumption {
  readonly receipt: ReceiptFold;
  /** Of the attempts so far: the answer's purse begins with it (`Treasury.reopen`). */
  readonly bill: Bill;
}

/**
 * Pumps until the answer ends or is cancelled; then the stream has ended, unless it was fenced.
 * @throws {StreamError} when the store refused a write: nothing more can be said in this stream.
 */
export async function pump(
  answer: () => Promise<Answer>,
  options: PumpOptions,
  { stop, fence }: PumpSignals,
  from: PumpResumption | null = null,
): Promise<void> {
  const { log, tail, marks, totalMs, commits, flush } = options;
  const clock = new StreamClock(totalMs, () => stop.abort(tooLong(totalMs)));
  let failure: StreamError | null = null;
  const fail = (error: StreamError) => {
    failure = error;
    stop.abort(error);
  };
  const writer = new LogWriter(log, tail, marks, fail, { clock: commits, flush });
  let meter: Pick<Meter, "close"> = from === null ? freeMeter : { close: () => Promise.resolve(from.bill) };
  fence.heed((why) => {
    writer.close();
    // What the stream has set aside is another's to change now.
    void meter.close();
    stop.abort(why);
  });
  const fold = from?.receipt ?? new ReceiptFold();
  const unfollow = tail.listen({ committed: ({ entries }) => fold.apply(entries), noted: () => {} });
  try {
    const end = await answer().then(
      (ready) => {
        meter = ready.meter;
        if (fence.isRaised) void meter.close();
        const { signal } = stop;
        const { orphanPolicy } = ready;
        const leave = watchOrphan(orphanPolicy, tail, (why) => stop.abort(why));
        const output = new PumpOutput({ writer, tail, clock, limits: marks, signal, orphanPolicy });
        return runAnswer(ready, output, signal, from).finally(leave);
      },
      (thrown: unknown): AnswerEnd => ({ reason: "error", error: StreamError.from(thrown) }),
    );
    await writer.flush();
    if (fence.isRaised) return;
    if (failure !== null) {
      // As with a fence: the money is with whoever goes on.
      void meter.close();
      throw failure as StreamError;
    }
    const last = streamEnd(tail, end);
    const bill = await meter.close();
    const receipt = fold.receipt(tail.record, last, Date.now(), bill);
    await writer.end(last, settlementOf(receipt, bill, options));
    options.onEnd?.(receipt);
  } finally {
    unfollow();
    clock.stop();
  }
}

/** What is kept with the end of a stream. */
export const settlementOf = (receipt: Receipt, { nanoUsd }: Bill, { sign }: Pick<PumpOptions, "sign">): Settlement => ({
  spent: nanoUsd,
  ...(sign === undefined ? {} : { receipt: sign(receipt) }),
});

/** The terminal event of what the tail has folded to. */
export function streamEnd(tail: StreamTail, end: AnswerEnd): StreamEnd {
  const { message, record } = tail;
  const timings = timingsOf(record.createdAt, tail.firstContentAt, Date.now(), message.usage);
  return {
    type: "stream.end",
    reason: end.reason,
    ...(end.error === undefined ? {} : { error: end.error.toJSON() }),
    usage: message.usage,
    timings,
    digest: crc32(visibleText(message)),
  };
}

function timingsOf(startedAt: number, firstContentAt: number | null, now: number, usage: MessageUsage): Timings {
  const totalMs = now - startedAt;
  if (firstContentAt === null) return { totalMs };
  const firstTokenMs = firstContentAt - startedAt;
  const seconds = (now - firstContentAt) / 1000;
  if (usage.output === 0 || seconds <= 0) return { firstTokenMs, totalMs };
  return { firstTokenMs, totalMs, tokensPerSecond: Math.round((usage.output / seconds) * 10) / 10 };
}

const tooLong = (ms: number): StreamError =>
  new StreamError("total_timeout", `The answer took longer than ${ms} ms in all`);
