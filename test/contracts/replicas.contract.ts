/** What every store must do so that many replicas can serve one stream. Run once per implementation. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { emptyMessage, isStreamError } from "../../protocol/index.ts";
import type { StreamEvent } from "../../protocol/index.ts";
import { makeBatch } from "../../proxy/stream-log/batch.ts";
import type { Lease } from "../../proxy/stream-log/replicas.ts";
import type { StreamLog } from "../../proxy/stream-log/stream-log.ts";
import { newStream } from "./new-stream.ts";

const HELD: Lease = { replica: "r_one", ttlMs: 60_000 };
const OTHER: Lease = { replica: "r_two", ttlMs: 60_000 };
/** Over as soon as anybody looks. */
const SHORT: Lease = { replica: "r_one", ttlMs: 1 };

const delta = (text: string): StreamEvent => ({ type: "delta", block: 0, kind: "text", text });
const END: StreamEvent = {
  type: "stream.end",
  reason: "stop",
  usage: { input: 1, output: 2, final: true },
  timings: { totalMs: 5 },
  digest: 0,
};

const refuses = (code: string) => (thrown: unknown) => isStreamError(thrown) && thrown.code === code;

async function end(log: StreamLog, id: string): Promise<void> {
  const { tail, term, message } = (await log.findStream(id))!;
  const ending = { status: "complete", message: { ...emptyMessage("inc"), id: message } } as const;
  await log.append(id, term, makeBatch([END], tail + 1, 1), ending);
}

