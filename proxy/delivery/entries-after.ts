/** Reads on from a reader's cursor, and tells when what follows it is not there any more. */
import { StreamError } from "../../protocol/index.ts";
import type { LogEntry } from "../../protocol/index.ts";
import type { StreamLog } from "../stream-log/stream-log.ts";

/**
 * The next entries after `seq`; call it only where some were committed.
 * @throws {StreamError} `cursor_expired` when retention has removed them, `not_found` when the stream was deleted: whoever
 * went on with what comes after them would leave something out and not know it.
 */
export async function entriesAfter(
  log: Pick<StreamLog, "read" | "findStream">,
  id: string,
  seq: number,
  limit: number,
): Promise<readonly LogEntry[]> {
  const entries = await log.read(id, seq, limit);
  if (entries[0]?.seq === seq + 1) return entries;
  if ((await log.findStream(id)) === null) throw new StreamError("not_found", `Stream "${id}" was deleted`);
  throw new StreamError(
    "cursor_expired",
    `after: found ${seq}, but entries of stream "${id}" that follow it are gone; take the message`,
    { field: "after" },
  );
}
