/** What the ledger of every store must do. Run once per implementation. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import fc from "fast-check";
import { emptyMessage } from "../../protocol/index.ts";
import { makeBatch } from "../../proxy/stream-log/batch.ts";
import type { Account } from "../../proxy/stream-log/ledger.ts";
import type { StreamLog } from "../../proxy/stream-log/stream-log.ts";
import { newStream } from "./new-stream.ts";
import { begin, END, end } from "./short-life.ts";

const DAY = "2026-11-20";
const account = (key: string, limit: number | null): Account => ({ key, day: DAY, limit });

/** @param fresh a store of its own at each call; `again` opens the same one as another process would, null where none can */
export function ledgerContract(
  name: string,
  fresh: () => Promise<{ readonly log: StreamLog; readonly again: (() => Promise<StreamLog>) | null }>,
): void {
  describe(`the ledger contract: ${name}`, () => {
    let log: StreamLog;
    beforeEach(async () => {
      ({ log } = await fresh());
    });
    afterEach(() => log.close());

    test("money is set aside as far as the tightest account goes, and the account is named", async () => {
      const id = await begin(log);
      const accounts = [account("total", 1_000), account("visitor:a", 300)];
      assert.deepEqual(await log.ledger.hold(id, accounts, 200), { held: 200, left: 100, tightest: "visitor:a" });
      assert.deepEqual(await log.ledger.hold(id, accounts, 500), { held: 300, left: 0, tightest: "visitor:a" });
      assert.deepEqual(await log.ledger.account("total", DAY), { spent: 0, reserved: 300 });
    });

    test("holding the same twice changes nothing, holding less frees the rest", async () => {
      const id = await begin(log);
      const accounts = [account("total", 1_000)];
      await log.ledger.hold(id, accounts, 400);
      assert.deepEqual(await log.ledger.hold(id, accounts, 400), { held: 400, left: 600, tightest: "total" });
      assert.deepEqual(await log.ledger.hold(id, accounts, 150), { held: 150, left: 850, tightest: "total" });
      assert.deepEqual(await log.ledger.account("total", DAY), { spent: 0, reserved: 150 });
    });

    test("an account without a limit is counted and refuses nothing", async () => {
      const id = await begin(log);
      assert.deepEqual(await log.ledger.hold(id, [account("total", null)], 5_000), {
        held: 5_000,
        left: null,
        tightest: null,
      });
      await end(log, id, 4_200);
      assert.deepEqual(await log.ledger.account("total", DAY), { spent: 4_200, reserved: 0 });
    });

    test("the end of a stream books what it spent and frees what it held, once", async () => {
      const id = await begin(log);
      const accounts = [account("total", 1_000), account("address:x", 900)];
      await log.ledger.hold(id, accounts, 400);
      assert.deepEqual((await log.ledger.reservation(id))!.held, 400);
      await end(log, id, 250);
      assert.equal(await log.ledger.reservation(id), null);
      await assert.rejects(end(log, id, 250));
      for (const key of ["total", "address:x"]) {
        assert.deepEqual(await log.ledger.account(key, DAY), { spent: 250, reserved: 0 });
      }
    });

    test("a stream that has ended holds nothing any more, so that a late writer settles nothing again", async () => {
      const id = await begin(log);
      const accounts = [account("total", 1_000)];
      await log.ledger.hold(id, accounts, 400);
      await end(log, id, 250);
      assert.equal((await log.ledger.hold(id, accounts, 300)).held, 0);
      assert.equal(await log.ledger.reservation(id), null);
      assert.deepEqual(await log.ledger.account("total", DAY), { spent: 250, reserved: 0 });
    });

    test("an append that is refused settles nothing", async () => {
      const id = await begin(log);
      await log.ledger.hold(id, [account("total", 1_000)], 400);
      const message = emptyMessage("inc");
      const ending = { status: "complete", message, spent: 100 } as const;
      await assert.rejects(log.append(id, 1, makeBatch([END], 7, 1), ending));
      assert.deepEqual(await log.ledger.account("total", DAY), { spent: 0, reserved: 400 });
    });

    test("a day that is overspent gives nothing more, and what is held is kept", async () => {
      const [one, two] = [await begin(log), await begin(log)];
      const accounts = [account("total", 100)];
      await log.ledger.hold(one, accounts, 60);
      await log.ledger.hold(two, accounts, 40);
      await end(log, one, 75);
      assert.deepEqual(await log.ledger.hold(two, accounts, 90), { held: 40, left: -15, tightest: "total" });
    });

    test("days are apart, and other accounts are not touched", async () => {
      const id = await begin(log);
      await log.ledger.hold(id, [account("total", 100)], 100);
      const tomorrow = { key: "total", day: "2026-11-21", limit: 100 };
      assert.equal((await log.ledger.hold(await begin(log), [tomorrow], 50)).held, 50);
      assert.deepEqual(await log.ledger.account("visitor:b", DAY), { spent: 0, reserved: 0 });
    });

    test("retention drops the days with the conversations, and no later ones", async () => {
      const id = await begin(log);
      await log.ledger.hold(id, [account("total", null)], 10);
      await end(log, id, 10);
      await log.trim({ streamsBefore: 0, conversationsBefore: Date.UTC(2026, 10, 20, 23) });
      assert.equal((await log.ledger.account("total", DAY)).spent, 10);
      await log.trim({ streamsBefore: 0, conversationsBefore: Date.UTC(2026, 10, 21, 1) });
      assert.equal((await log.ledger.account("total", DAY)).spent, 0);
    });

    test("a stream that is deleted before its end counts what it held as spent", async () => {
      const id = await begin(log);
      await log.ledger.hold(id, [account("total", 1_000)], 400);
      await log.deleteStream(id);
      assert.deepEqual(await log.ledger.account("total", DAY), { spent: 400, reserved: 0 });
    });

    test("a receipt is kept with the end and goes with the stream", async () => {
      const { record } = await log.createStream(newStream());
      assert.equal(await log.findReceipt(record.id), null);
      const message = { ...emptyMessage("inc"), id: record.message };
      await log.append(record.id, 1, makeBatch([END], 2, 1), { status: "complete", message, receipt: "a.b.c" });
      assert.equal(await log.findReceipt(record.id), "a.b.c");
      await log.deleteStream(record.id);
      assert.equal(await log.findReceipt(record.id), null);
    });

    test("a value is kept once: whoever comes second gets the first's", async () => {
      assert.equal(await log.keepOnce("secret", "one"), "one");
      assert.equal(await log.keepOnce("secret", "two"), "one");
      assert.equal(await log.keepOnce("other", "two"), "two");
    });

    test("any schedule of holds and ends, over two processes, never gives out more than the limit", async () => {
      const step = fc.record({
        stream: fc.nat({ max: 5 }),
        amount: fc.nat({ max: 400 }),
        second: fc.boolean(),
        ends: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 30 }),
          fc.integer({ min: 0, max: 1_000 }),
          async (steps, limit) => {
            const store = await fresh();
            const other = (await store.again?.()) ?? store.log;
            try {
              await checkSchedule(store.log, other, steps, limit);
            } finally {
              if (other !== store.log) await other.close();
              await store.log.close();
            }
          },
        ),
        { numRuns: 30 },
      );
    });
  });
}

