/** Properties that make take-overs safe: one committed writer at a time, one stream a send id. Run once per store. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { isStreamError } from "../../protocol/index.ts";
import { makeBatch } from "../../proxy/stream-log/batch.ts";
import type { StreamLog, StreamRecord } from "../../proxy/stream-log/stream-log.ts";
import { newStream } from "./new-stream.ts";

const REPLICAS = 3;
const TTL_MS = 60_000;
const leaseOf = (replica: number) => ({ replica: `r_${replica}`, ttlMs: TTL_MS });

type Act = "append" | "take" | "release" | "renew";
interface Step {
  readonly replica: number;
  readonly act: Act;
}

/** Steps of a round happen at the same time. */
const rounds = fc.array(
  fc.array(
    fc.record({
      replica: fc.nat(REPLICAS - 1),
      act: fc.constantFrom<Act>("append", "append", "take", "release", "renew"),
    }),
    {
      minLength: 1,
      maxLength: 5,
    },
  ),
  { maxLength: 15 },
);

/** @param open so many processes' views of a new store; the same several times where only one process can have it */
export function ownershipContract(name: string, open: (views: number) => Promise<readonly StreamLog[]>): void {
  const opened = async (work: (views: readonly StreamLog[]) => Promise<void>) => {
    const views = await open(REPLICAS);
    try {
      await work(views);
    } finally {
      for (const view of new Set(views)) await view.close();
    }
  };

  describe(`the ownership contract: ${name}`, () => {
    test("two owners never both commit, what is acknowledged stays, and terms never go down", () =>
      opened((views) =>
        fc.assert(
          fc.asyncProperty(rounds, (steps) => checkOwners(views, steps)),
          { numRuns: 60 },
        ),
      ));

    test("one send id starts one stream, however many start it at once", () =>
      opened((views) =>
        fc.assert(
          fc.asyncProperty(
            fc.array(fc.nat(REPLICAS - 1), { minLength: 2, maxLength: 8 }),
            fc.uuid(),
            (starters, sendId) => checkStarts(views, starters, sendId),
          ),
          { numRuns: 40 },
        ),
      ));
  });
}

async function checkOwners(views: readonly StreamLog[], steps: readonly (readonly Step[])[]): Promise<void> {
  const { record } = await views[0]!.createStream(newStream({ lease: leaseOf(0) }));
  const { id } = record;
  /** What each replica believes: the record under which it writes. */
  const owners: (StreamRecord | null)[] = [record, null, null];
  const acknowledged: string[] = [];
  let highest = 1;

  const step = async ({ replica, act }: Step, mark: string): Promise<void> => {
    const log = views[replica]!;
    const mine = owners[replica] ?? null;
    if (act === "take") {
      const taken = await log.takeOver(id, leaseOf(replica));
      if (taken === null) return;
      assert.ok(taken.term > highest, `term ${taken.term} after ${highest}`);
      highest = taken.term;
      owners[replica] = taken;
    } else if (act === "renew") {
      await log.renew(leaseOf(replica), [id]);
    } else if (mine === null) {
      return;
    } else if (act === "release") {
      await log.release(id, mine.term);
    } else {
      try {
        const text = `${mine.tail + 1} ${mark}`;
        await log.append(id, mine.term, makeBatch([{ type: "delta", block: 0, kind: "text", text }], mine.tail + 1, 1));
        acknowledged.push(text);
        owners[replica] = { ...mine, tail: mine.tail + 1 };
      } catch (thrown) {
        assert.ok(isStreamError(thrown) && thrown.code === "conflict", String(thrown));
      }
    }
  };

  for (const [round, together] of steps.entries()) {
    await Promise.all(together.map((one, index) => step(one, `${round}.${index}.${one.replica}`)));
    const entries = await views[0]!.read(id, 0, 10_000);
    const texts = entries.flatMap((entry) => (entry.type === "delta" ? [entry.text] : []));
    assert.deepEqual(
      entries.map(({ seq }) => seq),
      Array.from({ length: entries.length }, (_, index) => index + 1),
    );
    const bySeq = acknowledged.toSorted((one, other) => parseInt(one, 10) - parseInt(other, 10));
    assert.deepEqual(texts, bySeq, "acknowledged and stored differ");
    assert.equal((await views[0]!.findStream(id))!.term, highest);
  }
}

async function checkStarts(views: readonly StreamLog[], starters: readonly number[], sendId: string): Promise<void> {
  const starts = starters.map((view) => ({ log: views[view]!, start: newStream({ sendId }) }));
  const made = await Promise.all(starts.map(({ log, start }) => log.createStream(start)));
  const ids = new Set(made.map(({ record }) => record.id));
  assert.equal(ids.size, 1);
  assert.equal(made.filter(({ created }) => created).length, 1);
  for (const { start } of starts) {
    const found = await views[0]!.findStream(start.stream.id);
    assert.equal(found !== null, ids.has(start.stream.id));
    assert.equal((await views[0]!.findConversation(start.stream.conversation)) !== null, ids.has(start.stream.id));
  }
}
