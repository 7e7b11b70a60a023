import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogEntry, StreamEnd, StreamEvent } from "../../../protocol/index.ts";
import type { AttemptBill, Bill } from "../../../proxy/spend/meter.ts";
import { ReceiptFold } from "../../../proxy/spend/receipt.ts";
import { RecoveredBill } from "../../../proxy/spend/recovered-bill.ts";
import type { StreamRecord } from "../../../proxy/stream-log/stream-log.ts";
import { priced } from "../../fakes/paid-streams.ts";

const RECORD: StreamRecord = {
  ...{ id: "s_1", inc: "i", term: 1, owner: "o", agent: "a", conversation: "c_1", message: "m_2", parent: "m_1" },
  createdAt: 1_000,
  status: "running",
  tail: 9,
  first: 1,
};
const END: StreamEnd = {
  type: "stream.end",
  reason: "stop",
  usage: { input: 1, output: 2, final: true },
  timings: { firstTokenMs: 40, totalMs: 900 },
  digest: 0,
};

type Start = Partial<Extract<StreamEvent, { type: "attempt.start" }>>;
const start = (attempt: number, own: Start = {}): StreamEvent => ({
  ...{ type: "attempt.start", attempt, provider: "p", model: "m", cause: "initial", mode: "fresh" },
  ...own,
});
const end = (attempt: number, outcome: "complete" | "error" | "superseded"): StreamEvent =>
  outcome === "error"
    ? { type: "attempt.end", attempt, outcome, error: { code: "idle_timeout", message: "x", retryable: true } }
    : { type: "attempt.end", attempt, outcome };
const usage = (attempt: number, input: number, output: number, final: boolean): StreamEvent => ({
  ...{ type: "usage", attempt, input, output, final },
});
const delta = (text: string): StreamEvent => ({ type: "delta", block: 0, kind: "text", text });

/** Events as entries, ten milliseconds apart. */
const logged = (...events: StreamEvent[]): LogEntry[] =>
  events.map((event, index) => ({ ...event, seq: index + 1, ts: 2_000 + index * 10 }));
const bill = (target: string, output: number, costUsd?: number): AttemptBill => ({
  ...{ target, input: 10, output, estimated: false, estimate: { input: 9, output: output + 1 } },
  ...(costUsd === undefined ? {} : { costUsd, priceTable: `table of ${target}` }),
});
const billOf = (...attempts: AttemptBill[]): Bill => ({ nanoUsd: 0, attempts });

function receiptOf(entries: readonly LogEntry[], of: Bill) {
  const fold = new ReceiptFold();
  // In commits of any size.
  fold.apply(entries.slice(0, 2));
  fold.apply(entries.slice(2));
  return fold.receipt(RECORD, END, 5_000, of);
}

test("a failed attempt and its fallback each have their times, figures and bill", () => {
  const entries = logged(
    start(1),
    delta("It"),
    usage(1, 0, 0, false),
    end(1, "error"),
    start(2, { provider: "q", cause: "fallback" }),
    usage(2, 11, 0, false),
    delta("It was"),
    usage(2, 11, 7, true),
    end(2, "complete"),
  );
  const receipt = receiptOf(entries, billOf(bill("p/m", 1, 0.25), bill("q/m", 7, 0.5)));
  const [one, two] = receipt.attempts;
  assert.deepEqual([one!.firstTokenMs, one!.ms, one!.error, one!.reported], [10, 30, "idle_timeout", undefined]);
  assert.deepEqual(
    [two!.firstTokenMs, two!.ms, two!.error, two!.reported],
    [20, 40, undefined, { input: 11, output: 7, final: true }],
  );
  assert.deepEqual([one!.booked!.output, two!.booked!.output], [1, 7]);
  assert.deepEqual(receipt.total, {
    ...{ input: 20, output: 8, costUsd: 0.75, unpriced: 0, estimated: false, estimatedUsd: 0 },
  });
  assert.deepEqual(receipt.priceTables, ["table of p/m", "table of q/m"]);
  assert.deepEqual(
    [receipt.createdAt, receipt.endedAt, receipt.firstTokenMs, receipt.totalMs],
    [1_000, 5_000, 40, 900],
  );
});

test("the loser of a hedge is booked and has no first token", () => {
  const entries = logged(
    start(1),
    usage(1, 0, 0, false),
    end(1, "superseded"),
    start(2, { provider: "q", cause: "hedge" }),
    delta("a"),
    end(2, "complete"),
  );
  const { attempts } = receiptOf(entries, billOf(bill("p/m", 0), bill("q/m", 3)));
  assert.deepEqual(
    attempts.map(({ outcome, firstTokenMs, booked }) => [outcome, firstTokenMs, booked!.output]),
    [
      ["superseded", undefined, 0],
      ["complete", 10, 3],
    ],
  );
});

test("an attempt that reads on has no bill of its own, and one that never came into the log is in the sum", () => {
  const entries = logged(
    start(1),
    delta("a"),
    end(1, "error"),
    start(2, { mode: "reattach", cause: "retry" }),
    delta("b"),
  );
  const { attempts, total } = receiptOf(entries, billOf(bill("p/m", 5, 1), bill("other/m", 2, 2)));
  assert.deepEqual(
    attempts.map(({ booked }) => booked?.output),
    [5, undefined],
  );
  // The stream ended while it was under way.
  assert.deepEqual([attempts[1]!.outcome, attempts[1]!.ms], ["error", 5_000 - 2_030]);
  assert.deepEqual([total.output, total.costUsd], [7, 3]);
});

test("what a model of unknown price took is in the tokens and not in the money", () => {
  const { total } = receiptOf(logged(start(1), end(1, "complete")), billOf(bill("p/m", 5)));
  assert.deepEqual([total.output, total.costUsd, total.unpriced], [5, 0, 1]);
});

test("a bill recovered from the log alone: what was reported, else the text; what is read on is one with its first part", () => {
  const recovered = new RecoveredBill();
  recovered.apply(
    logged(
      start(1),
      delta("?".repeat(50)),
      end(1, "error"),
      start(2, { provider: "q" }),
      usage(2, 20, 4, false),
      delta("?".repeat(5)),
      start(3, { provider: "q", mode: "reattach" }),
      delta("?".repeat(5)),
      start(4, { provider: "gone" }),
      delta("?".repeat(5)),
    ),
  );
  const { attempts, nanoUsd } = recovered.bill((provider) => (provider === "gone" ? undefined : priced), 100);
  assert.deepEqual(
    attempts.map(({ target, input, output, estimated, costUsd }) => [target, input, output, estimated, costUsd]),
    [
      ["p/m", 100, 30, true, 0.0004],
      ["q/m", 20, 10, true, 0.00012],
      ["gone/m", 100, 3, true, undefined],
    ],
  );
  assert.equal(nanoUsd, 520_000);
});

test("final figures keep the price they were written with", () => {
  const recovered = new RecoveredBill();
  const told: StreamEvent = { ...{ type: "usage", attempt: 1, input: 5, output: 5, final: true }, costUsd: 0.125 };
  recovered.apply(logged(start(1), delta("a"), told, end(1, "complete")));
  const [only] = recovered.bill(() => priced, 1).attempts;
  assert.deepEqual([only!.costUsd, only!.estimated], [0.125, false]);
});