/** Polls: the store's clock is its own. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(2);
}

/** @param open two processes' views of a new store; the same twice where only one process can have it */
export function replicasContract(
  name: string,
  open: () => Promise<{ readonly one: StreamLog; readonly other: StreamLog }>,
): void {
  describe(`the replicas contract: ${name}`, () => {
    let one: StreamLog;
    let other: StreamLog;
    beforeEach(async () => {
      ({ one, other } = await open());
    });
    afterEach(async () => {
      await one.close();
      if (other !== one) await other.close();
    });

    const begin = async (lease: Lease, createdAt?: number) => {
      const start = newStream({ lease, ...(createdAt === undefined ? {} : { createdAt }) });
      return (await one.createStream(start)).record;
    };

    test("who starts a stream holds it: nobody else takes it, and it is not abandoned", async () => {
      const { id } = await begin(HELD);
      assert.deepEqual(await other.abandoned(10), []);
      assert.equal(await other.takeOver(id, OTHER), null);
      await one.append(id, 1, makeBatch([delta("a")], 2, 1));
      const again = await one.takeOver(id, HELD);
      assert.deepEqual([again?.term, again?.tail], [2, 2]);
    });

    test("a lease that runs out makes a stream abandoned; who takes it refuses the holder before", async () => {
      const { id } = await begin(SHORT);
      await until(async () => (await other.abandoned(10)).includes(id));
      const taken = await other.takeOver(id, OTHER);
      assert.deepEqual([taken?.id, taken?.term, taken?.status], [id, 2, "running"]);
      assert.deepEqual(await one.renew(HELD, [id]), [id]);
      await assert.rejects(one.append(id, 1, makeBatch([delta("late")], 2, 1)), refuses("conflict"));
      await other.append(id, 2, makeBatch([delta("b")], 2, 1));
      assert.deepEqual(await other.abandoned(10), []);
    });

    test("a lease is prolonged, also late as long as nobody has taken the stream", async () => {
      const { id } = await begin(SHORT);
      await until(async () => (await one.abandoned(10)).includes(id));
      assert.deepEqual(await one.renew(HELD, [id]), []);
      assert.deepEqual(await other.abandoned(10), []);
      assert.equal(await other.takeOver(id, OTHER), null);
    });

    test("renewing tells which streams are lost: taken, ended, deleted or unknown", async () => {
      const [kept, taken, ended, deleted] = [
        await begin(HELD),
        await begin(HELD),
        await begin(HELD),
        await begin(HELD),
      ];
      await one.release(taken.id, 1);
      await other.takeOver(taken.id, OTHER);
      await end(one, ended.id);
      await one.deleteStream(deleted.id);
      const lost = [taken.id, ended.id, deleted.id, "s_none"];
      assert.deepEqual(await one.renew(HELD, [kept.id, ...lost]), lost);
      assert.deepEqual(await one.renew(HELD, []), []);
    });

    test("a released stream is taken at once, by one of all that try", async () => {
      const { id } = await begin(HELD);
      await one.release(id, 1);
      assert.deepEqual(await other.abandoned(10), [id]);
      const tries = Array.from({ length: 8 }, (_, index) =>
        (index % 2 === 0 ? one : other).takeOver(id, { replica: `r_${index}`, ttlMs: 60_000 }),
      );
      const won = (await Promise.all(tries)).filter((record) => record !== null);
      assert.deepEqual(
        won.map(({ term }) => term),
        [2],
      );
    });

    test("a release wakes those who can take the stream", async () => {
      const woken = Promise.withResolvers<void>();
      const stop = other.watchReleases(() => woken.resolve());
      // A hint may be lost while it is being asked for.
      for (let over = !one.isShared; !over;) {
        const { id } = await begin(HELD);
        await one.release(id, 1);
        over = await Promise.race([woken.promise.then(() => true), delay(50, false)]);
      }
      stop();
    });

    test("only the term that holds a stream releases it", async () => {
      const { id } = await begin(HELD);
      await one.release(id, 1);
      await other.takeOver(id, OTHER);
      await one.release(id, 1);
      await one.release("s_none", 1);
      assert.deepEqual(await one.abandoned(10), []);
      assert.equal(await one.takeOver(id, HELD), null);
    });

    test("abandoned streams come oldest first, as many as asked for, and none that has ended or was deleted", async () => {
      const streams = [];
      for (let createdAt = 1; createdAt <= 5; createdAt++) streams.push(await begin(HELD, createdAt));
      // Released in another order than they began.
      for (const { id } of streams.toReversed()) await one.release(id, 1);
      const ids = streams.map(({ id }) => id);
      assert.deepEqual(await other.abandoned(10), ids);
      assert.equal((await other.abandoned(2)).length, 2);
      await end(one, ids[0]!);
      await one.deleteStream(ids[1]!);
      assert.deepEqual(await other.abandoned(10), ids.slice(2));
      assert.equal(await other.takeOver(ids[0]!, OTHER), null);
      assert.equal(await other.takeOver(ids[1]!, OTHER), null);
    });

    test("what a stream was started with is kept until it has ended", async () => {
      const request = { input: "q\n\u2028", model: null, tools: [{ name: "é" }] };
      const { record } = await one.createStream(newStream({ request }));
      assert.deepEqual(await other.findRequest(record.id), request);
      await end(one, record.id);
      assert.equal(await other.findRequest(record.id), null);
      assert.equal(await other.findRequest("s_none"), null);
    });

    test("a cancellation waits for the writer, whoever that is by then, and is gone with the end", async () => {
      const { id } = await begin(HELD);
      assert.deepEqual(await one.requests(id), { cancel: false, outcomes: new Map(), viewers: null });
      await other.requestCancel(id);
      await other.requestCancel(id);
      await one.release(id, 1);
      await other.takeOver(id, OTHER);
      assert.equal((await one.requests(id)).cancel, true);
      await end(one, id);
      assert.equal((await one.requests(id)).cancel, false);
      await other.requestCancel(id);
      await other.requestCancel("s_none");
      assert.equal((await one.requests(id)).cancel, false);
    });

    test("of the outcomes of a call the first counts, from wherever it comes", async () => {
      const { id } = await begin(HELD);
      const left = await Promise.all([
        one.leaveOutcome(id, "call", { result: "one" }),
        other.leaveOutcome(id, "call", { error: "two" }),
        other.leaveOutcome(id, "second", { approve: false }),
      ]);
      const { outcomes } = await one.requests(id);
      assert.deepEqual(left[0], left[1]);
      assert.deepEqual(
        outcomes,
        new Map([
          ["call", left[0]],
          ["second", { approve: false }],
        ]),
      );
      assert.deepEqual(await other.leaveOutcome(id, "second", { approve: true }), { approve: false });
      await end(one, id);
      assert.equal((await one.requests(id)).outcomes.size, 0);
      await other.leaveOutcome(id, "late", { result: 1 });
      assert.equal((await one.requests(id)).outcomes.size, 0);
    });

    test("who watches is woken by an append, a cancellation, an outcome, the end; and no more once stopped", async () => {
      const { id } = await begin(HELD);
      let woken = Promise.withResolvers<void>();
      let count = 0;
      const stop = other.watch(id, () => {
        count++;
        woken.resolve();
      });
      const wakes = async (act: () => Promise<unknown>) => {
        woken = Promise.withResolvers();
        // A hint may be lost while it is being asked for: whoever listens looks again, as here.
        for (let over = false; !over;) {
          await act();
          over = await Promise.race([woken.promise.then(() => true), delay(50, false)]);
        }
      };
      let seq = 1;
      await wakes(() => one.append(id, 1, makeBatch([delta("a")], ++seq, 1)));
      await wakes(() => one.requestCancel(id));
      await wakes(() => one.leaveOutcome(id, "call", { result: 1 }));
      woken = Promise.withResolvers();
      await end(one, id);
      await woken.promise;
      stop();
      stop();
      await until(async () => {
        const before = count;
        await one.deleteStream(id);
        return count === before;
      });
    });

    test("the writer hears who watches through other processes, and how far the one who has most has read", async () => {
      const { id } = await begin(HELD);
      await one.attend(id, 3);
      assert.equal((await one.requests(id)).viewers, null, "those here it knows itself");
      if (!one.isShared) return;
      await other.attend(id, 5);
      const { seq, agoMs } = (await one.requests(id)).viewers!;
      assert.deepEqual([seq, agoMs < 10_000], [5, true]);
      assert.equal((await other.requests(id)).viewers?.seq, 3);
      await other.attend(id, 7);
      assert.equal((await one.requests(id)).viewers?.seq, 7);
      await end(one, id);
      await other.attend("s_none", 1);
    });

    test("a hint holds until its time, for every replica", async () => {
      const soon = Date.now() + 60_000;
      await one.publishHint("circuit:a/b", soon);
      await one.publishHint("passed", Date.now() - 1);
      assert.deepEqual([...(await other.hints())], [["circuit:a/b", soon]]);
      await other.publishHint("circuit:a/b", soon + 5);
      assert.deepEqual([...(await one.hints())], [["circuit:a/b", soon + 5]]);
    });
  });
}
