import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { emptyMessage, fold, merge, WINDOW_BYTES } from "../../../protocol/index.ts";
import type { Message } from "../../../protocol/index.ts";
import { TokenBuffer } from "../../../widget/buffer/token-buffer.ts";
import { INC, randomLog, simpleLog } from "../../fakes/random-log.ts";

const START = { inc: null, seq: 0 };

test("any order of arrivals, duplicates, gaps and takes folds to the log's message once it resumes from its position", () => {
  const step = fc.record({
    back: fc.nat(5),
    skip: fc.nat(2),
    length: fc.integer({ min: 1, max: 8 }),
    take: fc.boolean(),
  });
  fc.assert(
    fc.property(randomLog(), fc.infiniteStream(step), (log, steps) => {
      const buffer = new TokenBuffer(START);
      let message: Message = emptyMessage("none");
      const take = (): void => {
        const batch = buffer.take();
        if (batch !== null) message = fold(batch.base ?? message, batch.entries);
      };
      for (const { back, skip, length, take: isTaken } of steps) {
        const { seq } = buffer.position;
        if (seq === log.length) break;
        // Sent again from before its position, or from beyond it: then entries are missing.
        const from = skip > 0 ? seq + skip : Math.max(0, seq - back);
        const sent = [...log.slice(from, seq), ...merge(log.slice(Math.max(from, seq), seq + length))];
        const isMissing = skip > 0 && sent.length > 0;
        assert.equal(buffer.push(INC, sent, 1), !isMissing);
        if (isMissing) assert.equal(buffer.position.seq, seq);
        if (isTaken) take();
      }
      take();
      assert.deepEqual(message, fold(emptyMessage(INC), log));
      assert.equal(buffer.take(), null);
    }),
  );
});

test("the first batch brings the message to begin with, later ones do not", () => {
  const log = simpleLog(["a", "b"]);
  const buffer = new TokenBuffer(START);
  buffer.push(INC, log.slice(0, 4), 1);
  assert.deepEqual(buffer.take()?.base, emptyMessage(INC));
  buffer.push(INC, log.slice(4), 1);
  assert.equal(buffer.take()?.base, undefined);
});

test("a gap before anything was received leaves nothing to take", () => {
  const buffer = new TokenBuffer(START);
  assert.equal(buffer.push(INC, simpleLog(["a"]).slice(2), 1), false);
  assert.equal(buffer.take(), null);
});

test("a batch ends where a digest can be compared", () => {
  const log = simpleLog(["a", "b", "c"], false);
  const buffer = new TokenBuffer(START);
  buffer.push(INC, log, 1);
  buffer.mark(5, 42);
  const [first, rest] = [buffer.take()!, buffer.take()!];
  assert.deepEqual([first.entries.at(-1)?.seq, first.digest], [5, 42]);
  assert.deepEqual([rest.entries.at(-1)?.seq, rest.digest], [7, undefined]);
});

test("a digest for where the reader already stands comes in a batch of its own, an older or later one not at all", () => {
  const buffer = new TokenBuffer(START);
  buffer.push(INC, simpleLog(["a", "b"], false), 1);
  buffer.take();
  buffer.mark(5, 1);
  buffer.mark(7, 2);
  assert.equal(buffer.take(), null);
  buffer.mark(6, 3);
  assert.deepEqual(buffer.take(), { inc: INC, entries: [], bytes: 0, digest: 3 });
});

test("the digest of stream.end is compared at the end", () => {
  const log = simpleLog(["a"]);
  const buffer = new TokenBuffer(START);
  buffer.push(INC, log, 1);
  const end = log.at(-1)!;
  assert.equal(buffer.isEnded, true);
  assert.equal(buffer.take()?.digest, end.type === "stream.end" ? end.digest : Number.NaN);
});

test("another incarnation, and more than may wait, are refused and change nothing", () => {
  const log = simpleLog(["a", "b"]);
  const buffer = new TokenBuffer(START);
  assert.equal(buffer.push(INC, log.slice(0, 4), WINDOW_BYTES), true);
  assert.equal(buffer.isFull, true);
  assert.equal(buffer.push("i2", log.slice(4), 1), false);
  assert.equal(buffer.push(INC, log.slice(4), 4 * WINDOW_BYTES), false);
  assert.deepEqual(buffer.position, { inc: INC, seq: 4 });
  buffer.take();
  assert.equal(buffer.isFull, false);
});

test("a snapshot is the base of the batch after it, also when nothing follows", () => {
  const log = simpleLog(["a", "b"]);
  const snapshot = fold(emptyMessage(INC), log.slice(0, 5));
  const buffer = new TokenBuffer({ inc: INC, seq: 2 });
  buffer.rebase(snapshot, { inc: INC, seq: 5 });
  assert.equal(buffer.take()?.base, snapshot);
  buffer.push(INC, log.slice(5), 1);
  assert.deepEqual(fold(snapshot, buffer.take()!.entries), fold(emptyMessage(INC), log));
});

test("after a restart everything is read from the start, of any incarnation", () => {
  const buffer = new TokenBuffer(START);
  buffer.push(INC, simpleLog(["a"]), 1);
  buffer.restart();
  assert.deepEqual(buffer.position, START);
  assert.equal(buffer.isEnded, false);
  assert.equal(buffer.take(), null);
  buffer.push("i2", simpleLog(["b"]), 1);
  assert.deepEqual(buffer.take()?.base, emptyMessage("i2"));
});
