/** A stream as the message it folds to, one state per batch, checked against the server's digests. */
import { crc32, emptyMessage, fold, merge, parseCursor, visibleText } from "../protocol/index.ts";
import type { Message, WireEntry } from "../protocol/index.ts";
import type { Feed } from "./feed.ts";

/** A copy that is still wrong after being fetched anew this often will not become right. */
const MAX_REFETCHES = 2;

export interface Reading {
  readonly message: Message;
  /** What led from the message before to this one; empty after a jump. */
  readonly entries: readonly WireEntry[];
}

/**
 * Yields the message after each batch. Where the text differs from the server's, the stream is read again from its
 * start, out of sight, until it has caught up; `onDivergence` is told of each time.
 * @param message what the feed's cursor stands for; none when it begins at the start
 * @throws what the feed throws
 */
export async function* readMessage(
  feed: Feed,
  message: Message = emptyMessage("0"),
  onDivergence: () => void = () => {},
): AsyncGenerator<Reading, void> {
  let refetches = 0;
  let hiddenUpTo = 0;
  for await (const { inc, base, entries, digest } of feed) {
    if (base !== undefined && parseCursor(message.cursor).inc !== inc) hiddenUpTo = 0;
    const isJump = hiddenUpTo > 0 || (base !== undefined && parseCursor(message.cursor).seq > 0);
    message = fold(base ?? message, merge(entries, Number.POSITIVE_INFINITY));
    if (digest !== undefined && crc32(visibleText(message)) !== digest && refetches < MAX_REFETCHES) {
      refetches += 1;
      onDivergence();
      hiddenUpTo = Math.max(hiddenUpTo, parseCursor(message.cursor).seq);
      feed.refetch();
    } else if (parseCursor(message.cursor).seq >= hiddenUpTo) {
      yield { message, entries: isJump ? [] : entries };
      hiddenUpTo = 0;
    }
  }
}
