/** What a stream cost is booked with its end: by the pump, by a recovery after a crash, whatever attempts it made. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { StreamError } from "../../../protocol/index.ts";
import { closeOrphan } from "../../../proxy/pump/recover.ts";
import { readUnfinished } from "../../../proxy/pump/unfinished-stream.ts";
import { UNBILLED } from "../../../proxy/provider/provider.ts";
import { Router } from "../../../proxy/route/router.ts";
import type { Receipt } from "../../../proxy/spend/receipt.ts";
import { RecoveredBill } from "../../../proxy/spend/recovered-bill.ts";
import { ReceiptSigner } from "../../../proxy/spend/receipt-signer.ts";
import { Treasury } from "../../../proxy/spend/treasury.ts";
import { dayOf } from "../../../proxy/stream-log/ledger.ts";
import { openSqliteLog } from "../../../proxy/stream-log/sqlite-log.ts";
import type { AssistantTurn } from "../../../proxy/stream-log/stream-log.ts";
import { LEASE, newStream } from "../../contracts/new-stream.ts";
import { fakeProvider, finish, more, targetOf, text } from "../../fakes/fake-provider.ts";
import { INPUT_NANO, OUTPUT_NANO, priced, runPaid, talker } from "../../fakes/paid-streams.ts";

const folder = mkdtempSync(join(tmpdir(), "ai-stream-settlement-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const NOON = Date.UTC(2026, 10, 20, 12);
const MARKS = { capacityEvents: 1_000, high: 0.8, low: 0.3 };
const LIMITS = { total: 1, perVisitor: 1, perAddress: undefined };
const signer = new ReceiptSigner(new Uint8Array(32));
const sign = (receipt: Receipt) => signer.sign(receipt);
const truncated = new StreamError("upstream_truncated", "cut");
/** "q" and what a message adds. */
const INPUT_TOKENS = 5;

test("the receipt tells every attempt, what was reported and booked, and the totals are the ledger's", async () => {
  const log = openSqliteLog(":memory:");
  const treasury = new Treasury(log.ledger, LIMITS);
  const ended: Receipt[] = [];
  const failing = fakeProvider("a", [text("It was"), truncated]);
  const other = fakeProvider("b", [text("It was a dark night"), finish]);
  const { record, message } = await runPaid(log, treasury, [failing, other], {
    createdAt: NOON,
    pump: { sign, onEnd: (receipt) => ended.push(receipt) },
  });
  assert.equal(message.status, "complete");
  const receipt = signer.verify((await log.findReceipt(record.id))!);
  assert.deepEqual(receipt, ended[0]);
  assert.deepEqual([receipt.stream, receipt.reason, receipt.conversation], [record.id, "stop", record.conversation]);
  const [one, two] = receipt.attempts;
  assert.deepEqual(
    [one!.provider, one!.cause, one!.outcome, one!.error, one!.reported, one!.booked!.estimated],
    ["a", "initial", "error", "upstream_truncated", undefined, true],
  );
  assert.equal(one!.booked!.input, INPUT_TOKENS);
  assert.deepEqual(
    [two!.provider, two!.cause, two!.outcome, two!.reported!.output, two!.booked!.estimated],
    ["b", "fallback", "complete", 5, false],
  );
  assert.ok(one!.firstTokenMs! >= 0 && two!.ms >= 0);
  assert.deepEqual(receipt.priceTables, ["test"]);
  assert.ok(receipt.total.estimated);
  const sum = one!.booked!.costUsd! + two!.booked!.costUsd!;
  assert.equal(receipt.total.costUsd, sum);
  assert.equal((await log.ledger.account("total", dayOf(NOON))).spent, Math.round(sum * 1e9));
  await log.close();
});

