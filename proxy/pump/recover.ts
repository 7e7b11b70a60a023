/** Closes a stream whose writer died and that nobody can go on with: every shown event stays, and the reader is told. */
import { StreamError } from "../../protocol/index.ts";
import { branchOf, toProviderMessages } from "../agent/history.ts";
import type { Bill } from "../spend/meter.ts";
import type { PricingOf, RecoveredBill } from "../spend/recovered-bill.ts";
import { countInput } from "../spend/tokens.ts";
import type { StreamLog, StreamRecord } from "../stream-log/stream-log.ts";
import { LogWriter } from "./log-writer.ts";
import type { Watermarks } from "./log-writer.ts";
import { settlementOf, streamEnd } from "./pump.ts";
import type { PumpOptions } from "./pump.ts";
import type { UnfinishedStream } from "./unfinished-stream.ts";

/** What it takes to settle a stream that cannot say any more what it cost. */
export interface OrphanMoney extends Pick<PumpOptions, "sign"> {
  /** @default no price is known */
  readonly pricingOf?: PricingOf;
}

/** Ends it `interrupted`. @throws {StreamError} when the store fails, or somebody else has taken the stream. */
export async function closeOrphan(
  log: StreamLog,
  { tail, open, bill: seen, receipt }: UnfinishedStream,
  marks: Watermarks,
  money: OrphanMoney = {},
): Promise<void> {
  const { record } = tail;
  let failure: StreamError | null = null;
  tail.listen({ committed: ({ entries }) => receipt.apply(entries), noted: () => {} });
  const writer = new LogWriter(log, tail, marks, (error) => (failure = error));
  const error = new StreamError("orphaned", "The proxy stopped while it was answering");
  const closing = open.close(error);
  if (closing.length > 0) await writer.write(closing);
  await writer.flush();
  if (failure !== null) throw failure as StreamError;
  const last = streamEnd(tail, { reason: "interrupted", error });
  const bill = await billOf(log, record, seen, money);
  await writer.end(last, settlementOf(receipt.receipt(record, last, Date.now(), bill), bill, money));
}

/** What the stream has cost until now, as far as its log tells. */
export async function billOf(
  log: StreamLog,
  { conversation, parent }: StreamRecord,
  seen: RecoveredBill,
  { pricingOf = () => undefined }: OrphanMoney,
): Promise<Bill> {
  const turns = branchOf(await log.readTurns(conversation), parent);
  return seen.bill(pricingOf, countInput({ messages: toProviderMessages(turns, new Map()), tools: [] }));
}
