/** What every store must do. Run once per implementation. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { emptyMessage, fold, isStreamError } from "../../protocol/index.ts";
import type { StreamEvent } from "../../protocol/index.ts";
import { makeBatch } from "../../proxy/stream-log/batch.ts";
import type { Batch } from "../../proxy/stream-log/batch.ts";
import type { StreamLog } from "../../proxy/stream-log/stream-log.ts";
import { LEASE, newStream } from "./new-stream.ts";

const delta = (text: string): StreamEvent => ({ type: "delta", block: 0, kind: "text", text });
const END: StreamEvent = {
  type: "stream.end",
  reason: "stop",
  usage: { input: 1, output: 2, final: true },
  timings: { totalMs: 5 },
  digest: 0,
};

const batchOf = (first: number, ...events: StreamEvent[]): Batch => makeBatch(events, first, 2_000);

const refuses = (code: string) => (thrown: unknown) => isStreamError(thrown) && thrown.code === code;

const seqs = async (log: StreamLog, id: string, after = 0): Promise<number[]> =>
  (await log.read(id, after, 1_000)).map(({ seq }) => seq);

/** @param open a store of its own at each call */
export function streamLogContract(
  name: string,
  open: (options: { readonly eventsBytesPerStream?: number }) => Promise<StreamLog>,
): void {
  describe(`the stream log contract: ${name}`, () => {
    let log: StreamLog;
    beforeEach(async () => {
      log = await open({});
    });
    afterEach(() => log.close());

    test("a new stream has its first entry, its turn and its conversation at once", async () => {
      const start = newStream();
      const { record, created } = await log.createStream(start);
      assert.equal(created, true);
      assert.deepEqual([record.tail, record.first, record.term, record.status], [1, 1, 1, "running"]);
      assert.deepEqual(await log.read(record.id, 0, 10), start.first.entries);
      const turns = await log.readTurns(record.conversation);
      assert.deepEqual(
        turns.map(({ id, parent }) => [id, parent]),
        [
          [record.parent, null],
          [record.message, record.parent],
        ],
      );
      assert.equal((await log.findConversation(record.conversation))?.head, record.message);
    });

    test("the same send id gives the same stream, also when both starts race", async () => {
      const first = newStream({ sendId: "k" });
      const second = newStream({ sendId: "k" });
      const made = await Promise.all([log.createStream(first), log.createStream(second)]);
      assert.deepEqual(
        made.map(({ created }) => created),
        [true, false],
      );
      assert.equal(made[0]!.record.id, made[1]!.record.id);
      assert.equal(await log.findStream(second.stream.id), null);
      assert.equal((await log.findSend("ann", "k", "f"))?.id, first.stream.id);
    });

    test("a send id used for another request is a conflict, and another owner's is none", async () => {
      await log.createStream(newStream({ sendId: "k" }));
      await assert.rejects(log.createStream(newStream({ sendId: "k", fingerprint: "g" })), refuses("conflict"));
      assert.equal((await log.createStream(newStream({ sendId: "k", owner: "bob" }))).created, true);
    });

    test("entries are read back as appended, from any cursor", async () => {
      const { record } = await log.createStream(newStream());
      await log.append(record.id, 1, batchOf(2, delta("a"), delta("b\nc \u2028 é 😀")));
      await log.append(record.id, 1, batchOf(4, delta("d")));
      assert.deepEqual(await seqs(log, record.id), [1, 2, 3, 4]);
      for (let after = 0; after <= 4; after++) {
        assert.deepEqual(await seqs(log, record.id, after), [1, 2, 3, 4].slice(after));
      }
      const [, , third] = await log.read(record.id, 0, 10);
      assert.deepEqual(third, { ...delta("b\nc \u2028 é 😀"), seq: 3, ts: 2_000 });
      assert.equal((await log.findStream(record.id))?.tail, 4);
    });

    test("a page holds at least the limit while there is more, so that a reader always gets on", async () => {
      const { record } = await log.createStream(newStream());
      await log.append(record.id, 1, batchOf(2, delta("a"), delta("b"), delta("c")));
      await log.append(record.id, 1, batchOf(5, delta("d")));
      const read: number[] = [];
      for (let page: number[] = [0]; page.length > 0;) {
        page = (await log.read(record.id, read.at(-1) ?? 0, 2)).map(({ seq }) => seq);
        assert.ok(page.length >= Math.min(2, 5 - read.length));
        read.push(...page);
      }
      assert.deepEqual(read, [1, 2, 3, 4, 5]);
    });

    test("an append that does not follow the tail is refused and changes nothing", async () => {
      const { record } = await log.createStream(newStream());
      for (const first of [1, 3]) {
        await assert.rejects(log.append(record.id, 1, batchOf(first, delta("x"))), refuses("conflict"));
      }
      await log.append(record.id, 1, batchOf(2, delta("y")));
      assert.deepEqual(await seqs(log, record.id), [1, 2]);
    });

    test("of two writers of the same seq exactly one commits", async () => {
      const { record } = await log.createStream(newStream());
      const outcomes = await Promise.allSettled([
        log.append(record.id, 1, batchOf(2, delta("one"))),
        log.append(record.id, 1, batchOf(2, delta("two"))),
      ]);
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
      assert.deepEqual(await seqs(log, record.id), [1, 2]);
    });

    test("a refused append takes no other stream's append with it", async () => {
      const [a, b] = [await log.createStream(newStream()), await log.createStream(newStream())];
      const outcomes = await Promise.allSettled([
        log.append(a.record.id, 1, batchOf(9, delta("gap"))),
        log.append(b.record.id, 1, batchOf(2, delta("fine"))),
      ]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ["rejected", "fulfilled"],
      );
      assert.deepEqual(await seqs(log, b.record.id), [1, 2]);
    });

    test("after a take-over the earlier term appends nothing, the new one goes on", async () => {
      const { record } = await log.createStream(newStream());
      await log.append(record.id, 1, batchOf(2, delta("a")));
      const taken = await log.takeOver(record.id, LEASE);
      assert.deepEqual([taken?.term, taken?.tail], [2, 2]);
      await assert.rejects(log.append(record.id, 1, batchOf(3, delta("late"))), refuses("conflict"));
      await log.append(record.id, 2, batchOf(3, delta("b")));
      assert.deepEqual(await seqs(log, record.id), [1, 2, 3]);
    });

    test("after its end a stream takes no append and is not running; its message is kept", async () => {
      const { record } = await log.createStream(newStream());
      await log.release(record.id, 1);
      assert.deepEqual(await log.abandoned(10), [record.id]);
      const last = batchOf(2, END);
      const message = fold(fold(emptyMessage("inc"), await log.read(record.id, 0, 10)), last.entries);
      await log.append(record.id, 1, last, { status: "complete", message });
      await assert.rejects(log.append(record.id, 1, batchOf(3, delta("late"))), refuses("conflict"));
      assert.equal(await log.takeOver(record.id, LEASE), null);
      assert.deepEqual(await log.abandoned(10), []);
      assert.equal((await log.findStream(record.id))?.status, "complete");
      const turn = await log.findTurn(record.message);
      assert.deepEqual(await log.findTurn(record.message, record.conversation), turn);
      assert.equal(await log.findTurn(record.message, "c_elsewhere"), null);
      assert.deepEqual(turn?.role === "assistant" && turn.message, message);
    });

    test("an append to a stream that is not there is refused", async () => {
      await assert.rejects(log.append("s_none", 1, batchOf(2, delta("x"))), refuses("conflict"));
      assert.equal(await log.findStream("s_none"), null);
      assert.deepEqual(await log.read("s_none", 0, 10), []);
    });

    test("retention removes old entries, keeps the message and the tail, and never touches a running stream", async () => {
      const ended = await log.createStream(newStream());
      const running = await log.createStream(newStream());
      const last = batchOf(2, END);
      const message = fold(
        fold(emptyMessage("inc"), ended.record.tail === 1 ? newStream().first.entries : []),
        last.entries,
      );
      await log.append(ended.record.id, 1, last, { status: "complete", message });
      const gone = await log.trim({ streamsBefore: 10_000, conversationsBefore: 0 });
      assert.deepEqual(gone, { streams: 1, conversations: 0 });
      const record = await log.findStream(ended.record.id);
      assert.deepEqual([record?.tail, record?.first, record?.status], [2, 3, "complete"]);
      assert.deepEqual(await seqs(log, ended.record.id), []);
      assert.notEqual((await log.findTurn(ended.record.message))?.role === "assistant", false);
      assert.deepEqual(await seqs(log, running.record.id), [1]);
    });

    test("conversations are listed latest first, by owner, and go with all that is in them", async () => {
      const first = await log.createStream(newStream());
      const second = await log.createStream(newStream());
      await log.createStream(newStream({ owner: "bob" }));
      const listed = await log.listConversations("ann", 10);
      assert.deepEqual(
        listed.map(({ id }) => id),
        [second.record.conversation, first.record.conversation],
      );
      await log.deleteConversation(first.record.conversation);
      assert.equal(await log.findConversation(first.record.conversation), null);
      assert.equal(await log.findStream(first.record.id), null);
      assert.deepEqual(await log.readTurns(first.record.conversation), []);
    });

    test("a deleted stream is gone, and the conversation goes on from the answer before", async () => {
      const first = await log.createStream(newStream());
      const { conversation, message } = first.record;
      const next = newStream({ conversation });
      const { title: _title, ...follow } = next;
      const second = await log.createStream({ ...follow, turn: { ...next.turn, parent: message } });
      await log.deleteStream(second.record.id);
      assert.equal(await log.findStream(second.record.id), null);
      assert.equal((await log.findConversation(conversation))?.head, message);
      await assert.rejects(log.append(second.record.id, 1, batchOf(2, delta("x"))), refuses("conflict"));
    });

    test("records are kept beside the entries of their batch, outlive them, and go with the stream", async () => {
      const { record } = await log.createStream(newStream());
      const other = await log.createStream(newStream());
      const made = (signature: string) => ({
        provider: "p",
        firstBlock: 0,
        nextBlock: 2,
        natives: [{ at: 1, value: { signature } }],
      });
      await log.append(record.id, 1, batchOf(2, delta("a")), undefined, [made("one"), made("two")]);
      await assert.rejects(
        log.append(record.id, 1, batchOf(9, delta("gap")), undefined, [made("refused")]),
        refuses("conflict"),
      );
      await log.append(other.record.id, 1, batchOf(2, delta("b")), undefined, [made("another's")]);
      await log.append(record.id, 1, batchOf(3, delta("c")), undefined, [made("three")]);
      assert.deepEqual(await seqs(log, record.id), [1, 2, 3]);
      assert.doesNotMatch(JSON.stringify(await log.read(record.id, 0, 10)), /signature/);

      const last = batchOf(4, END);
      const message = fold(fold(emptyMessage("inc"), await log.read(record.id, 0, 10)), last.entries);
      await log.append(record.id, 1, last, { status: "complete", message }, [made("last")]);
      await log.trim({ streamsBefore: 10_000, conversationsBefore: 0 });
      const kept = await log.readRecords(record.conversation);
      assert.deepEqual([...kept.keys()], [record.id]);
      assert.deepEqual(kept.get(record.id), ["one", "two", "three", "last"].map(made));
      await log.deleteStream(record.id);
      assert.equal((await log.readRecords(record.conversation)).size, 0);
    });

    test("of a stream that has ended only so many bytes of entries stay, the newest; a running one keeps all", async (t) => {
      const bounded = await open({ eventsBytesPerStream: 60_000 });
      t.after(() => bounded.close());
      const { record } = await bounded.createStream(newStream());
      const { record: short } = await bounded.createStream(newStream());
      for (let seq = 2; seq < 22; seq++) await bounded.append(record.id, 1, batchOf(seq, delta("x".repeat(10_000))));
      assert.equal((await seqs(bounded, record.id)).length, 21);
      for (const { id, message } of [record, short]) {
        const { tail } = (await bounded.findStream(id))!;
        await bounded.append(id, 1, batchOf(tail + 1, END), {
          status: "complete",
          message: { ...emptyMessage("inc"), id: message },
        });
      }
      const { first, tail } = (await bounded.findStream(record.id))!;
      const left = await bounded.read(record.id, 0, 1_000);
      const bytes = left.reduce((sum, entry) => sum + JSON.stringify(entry).length, 0);
      assert.ok(bytes <= 60_000 && bytes > 30_000, `${bytes} bytes`);
      assert.deepEqual([left[0]!.seq, left.at(-1)!.seq, tail], [first, 22, 22]);
      assert.equal((await bounded.findStream(short.id))!.first, 1);
    });

    test("check() passes on a store that works", () => log.check());
  });
}
