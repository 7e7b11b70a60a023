/** Whatever fails, is refused, is overtaken or stopped: receipts, ledger and log tell of the same money. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StreamError } from "../../../protocol/index.ts";
import { UNBILLED } from "../../../proxy/provider/provider.ts";
import type { Provider } from "../../../proxy/provider/provider.ts";
import type { Receipt } from "../../../proxy/spend/receipt.ts";
import { RecoveredBill } from "../../../proxy/spend/recovered-bill.ts";
import { Treasury } from "../../../proxy/spend/treasury.ts";
import { dayOf } from "../../../proxy/stream-log/ledger.ts";
import { openSqliteLog } from "../../../proxy/stream-log/sqlite-log.ts";
import { INPUT_NANO, OUTPUT_NANO, priced, runPaid, talker } from "../../fakes/paid-streams.ts";

const NOON = Date.UTC(2026, 10, 20, 12);
/** "q" and what a message adds. */
const INPUT_TOKENS = 5;
/** Of an answer: the estimate of an input beside what was reported of it, for each of three attempts and their hedges. */
const SLACK_NANO = 6 * 10 * INPUT_NANO;

type Mode = "answers" | "refuses" | "hesitates" | "breaks off";

function flaky(name: string, tokens: number, mode: Mode): Provider {
  const inner = talker(name, tokens);
  return {
    ...inner,
    async *stream(request, timers, signal) {
      if (mode === "refuses") {
        const refused = new StreamError("provider_overloaded", "busy", { retryAfterMs: 0 });
        UNBILLED.add(refused);
        throw refused;
      }
      for (let turn = 0; turn < 30 && mode === "hesitates"; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
      }
      let batches = 0;
      for await (const batch of inner.stream(request, timers, signal)) {
        yield batch;
        if (mode === "breaks off" && ++batches > 3) throw new StreamError("upstream_truncated", "cut");
      }
    },
  };
}

const answer = fc.record({
  modes: fc.array(fc.constantFrom<Mode>("answers", "refuses", "hesitates", "breaks off"), {
    minLength: 1,
    maxLength: 3,
  }),
  tokens: fc.integer({ min: 1, max: 100 }),
  hedgeAfterMs: fc.constantFrom(null, 1),
  budget: fc.option(fc.integer({ min: 0, max: 2_000_000 }), { nil: undefined }),
});

test("receipts add up to what is booked, and so does what the log alone tells", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(answer, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 0, max: 6_000_000 }),
      async (answers, total) => {
        const log = openSqliteLog(":memory:");
        const limits = { total: total / 1e9, perVisitor: undefined, perAddress: undefined };
        const treasury = new Treasury(log.ledger, limits);
        let sum = 0;
        await Promise.all(
          answers.map(async ({ modes, tokens, hedgeAfterMs, budget }) => {
            const ended: Receipt[] = [];
            const providers = modes.map((mode, index) => flaky(`p${index}`, tokens, mode));
            const { record } = await runPaid(log, treasury, providers, {
              ...{ createdAt: NOON, answer: { hedgeAfterMs }, pump: { onEnd: (receipt) => ended.push(receipt) } },
              ...(budget === undefined ? {} : { usdPerAnswer: budget / 1e9 }),
            });
            const [receipt] = ended;
            const nano = Math.round(receipt!.total.costUsd * 1e9);
            const booked = receipt!.attempts.reduce((usd, { booked: each }) => usd + (each?.costUsd ?? 0), 0);
            assert.equal(Math.round(booked * 1e9), nano, JSON.stringify(receipt));
            const recovered = new RecoveredBill();
            recovered.apply(await log.read(record.id, 0, 100_000));
            const { nanoUsd } = recovered.bill(() => priced, INPUT_TOKENS);
            assert.ok(Math.abs(nanoUsd - nano) <= SLACK_NANO, `${nanoUsd} by the log, ${JSON.stringify(receipt)}`);
            sum += nano;
          }),
        );
        const { spent, reserved } = await log.ledger.account("total", dayOf(NOON));
        assert.equal(reserved, 0);
        assert.ok(Math.abs(spent - sum) <= answers.length, `${spent} booked, ${sum} in receipts`);
        assert.ok(spent <= total + answers.length * (6 * OUTPUT_NANO + SLACK_NANO), `${spent} of ${total}`);
        await log.close();
      },
    ),
    { numRuns: 20 },
  );
});
