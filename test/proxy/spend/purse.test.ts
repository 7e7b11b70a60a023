import assert from "node:assert/strict";
import { test } from "node:test";
import { isStreamError, StreamError } from "../../../protocol/index.ts";
import type { ProviderEvent, ProviderRequest } from "../../../proxy/provider/provider.ts";
import type { AttemptMeter, Meter } from "../../../proxy/spend/meter.ts";
import { Purse } from "../../../proxy/spend/purse.ts";
import { dayOf } from "../../../proxy/stream-log/ledger.ts";
import type { Account, Held, Ledger } from "../../../proxy/stream-log/ledger.ts";
import { fakeProvider, settle, targetOf } from "../../fakes/fake-provider.ts";
import { INPUT_NANO, OUTPUT_NANO, priced } from "../../fakes/paid-streams.ts";

const DAY = "2026-11-20";
const TARGET = { ...targetOf(fakeProvider("p")), pricing: priced };
const UNPRICED = targetOf(fakeProvider("p"));
/** 1,000 small letters and what a message adds: 224 tokens. */
const ASKED: ProviderRequest = {
  model: "m",
  messages: [{ role: "user", parts: [{ type: "text", text: "a".repeat(1_000) }] }],
  tools: [],
};
const INPUT_TOKENS = 224;

/** One account in memory; every call is kept. */
function oneAccount(limit: number | null): Ledger & { readonly calls: number[]; others: number; held: number } {
  const ledger = {
    calls: [] as number[],
    /** Spent and set aside by everybody else. */
    others: 0,
    held: 0,
    async hold(_stream: string, _accounts: readonly Account[], amount: number): Promise<Held> {
      ledger.calls.push(amount);
      const room = limit === null ? Infinity : limit - ledger.others - ledger.held;
      ledger.held += Math.min(amount - ledger.held, Math.max(0, room));
      if (limit === null) return { held: ledger.held, left: null, tightest: null };
      return { held: ledger.held, left: limit - ledger.others - ledger.held, tightest: "total" };
    },
    reservation: async () => null,
    account: async () => ({ spent: ledger.others, reserved: ledger.held }),
  };
  return ledger;
}

const purseOf = (ledger: Ledger, limit: number | null, budget: number | null = null): Meter =>
  new Purse({ ledger, stream: "s", accounts: [{ key: "total", day: DAY, limit }], budget });

/** Signs that count as so many tokens; exact for multiples of three. */
const delta = (tokens: number): ProviderEvent => ({
  type: "delta",
  block: 0,
  text: "?".repeat(Math.ceil(tokens / 0.6)),
});
const usage = (input: number, output: number, final: boolean): ProviderEvent => ({
  type: "usage",
  usage: { input, output, final },
});
const FINISH: ProviderEvent = { type: "finish", reason: "stop", raw: "stop" };

async function begun(meter: Meter, target = TARGET, request = ASKED): Promise<AttemptMeter> {
  const opened = await meter.begin(target, request);
  if (opened instanceof StreamError) throw opened;
  return opened;
}

test("what is set aside is spent without asking; the ledger hears once in hundreds of tokens", async () => {
  const ledger = oneAccount(1_000_000_000);
  const meter = purseOf(ledger, 1_000_000_000);
  const attempt = await begun(meter);
  let asked = 0;
  for (let token = 0; token < 10_000; token++) {
    const more = attempt.read([delta(0.6)]);
    if (more === undefined) continue;
    asked++;
    assert.equal(await more, true);
  }
  assert.ok(asked > 2 && asked < 40, `asked ${asked} times for 10,000 tokens`);
  assert.equal(ledger.calls.length, asked + 1);
});

test("the end gives back what was not spent, and the bill is what was", async () => {
  const ledger = oneAccount(1_000_000_000);
  const meter = purseOf(ledger, 1_000_000_000);
  const attempt = await begun(meter);
  assert.equal(attempt.read([usage(300, 50, true), FINISH]), undefined);
  const spend = attempt.end();
  assert.deepEqual([spend.input, spend.output, spend.estimated], [300, 50, false]);
  const cost = 300 * INPUT_NANO + 50 * OUTPUT_NANO;
  assert.equal(Math.round(spend.costUsd! * 1e9), cost);
  assert.equal(attempt.end(), spend);
  await settle();
  const bill = await meter.close();
  assert.equal(bill.nanoUsd, cost);
  assert.equal(ledger.held, cost);
});

test("what a provider reports replaces the estimate; what comes after it is counted on top", async () => {
  const meter = purseOf(oneAccount(null), null);
  const attempt = await begun(meter);
  void attempt.read([delta(100), usage(300, 10, false), delta(6)]);
  const { input, output, estimated } = attempt.end();
  assert.deepEqual([input, output, estimated], [300, 16, true]);
});

