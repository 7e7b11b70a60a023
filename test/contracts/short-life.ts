/** A stream's beginning and its end, with nothing between: what accounts and limits look at. */
import { emptyMessage } from "../../protocol/index.ts";
import { makeBatch } from "../../proxy/stream-log/batch.ts";
import type { StreamLog } from "../../proxy/stream-log/stream-log.ts";
import { newStream } from "./new-stream.ts";

export const END = {
  type: "stream.end",
  reason: "stop",
  usage: { input: 1, output: 2, final: true },
  timings: { totalMs: 5 },
  digest: 0,
} as const;

export async function begin(log: StreamLog): Promise<string> {
  const { record } = await log.createStream(newStream());
  return record.id;
}

/** @param spent US dollars; nobody counted them when absent */
export async function end(log: StreamLog, id: string, spent?: number): Promise<void> {
  const { tail, term, message } = (await log.findStream(id))!;
  const ending = { status: "complete", message: { ...emptyMessage("inc"), id: message } } as const;
  await log.append(id, term, makeBatch([END], tail + 1, 1), spent === undefined ? ending : { ...ending, spent });
}
