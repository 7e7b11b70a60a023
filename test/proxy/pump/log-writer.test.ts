import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { TestContext } from "node:test";
import { StreamError } from "../../../protocol/index.ts";
import type { StreamEvent } from "../../../protocol/index.ts";
import { CommitClock } from "../../../proxy/observe/commit-clock.ts";
import { LogWriter } from "../../../proxy/pump/log-writer.ts";
import { SharedFlush } from "../../../proxy/pump/shared-flush.ts";
import type { Batch } from "../../../proxy/stream-log/batch.ts";
import type { StreamLog, StreamRecord } from "../../../proxy/stream-log/stream-log.ts";
import { StreamTail } from "../../../proxy/stream-log/tail.ts";

const MARKS = { capacityEvents: 1_000, high: 0.8, low: 0.3 };
const START: StreamEvent = { type: "block.start", block: 0, kind: "text" };
const END: StreamEvent = { type: "block.end", block: 0 };
const recordOf = (id: string) => ({ id, inc: "i", term: 1 }) as StreamRecord;
const word = (text: string): StreamEvent => ({ type: "delta", block: 0, kind: "text", text });

/** Writers of two streams on one flush, and what they committed, in order. */
function twoWriters(t: TestContext, pace: { flushMs: number }) {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const flush = new SharedFlush(pace);
  const committed: [stream: string, texts: string][] = [];
  const append = async (id: string, _term: number, { entries }: Batch) => {
    committed.push([id, entries.map((entry) => (entry.type === "delta" ? entry.text : entry.type)).join(" ")]);
  };
  const writerOf = (id: string) => {
    const tail = new StreamTail(recordOf(id));
    return new LogWriter({ append } as unknown as StreamLog, tail, MARKS, assert.fail, { flush });
  };
  return { a: writerOf("a"), b: writerOf("b"), committed };
}
/** What is under way is committed. */
const settled = () => new Promise(setImmediate);

test("while there is room every write is committed at once", async (t) => {
  const { a, committed } = twoWriters(t, { flushMs: 0 });
  for (const text of ["one", "two"]) {
    void a.write([word(text)]);
    await settled();
  }
  assert.deepEqual(committed, [
    ["a", "one"],
    ["a", "two"],
  ]);
});

test("under load the first content waits for nobody; what follows is committed together with other streams'", async (t) => {
  const { a, b, committed } = twoWriters(t, { flushMs: 20 });
  void a.write([START, word("A1")]);
  void b.write([START, word("B1")]);
  await settled();
  assert.deepEqual(committed.splice(0), [
    ["a", "block.start A1"],
    ["b", "block.start B1"],
  ]);
  void a.write([word(" A2")]);
  void b.write([word(" B2")]);
  void a.write([word(" A3")]);
  await settled();
  mock.timers.tick(19);
  await settled();
  assert.deepEqual(committed, []);
  mock.timers.tick(1);
  await settled();
  assert.deepEqual(committed, [
    ["a", " A2 A3"],
    ["b", " B2"],
  ]);
});

test("an event that is more than text takes what waits with it, at once and in order", async (t) => {
  const { a, committed } = twoWriters(t, { flushMs: 20 });
  void a.write([START, word("1")]);
  await settled();
  void a.write([word("2")]);
  void a.write([END]);
  await settled();
  assert.deepEqual(committed, [
    ["a", "block.start 1"],
    ["a", "2 block.end"],
  ]);
  mock.timers.tick(20);
  await settled();
  assert.equal(committed.length, 2, "the flush finds nothing left");
});

test("text of 4 KiB waits no longer", async (t) => {
  const { a, committed } = twoWriters(t, { flushMs: 20 });
  void a.write([START, word("1")]);
  await settled();
  void a.write([word("x".repeat(4_095))]);
  await settled();
  assert.equal(committed.length, 1);
  void a.write([word("x")]);
  await settled();
  assert.equal(committed.length, 2);
});

test("what comes while a commit is under way waits for the next flush, and flush() waits for nobody", async (t) => {
  const { a, committed } = twoWriters(t, { flushMs: 20 });
  void a.write([START, word("1")]);
  void a.write([word("2")]);
  await settled();
  assert.deepEqual(committed, [["a", "block.start 1"]]);
  await a.flush();
  assert.deepEqual(committed.at(-1), ["a", "2"]);
  await a.flush();
  assert.equal(committed.length, 2);
});

test("after an append that failed nothing more is written: what followed would leave something out", async () => {
  const appended: string[] = [];
  let isFull = false;
  const append = (_id: string, _term: number, { lines }: Batch): Promise<void> => {
    if (isFull) return Promise.reject(new StreamError("storage_unavailable", "the disk is full"));
    appended.push(...lines);
    return Promise.resolve();
  };
  const failures: string[] = [];
  const tail = new StreamTail(recordOf("a"));
  const clock = new CommitClock(() => {});
  const fail = ({ code }: StreamError) => void failures.push(code);
  const writer = new LogWriter({ append } as unknown as StreamLog, tail, MARKS, fail, { clock });
  void writer.write([START, word("1")]);
  await writer.flush();
  isFull = true;
  void writer.write([word("2")]);
  await writer.flush();
  isFull = false;
  assert.equal(writer.write([word("3"), END]), undefined);
  await writer.flush();
  assert.deepEqual([failures, appended.length, tail.seq], [["storage_unavailable"], 2, 2]);
  assert.deepEqual(clock.progress, { open: 0, ended: 2 }, "what failed is not under way any more");
});