test("a provider that reports nothing is booked by estimate, input included", async () => {
  const meter = purseOf(oneAccount(null), null);
  const attempt = await begun(meter);
  void attempt.read([delta(60)]);
  const { input, output, estimated, costUsd } = attempt.end();
  assert.deepEqual([input, output, estimated], [INPUT_TOKENS, 60, true]);
  assert.equal(Math.round(costUsd! * 1e9), INPUT_TOKENS * INPUT_NANO + 60 * OUTPUT_NANO);
});

test("an attempt is refused when its input and a few words cannot be paid for, and holds nothing then", async () => {
  const ledger = oneAccount(INPUT_TOKENS * INPUT_NANO + 15 * OUTPUT_NANO);
  const meter = purseOf(ledger, 1);
  const refused = await meter.begin(TARGET, ASKED);
  assert.ok(isStreamError(refused) && refused.code === "budget_exhausted");
  assert.equal(meter.refusal, refused);
  assert.deepEqual((await meter.close()).attempts, []);
  assert.equal(ledger.held, 0);
});

test("the length an attempt may have is what the money buys, and no bound where that is plenty", async () => {
  const money = INPUT_TOKENS * INPUT_NANO + 1_000 * OUTPUT_NANO;
  assert.equal((await begun(purseOf(oneAccount(money), money))).maxOutputTokens, 1_000);
  assert.equal((await begun(purseOf(oneAccount(null), null, money))).maxOutputTokens, 1_000);
  const few = { ...ASKED, maxOutputTokens: 500 };
  assert.equal((await begun(purseOf(oneAccount(money), money), TARGET, few)).maxOutputTokens, undefined);
  const much = 1_000_000_000;
  assert.equal((await begun(purseOf(oneAccount(much), much))).maxOutputTokens, undefined);
  const many = { ...ASKED, maxOutputTokens: 500_000 };
  const bound = (await begun(purseOf(oneAccount(much), much), TARGET, many)).maxOutputTokens!;
  assert.ok(bound > 90_000 && bound < 100_000, String(bound));
});

test("an answer's own budget cuts it at its limit, with a message that names it and no time to come back", async () => {
  const budget = INPUT_TOKENS * INPUT_NANO + 100 * OUTPUT_NANO;
  const meter = purseOf(oneAccount(null), null, budget);
  const attempt = await begun(meter);
  assert.notEqual(await attempt.read([delta(99)]), false);
  assert.equal(await attempt.read([delta(6)]), false);
  assert.match(meter.refusal!.message, /this answer/);
  assert.equal(meter.refusal!.retryAfterMs, undefined);
});

test("a daily limit cuts an answer with the time until the next day, and tells no amounts", async () => {
  const ledger = oneAccount(10_000_000);
  const accounts = [{ key: "total", day: dayOf(Date.now()), limit: 10_000_000 }];
  const meter = new Purse({ ledger, stream: "s", accounts, budget: null });
  const attempt = await begun(meter);
  ledger.others = 9_000_000;
  assert.equal(await attempt.read([delta(900)]), false);
  const { message, retryAfterMs } = meter.refusal!;
  assert.match(message, /this server .* day/);
  assert.doesNotMatch(message.replace("UTC", ""), /\d/);
  assert.ok(retryAfterMs! > 0 && retryAfterMs! <= 86_400_000);
});

test("an answer that is complete is not cut, whatever it cost; it is booked", async () => {
  const limit = INPUT_TOKENS * INPUT_NANO + 20 * OUTPUT_NANO;
  const meter = purseOf(oneAccount(limit), limit);
  const attempt = await begun(meter);
  assert.equal(attempt.read([delta(500), usage(300, 500, true), FINISH]), undefined);
  attempt.end();
  assert.equal((await meter.close()).nanoUsd, 300 * INPUT_NANO + 500 * OUTPUT_NANO);
});

test("the purse is low once four fifths of what there was at the start are gone", async () => {
  const budget = 10_000_000;
  const meter = purseOf(oneAccount(null), null, budget);
  assert.equal(meter.isLow, false);
  const attempt = await begun(meter);
  await attempt.read([usage(10, 790, false)]);
  assert.equal(meter.isLow, false);
  await attempt.read([usage(10, 805, false)]);
  assert.equal(meter.isLow, true);
});

test("a model whose price is not known costs nothing, is counted, and has no cost in the bill", async () => {
  const ledger = oneAccount(1_000);
  const meter = purseOf(ledger, 1_000);
  const attempt = await begun(meter, UNPRICED);
  assert.equal(attempt.maxOutputTokens, undefined);
  for (let index = 0; index < 100; index++) assert.equal(attempt.read([delta(60)]), undefined);
  const spend = attempt.end();
  assert.equal(spend.output, 6_000);
  assert.equal("costUsd" in spend, false);
  assert.deepEqual([(await meter.close()).nanoUsd, ledger.calls], [0, []]);
});

