import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { TestContext } from "node:test";
import { BREAKER_DEFAULTS } from "../../../proxy/route/circuit.ts";
import { BUDGET, runOutage, SECONDS, STREAMS } from "../../fakes/outage/run-outage.ts";
import type { Outage } from "../../fakes/outage/run-outage.ts";
import { afterContent, askedWhileOut, attempts, isComplete, isWhole, tally } from "../../fakes/outage/tally.ts";
import { darkSeconds } from "../../fakes/outage/trouble.ts";
import type { Script, Trouble } from "../../fakes/outage/trouble.ts";

/** Another one: `OUTAGE_SEED=7 node --test test/proxy/route/outage.test.ts`. */
const SEED = Number(process.env["OUTAGE_SEED"] ?? 1);

const OUT: Trouble = { kind: "out" };
const CRASH: Trouble = { kind: "out", crash: true };
const SLOW_DEATH: Trouble = { kind: "slow death" };
const LIMITED: Trouble = { kind: "limited", perSecond: 10, retryAfterMs: 2_000 };
const brownOut = (fails: number): Trouble => ({ kind: "brown-out", fails });

/** Two of them are often in trouble at once, never all three. */
const OVERLAPPING: readonly Script[] = [
  [
    { from: 10, to: 30, trouble: CRASH },
    { from: 45, to: 65, trouble: brownOut(0.45) },
    { from: 84, to: 108, trouble: SLOW_DEATH },
  ],
  [
    { from: 22, to: 40, trouble: LIMITED },
    { from: 50, to: 70, trouble: OUT },
    { from: 88, to: 103, trouble: brownOut(0.6) },
  ],
  [
    { from: 32, to: 44, trouble: brownOut(0.3) },
    { from: 66, to: 79, trouble: SLOW_DEATH },
    { from: 109, to: 118, trouble: OUT },
  ],
];

const DARK_FROM = 31;
const DARK_TO = 69;
const ALL_OUT: readonly Script[] = [
  [{ from: 30, to: 70, trouble: OUT }],
  [{ from: 29, to: 71, trouble: OUT }],
  [{ from: DARK_FROM, to: DARK_TO, trouble: OUT }],
];

/** Half of the latest hundred calls open a circuit, and answers under way still succeed; then it admits one in two seconds. */
const UNTIL_OPEN = 100;
/** By design a new stream waits for five seconds that somebody may be asked after all. */
const TOLD_WITHIN_S = 6;

suite(`providers fail under ${STREAMS} streams for ${SECONDS} s of virtual time (seed ${SEED})`, () => {
  for (const strategy of ["order", "fastest"] as const) {
    test(`${strategy}: while anybody is healthy, 99.9 % of all answers are complete`, async (t) => {
      assert.deepEqual(darkSeconds(OVERLAPPING, SECONDS), []);
      const outage = await runOutage(OVERLAPPING, strategy, SEED);
      print(t, strategy, outage);
      checkAnswers(outage);
      checkRequests(outage);
      checkBackOff(outage);
      const { answers, complete, hedges } = tally(outage.told, SECONDS);
      assert.ok(answers > 20 * STREAMS && complete >= 99.9, `${complete} % of ${answers}`);
      assert.equal(hedges, 0);
      const modes = outage.told.flatMap(({ entries }) => entries).map((one) => ("mode" in one ? one.mode : one.type));
      assert.ok(modes.includes("prefix") && modes.includes("reset"), "answers went on in both ways");
    });

    test(`${strategy}: while all are out it is told soon, with a time, and over soon after`, async (t) => {
      assert.equal(darkSeconds(ALL_OUT, SECONDS).length, DARK_TO - DARK_FROM);
      const outage = await runOutage(ALL_OUT, strategy, SEED);
      print(t, `${strategy}, all out`, outage);
      checkAnswers(outage);
      checkRequests(outage);
      checkBackOff(outage);
      const failed = outage.told.filter((one) => !isComplete(one));
      const refused = failed.filter((one) => attempts(one) === 0);
      assert.ok(refused.length > 0.9 * failed.length, `${refused.length} of ${failed.length}`);
      for (const { from, to, end } of refused) {
        assert.equal(end.error?.code, "circuit_open");
        assert.ok(end.error.retryAfterMs! > 0 && to - from <= TOLD_WITHIN_S, `told after ${to - from} s`);
      }
      for (const { end } of failed) assert.match(end.error!.code, /^(provider|upstream)_|^circuit_open$/);
      const recoveredAfter = Math.max(...failed.map(({ to }) => to)) - DARK_TO;
      t.diagnostic(`the last failure is told ${recoveredAfter.toFixed(1)} s after the first provider is back`);
      assert.ok(recoveredAfter <= TOLD_WITHIN_S);
      const asked = outage.told.filter(({ from }) => from < DARK_FROM - TOLD_WITHIN_S || from >= DARK_TO + 3);
      assert.ok(asked.length > 10 * STREAMS && asked.every(isComplete));
    });
  }
});

/** Each character once, and no more attempts than there may be. */
function checkAnswers({ told, providers }: Outage): void {
  for (const one of told) {
    assert.ok(attempts(one) <= BUDGET.attempts, `${attempts(one)} attempts`);
    assert.ok(afterContent(one) <= BUDGET.afterContent, `${afterContent(one)} attempts after content`);
    if (isComplete(one)) assert.ok(isWhole(one, providers), `${one.question}: ${one.text}`);
  }
}

/** No storm: what a dead provider is asked does not grow with what is asked of all. */
function checkRequests({ providers }: Outage): void {
  for (const provider of providers) {
    const { requests, seconds } = askedWhileOut(provider);
    const circuits = provider.keys?.keys.length ?? 1;
    assert.ok(requests <= circuits * (UNTIL_OPEN + seconds / 2), `${provider.name}: ${requests} in ${seconds} s`);
  }
}

/** Each time a probe fails, a circuit stays open for twice as long. */
function checkBackOff({ turns }: Outage): void {
  const opened = new Map<string, number>();
  for (const { lane, state, openMs } of turns) {
    const before = state === "open" ? opened.get(lane) : undefined;
    if (state === "open") assert.equal(openMs, before === undefined ? BREAKER_DEFAULTS.halfOpenAfterMs : before * 2);
    if (state === "open") opened.set(lane, openMs);
    else opened.delete(lane);
  }
  assert.ok(turns.some(({ openMs }) => openMs > BREAKER_DEFAULTS.halfOpenAfterMs));
}

function print(t: TestContext, name: string, { told, providers }: Outage): void {
  const all = tally(told, SECONDS);
  t.diagnostic(
    `${name}: ${all.answers} answers (${all.startsPerSecond.toFixed(1)}/s), ${all.complete.toFixed(3)} % complete, ` +
      `${all.attemptsPerAnswer.toFixed(2)} attempts each, first token p50 ${all.firstTokenP50} ms, ` +
      `p95 ${all.firstTokenP95} ms, ${all.hedges} hedges`,
  );
  const dead = providers.map((provider) => {
    const { requests, seconds } = askedWhileOut(provider);
    return `${provider.name} ${(requests / seconds).toFixed(2)}/s (${requests} in ${seconds} s)`;
  });
  t.diagnostic(`requests while dead: ${dead.join(", ")}`);
}