test("a stopped answer is booked for what it said, by estimate where its provider said nothing", async () => {
  const log = openSqliteLog(":memory:");
  const stop = new AbortController();
  const stalls = () => {
    stop.abort(new StreamError("cancelled", "stopped"));
    return new Promise(() => {});
  };
  await runPaid(log, new Treasury(log.ledger, LIMITS), [fakeProvider("p", [text("?".repeat(50)), stalls])], {
    ...{ createdAt: NOON, stop },
  });
  assert.deepEqual(await log.ledger.account("visitor:ann", dayOf(NOON)), {
    spent: INPUT_TOKENS * INPUT_NANO + 30 * OUTPUT_NANO,
    reserved: 0,
  });
  await log.close();
});

test("an attempt that was never sent, or refused, costs nothing: its figures are final, and zero", async () => {
  const log = openSqliteLog(":memory:");
  const treasury = new Treasury(log.ledger, LIMITS);
  const ended: Receipt[] = [];
  const refused = new StreamError("provider_error", "The provider could not be reached (ECONNREFUSED)");
  UNBILLED.add(refused);
  const { record, message } = await runPaid(log, treasury, [fakeProvider("a", [refused]), talker("b", 3)], {
    createdAt: NOON,
    pump: { onEnd: (receipt) => ended.push(receipt) },
  });
  assert.deepEqual([message.usage.input, message.usage.output, message.usage.final], [10, 3, true]);
  const [one, two] = ended[0]!.attempts;
  const nothing = { input: 0, output: 0, estimated: false, costUsd: 0, priceTable: "test" };
  assert.deepEqual(one!.booked, { ...nothing, estimate: { input: 0, output: 0, costUsd: 0 } });
  assert.deepEqual([one!.outcome, one!.error, one!.reported], ["error", "provider_error", undefined]);
  const spent = 10 * INPUT_NANO + 3 * OUTPUT_NANO;
  assert.equal(Math.round(two!.booked!.costUsd! * 1e9), spent);
  assert.equal((await log.ledger.account("total", dayOf(NOON))).spent, spent);
  const recovered = new RecoveredBill();
  recovered.apply(await log.read(record.id, 0, 1_000));
  assert.equal(recovered.bill(() => priced, 100).nanoUsd, spent);
  await log.close();
});

test("a price nobody knows is counted as unknown and books nothing", async () => {
  const log = openSqliteLog(":memory:");
  const ended: Receipt[] = [];
  const provider = fakeProvider("p", [text("a"), finish]);
  const budget = { attempts: 4, afterContent: 1 };
  const route = new Router({}).open({ targets: [targetOf(provider)], strategy: "order", limits: {}, budget });
  await runPaid(log, new Treasury(log.ledger, LIMITS), [provider], {
    createdAt: NOON,
    answer: { route },
    pump: { onEnd: (receipt) => ended.push(receipt) },
  });
  const { total, attempts, priceTables } = ended[0]!;
  assert.deepEqual([total.costUsd, total.unpriced, priceTables], [0, 1, []]);
  assert.equal("costUsd" in attempts[0]!.booked!, false);
  assert.equal((await log.ledger.account("total", dayOf(NOON))).spent, 0);
  await log.close();
});