interface Step {
  readonly stream: number;
  readonly amount: number;
  readonly second: boolean;
  readonly ends: boolean;
}

/** A model of the ledger beside it: sums over what was granted and settled. */
async function checkSchedule(one: StreamLog, other: StreamLog, steps: readonly Step[], limit: number): Promise<void> {
  const streams = await Promise.all(Array.from({ length: 6 }, () => begin(one)));
  const held = new Map<number, number>();
  const ended = new Set<number>();
  const accounts = [account("total", limit)];
  let spent = 0;
  const reserved = () => [...held.values()].reduce((sum, amount) => sum + amount, 0);
  for (const { stream, amount, second, ends } of steps) {
    if (ended.has(stream)) continue;
    const log = second ? other : one;
    const id = streams[stream]!;
    if (ends) {
      const mine = held.get(stream) ?? 0;
      // A stream that never held anything has spent nothing; one that did never spends more than it holds here.
      await end(one, id, Math.min(mine, amount));
      spent += Math.min(mine, amount);
      held.delete(stream);
      ended.add(stream);
    } else {
      const granted = await log.ledger.hold(id, accounts, amount);
      const before = held.get(stream) ?? 0;
      assert.ok(granted.held <= Math.max(amount, 0), "more than was asked for");
      assert.ok(granted.held >= Math.min(amount, before), "less than it had");
      held.set(stream, granted.held);
    }
    assert.ok(spent + reserved() <= limit, "more than there is");
    assert.deepEqual(await other.ledger.account("total", DAY), { spent, reserved: reserved() });
  }
}
