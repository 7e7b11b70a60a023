/** A budget is kept by many answers at once: what is spent beyond it is at most one event of each. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { Treasury } from "../../../proxy/spend/treasury.ts";
import { dayOf } from "../../../proxy/stream-log/ledger.ts";
import { openSqliteLog } from "../../../proxy/stream-log/sqlite-log.ts";
import type { StreamLog } from "../../../proxy/stream-log/stream-log.ts";
import { OUTPUT_NANO, runPaid, talker } from "../../fakes/paid-streams.ts";

const folder = mkdtempSync(join(tmpdir(), "ai-stream-spend-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = () => join(folder, `${++files}.db`);

/** Noon of a day, so that none of it lies across midnight. */
const NOON = Date.UTC(2026, 10, 20, 12);
const usd = (nano: number) => nano / 1e9;
const totalOf = (log: StreamLog) => log.ledger.account("total", dayOf(NOON));
const treasuryOf = (log: StreamLog, total: number, perVisitor?: number) =>
  new Treasury(log.ledger, { total: usd(total), perVisitor: perVisitor && usd(perVisitor), perAddress: undefined });

test("100 answers at once against a small daily total overspend it by at most one event each", async () => {
  const log = openSqliteLog(newFile());
  const limit = 200_000_000;
  const treasury = treasuryOf(log, limit);
  const provider = talker("p");
  const ended = await Promise.all(
    Array.from({ length: 100 }, () => runPaid(log, treasury, [provider], { createdAt: NOON })),
  );
  const { spent, reserved } = await totalOf(log);
  const events = (spent - limit) / OUTPUT_NANO;
  console.log(
    `daily total $${usd(limit)}, 100 answers at once: spent $${usd(spent)}, ` +
      `${events > 0 ? "over" : "under"} by ${Math.abs(events)} events of $${usd(OUTPUT_NANO)} each`,
  );
  assert.equal(reserved, 0);
  assert.ok(spent - limit <= 100 * OUTPUT_NANO, `${spent - limit} nano-dollars over`);
  // Nearly all of it was used: the limit is not kept by refusing early.
  assert.ok(spent >= 0.98 * limit, `only ${spent} of ${limit} was spent`);
  for (const { message } of ended) {
    assert.equal(message.end?.reason, "budget");
    assert.equal(message.end?.error?.code, "budget_exhausted");
  }
  await assert.rejects(treasury.admit({ owner: "ann", address: null }, NOON), { code: "budget_exhausted" });
  await log.close();
});

test("purses of two processes on one database keep the total together", async () => {
  const file = newFile();
  // Entries are one process's to write; money is set aside through both.
  const [one, two] = [openSqliteLog(file), openSqliteLog(file)];
  const limit = 50_000_000;
  const treasuries = [treasuryOf(one, limit), treasuryOf(two, limit)];
  await Promise.all(
    Array.from({ length: 30 }, (_, index) => runPaid(one, treasuries[index % 2]!, [talker("p")], { createdAt: NOON })),
  );
  const { spent, reserved } = await totalOf(one);
  console.log(`two processes, daily total $${usd(limit)}: spent $${usd(spent)}`);
  assert.deepEqual(await totalOf(two), { spent, reserved });
  assert.equal(reserved, 0);
  assert.ok(spent >= 0.95 * limit && spent - limit <= 30 * OUTPUT_NANO, `${spent} of ${limit}`);
  await one.close();
  await two.close();
});

test("any mix of answers, visitors and limits keeps every limit to one event an answer, and books what was used", async () => {
  const stream = fc.record({
    owner: fc.constantFrom("ann", "bob", "eve"),
    tokens: fc.integer({ min: 1, max: 400 }),
    input: fc.integer({ min: 1, max: 50 }),
    budget: fc.option(fc.integer({ min: 0, max: 3_000_000 }), { nil: undefined }),
    turns: fc.nat({ max: 5 }),
    cancels: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(stream, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 0, max: 10_000_000 }),
      fc.integer({ min: 0, max: 5_000_000 }),
      async (streams, total, perVisitor) => {
        const log = openSqliteLog(":memory:");
        const treasury = treasuryOf(log, total, perVisitor);
        const used = new Map<string, number>();
        const streamsOf = (owner: string) => streams.filter((one) => one.owner === owner).length;
        await Promise.all(
          streams.map(async ({ owner, tokens, input, budget, turns, cancels }) => {
            for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
            const stop = new AbortController();
            if (cancels) setImmediate(() => setImmediate(() => stop.abort()));
            const { message } = await runPaid(log, treasury, [talker("p", tokens, input)], {
              ...{ owner, createdAt: NOON, stop },
              ...(budget === undefined ? {} : { usdPerAnswer: usd(budget) }),
            });
            const cost = Math.round((message.usage.costUsd ?? 0) * 1e9);
            if (budget !== undefined) assert.ok(cost <= budget + OUTPUT_NANO, `answer: ${cost} of ${budget}`);
            used.set(owner, (used.get(owner) ?? 0) + cost);
          }),
        );
        const all = [...used.values()].reduce((sum, cost) => sum + cost, 0);
        const { spent, reserved } = await totalOf(log);
        assert.equal(reserved, 0);
        // An answer stopped before its provider reported anything has its input booked by estimate.
        assert.ok(spent >= all, `${spent} booked, ${all} used`);
        // The estimate of the input may be short of what is reported.
        const slack = (count: number) => count * (OUTPUT_NANO + 50_000);
        assert.ok(spent <= total + slack(streams.length), `total: ${spent} of ${total}`);
        for (const owner of used.keys()) {
          const visitor = await log.ledger.account(`visitor:${owner}`, dayOf(NOON));
          assert.equal(visitor.reserved, 0);
          assert.ok(
            visitor.spent <= perVisitor + slack(streamsOf(owner)),
            `${owner}: ${visitor.spent} of ${perVisitor}`,
          );
        }
        await log.close();
      },
    ),
    { numRuns: 60 },
  );
});