for (const reports of [true, false]) {
  const by = reports ? "what its provider had reported" : "its text, where its provider had reported nothing";
  test(`after a crash a stream is settled once, by ${by}`, async () => {
    const file = join(folder, `crash-${reports}.db`);
    const dead = openSqliteLog(file);
    const reached = Promise.withResolvers<void>();
    const hangs = () => {
      setImmediate(() => setImmediate(reached.resolve));
      return new Promise(() => {});
    };
    const said = text("?".repeat(50));
    const told = [{ type: "usage", usage: { input: 40, output: 20, final: false } }] as const;
    const script = reports ? [said, told, more("?".repeat(5)), hangs] : [said, hangs];
    const stop = new AbortController();
    const options = { createdAt: NOON, stop };
    const running = runPaid(dead, new Treasury(dead.ledger, LIMITS), [fakeProvider("p", script)], options);
    running.catch(() => {});
    await reached.promise;
    // The process is gone, its reservation is not.
    const log = openSqliteLog(file);
    const before = await log.ledger.account("total", dayOf(NOON));
    assert.equal(before.spent, 0);
    assert.ok(before.reserved > 0);
    const turns = await log.readTurns((await log.listConversations("ann", 1))[0]!.id);
    const { stream } = turns.find(({ role }) => role === "assistant") as AssistantTurn;
    const record = (await log.takeOver(stream, LEASE))!;
    await closeOrphan(log, await readUnfinished(log, record), MARKS, { sign, pricingOf: () => priced });
    const spent = reports ? 40 * INPUT_NANO + 23 * OUTPUT_NANO : 5 * INPUT_NANO + 30 * OUTPUT_NANO;
    for (const key of ["total", "visitor:ann"]) {
      assert.deepEqual(await log.ledger.account(key, dayOf(NOON)), { spent, reserved: 0 });
    }
    const receipt = signer.verify((await log.findReceipt(stream))!);
    assert.deepEqual([receipt.reason, receipt.error], ["interrupted", "orphaned"]);
    assert.equal(Math.round(receipt.total.costUsd * 1e9), spent);
    assert.equal(await log.takeOver(stream, LEASE), null);
    // One that was only slow comes too late: it settles nothing again.
    stop.abort(new StreamError("cancelled", "stopped"));
    await running.catch(() => {});
    assert.deepEqual(await log.ledger.account("total", dayOf(NOON)), { spent, reserved: 0 });
    await log.close();
    await dead.close();
  });
}

test("another process goes on with the money: the accounts stay, what was spent counts, what was set aside is not lost", async () => {
  const log = openSqliteLog(":memory:");
  const limits = { total: 0.001, perVisitor: 0.01, perAddress: 0.01 };
  const { record } = await log.createStream(newStream({ owner: "ann" }));
  const caller = { owner: "ann", createdAt: NOON, usdPerAnswer: undefined, stream: record.id };
  const target = { ...targetOf(fakeProvider("p")), pricing: priced };
  const asked = { model: "m", messages: [], tools: [] };
  const dying = await new Treasury(log.ledger, limits).open({ ...caller, address: "hash" }).begin(target, asked);
  assert.ok(!(dying instanceof StreamError));
  const estimate = { input: 0, output: 60 };
  const attempt = { target: "p/m", input: 0, output: 60, estimated: true, estimate, costUsd: (60 * OUTPUT_NANO) / 1e9 };
  // The next process begins with what the log tells.
  const before = { nanoUsd: 60 * OUTPUT_NANO, attempts: [attempt] };
  const purse = await new Treasury(log.ledger, limits).reopen(caller, before);
  const next = await purse.begin(target, asked);
  assert.ok(!(next instanceof StreamError));
  assert.equal(next.maxOutputTokens, 40);
  assert.notEqual(await next.read([{ type: "usage", usage: { input: 0, output: 40, final: false } }]), false);
  assert.equal(await next.read([{ type: "usage", usage: { input: 0, output: 41, final: false } }]), false);
  const bill = await purse.close();
  assert.deepEqual([bill.nanoUsd, bill.attempts.length], [101 * OUTPUT_NANO, 2]);
  const { accounts } = (await log.ledger.reservation(record.id))!;
  assert.deepEqual(
    accounts.map(({ key }) => key),
    ["total", "visitor:ann", "address:hash"],
  );
  await log.close();
});

test("an answer is booked on the day it began, and one visitor's spending leaves another's alone", async () => {
  const log = openSqliteLog(":memory:");
  const treasury = new Treasury(log.ledger, { total: undefined, perVisitor: 0.0005, perAddress: undefined });
  const late = Date.UTC(2026, 10, 20, 23, 59, 59);
  await runPaid(log, treasury, [talker("p", 49)], { createdAt: late });
  const { message } = await runPaid(log, treasury, [talker("p", 49)], { createdAt: late });
  assert.equal(message.end?.reason === "budget" || message.end?.error?.code === "budget_exhausted", true);
  assert.equal((await log.ledger.account("visitor:ann", "2026-11-21")).spent, 0);
  const other = await runPaid(log, treasury, [talker("p", 30)], { createdAt: late, owner: "bob" });
  assert.equal(other.message.status, "complete");
  await treasury.admit({ owner: "ann", address: null }, late + 2_000);
  await log.close();
});