test("two attempts at once share the purse, and both are booked", async () => {
  const ledger = oneAccount(1_000_000_000);
  const meter = purseOf(ledger, 1_000_000_000, 50_000_000);
  const [one, two] = await Promise.all([begun(meter), begun(meter)]);
  await Promise.all([one.read([delta(600)]), two.read([delta(300)])]);
  one.end();
  two.end();
  await settle();
  const { nanoUsd, attempts } = await meter.close();
  assert.equal(nanoUsd, 2 * INPUT_TOKENS * INPUT_NANO + 900 * OUTPUT_NANO);
  assert.deepEqual(
    attempts.map(({ output }) => output),
    [600, 300],
  );
  assert.equal(ledger.held, nanoUsd);
});

test("what an earlier process spent counts, and an attempt that reads on is one with the one it goes on from", async () => {
  const accounts = [{ key: "total", day: DAY, limit: 1_000_000_000 }];
  const estimate = { input: 90, output: 40 };
  const bill = (output: number) => ({
    ...{ target: "p/m", input: 100, output, estimated: true, estimate },
    costUsd: (100 * INPUT_NANO + output * OUTPUT_NANO) / 1e9,
  });
  const nanoUsd = 200 * INPUT_NANO + 90 * OUTPUT_NANO;
  const before = { nanoUsd, attempts: [bill(50), bill(40)] };
  const ledger = oneAccount(1_000_000_000);
  const meter = new Purse({ ledger, stream: "s", accounts, budget: null, before });
  const opened = await meter.begin(TARGET, ASKED, true);
  assert.ok(!(opened instanceof StreamError));
  // The provider counts the whole answer, from before the crash on.
  void opened.read([delta(30), usage(110, 75, true), FINISH]);
  const closed = await meter.close();
  assert.deepEqual(
    closed.attempts.map(({ input, output, estimated }) => [input, output, estimated]),
    [
      [100, 50, true],
      [110, 75, false],
    ],
  );
  assert.equal(closed.attempts[1]!.estimate.output, 70);
  assert.equal(closed.nanoUsd, 210 * INPUT_NANO + 125 * OUTPUT_NANO);
});

test("an attempt that may not be read on leaves what an earlier process spent on it booked", async () => {
  const costUsd = (100 * INPUT_NANO + 40 * OUTPUT_NANO) / 1e9;
  const bill = { target: "p/m", input: 100, output: 40, estimated: true, estimate: { input: 90, output: 40 }, costUsd };
  const before = { nanoUsd: 100 * INPUT_NANO + 40 * OUTPUT_NANO, attempts: [bill] };
  const failing = oneAccount(1_000_000_000);
  failing.hold = () => Promise.reject(new StreamError("storage_unavailable", "gone"));
  for (const ledger of [oneAccount(before.nanoUsd), failing]) {
    const accounts = [{ key: "total", day: DAY, limit: before.nanoUsd }];
    const meter = new Purse({ ledger, stream: "s", accounts, budget: null, before });
    assert.ok((await meter.begin(TARGET, ASKED, true)) instanceof StreamError);
    assert.deepEqual(await meter.close(), before);
  }
});

test("an answer that was taken over is low where it would have been without that", async () => {
  const budget = 10_000_000;
  const before = { nanoUsd: 8_500_000, attempts: [] };
  const meter = new Purse({ ledger: oneAccount(null), stream: "s", accounts: [], budget, before });
  await begun(meter);
  assert.equal(meter.isLow, true);
});

test("a limit of a day that is over has no time to come back: the new day's money is there already", async () => {
  const ledger = oneAccount(0);
  const meter = new Purse({ ledger, stream: "s", accounts: [{ key: "total", day: DAY, limit: 0 }], budget: null });
  const refused = await meter.begin(TARGET, ASKED);
  assert.ok(isStreamError(refused) && refused.code === "budget_exhausted");
  assert.equal(refused.retryAfterMs, undefined);
  assert.match(refused.message, /day .* began/);
});

test("closing ends what is under way and asks the ledger for nothing more", async () => {
  const ledger = oneAccount(1_000_000_000);
  const meter = purseOf(ledger, 1_000_000_000);
  const attempt = await begun(meter);
  void attempt.read([delta(12)]);
  const before = ledger.calls.length;
  const bill = await meter.close();
  assert.deepEqual([bill.attempts.length, bill.attempts[0]!.output], [1, 12]);
  assert.equal(attempt.read([delta(100_000)]), undefined);
  assert.equal(ledger.calls.length, before);
  assert.equal(await meter.close(), bill);
  assert.ok((await meter.begin(TARGET, ASKED)) instanceof StreamError);
  assert.equal(ledger.calls.length, before);
});

test("a ledger that fails is told to whoever begins, and no reason to lose the bill", async () => {
  const broken = new StreamError("storage_unavailable", "gone");
  const ledger = oneAccount(1_000_000_000);
  const meter = purseOf(ledger, 1_000_000_000);
  const attempt = await begun(meter);
  ledger.hold = () => Promise.reject(broken);
  assert.equal(await meter.begin(TARGET, ASKED), broken);
  await assert.rejects(async () => attempt.read([delta(6_000)]), broken);
  attempt.end();
  assert.equal((await meter.close()).nanoUsd, INPUT_TOKENS * INPUT_NANO + 6_000 * OUTPUT_NANO);
});
