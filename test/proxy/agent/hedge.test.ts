import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Call } from "../../../proxy/agent/attempt.ts";
import { raceToContent } from "../../../proxy/agent/hedge.ts";
import type { ProviderEvent } from "../../../proxy/provider/provider.ts";
import { finish, settle, text } from "../../fakes/fake-provider.ts";

const usage: ProviderEvent[] = [{ type: "usage", usage: { input: 9, output: 0, final: false } }];

/** A call that says what it is told to, when it is told to, and notes that it was hung up. */
function call(attempt: number) {
  const steps: (readonly ProviderEvent[] | Error | null)[] = [];
  const stop = new AbortController();
  let wake = () => {};
  stop.signal.addEventListener("abort", () => wake());
  const told = { over: false };
  async function* events() {
    try {
      for (;;) {
        while (steps.length === 0) {
          if (stop.signal.aborted) return;
          await new Promise<void>((resolve) => (wake = resolve));
        }
        const step = steps.shift()!;
        if (step === null) return;
        if (step instanceof Error) throw step;
        yield step;
      }
    } finally {
      told.over = true;
    }
  }
  const say = (step: (typeof steps)[number]) => (steps.push(step), wake());
  return { call: { attempt, events: events(), stop } as unknown as Call, say, told };
}

async function heard({ events }: Call): Promise<string> {
  let said = "";
  for await (const batch of events) for (const event of batch) if (event.type === "delta") said += event.text;
  return said;
}

const never = new AbortController().signal;
const clock = (t: { after: (done: () => void) => void }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
};

test("a call that speaks in time is kept, and no second one is made", async (t) => {
  clock(t);
  const first = call(1);
  let seconds = 0;
  const race = raceToContent(first.call, async () => (seconds++, null), 100, never);
  first.say(usage);
  first.say(text("hello "));
  const { winner, loser } = await race;
  mock.timers.tick(1_000);
  assert.deepEqual([loser, seconds], [null, 0]);
  first.say([{ type: "delta", block: 0, text: "you" }]);
  first.say(finish);
  first.say(null);
  assert.equal(await heard(winner), "hello you");
});

test("the one that speaks first is kept whole, the other is hung up with what it reported", async (t) => {
  for (const faster of [1, 2]) {
    clock(t);
    const [first, second] = [call(1), call(2)];
    const race = raceToContent(first.call, async () => second.call, 100, never);
    first.say(usage);
    await settle();
    mock.timers.tick(100);
    await settle();
    const winning = faster === 1 ? first : second;
    winning.say(text("quick"));
    const { winner, loser } = await race;
    assert.deepEqual([winner.attempt, loser?.call.attempt], [faster, 3 - faster]);
    assert.equal((faster === 1 ? second : first).told.over, true);
    assert.deepEqual(loser?.said, faster === 1 ? [] : usage);
    assert.equal(loser?.failure, null);
    winning.say(null);
    assert.equal(await heard(winner), "quick");
    mock.timers.reset();
  }
});

test("one that fails leaves it to the other; when both fail, the first one's failure is told", async (t) => {
  clock(t);
  const [first, second] = [call(1), call(2)];
  const race = raceToContent(first.call, async () => second.call, 100, never);
  await settle();
  mock.timers.tick(100);
  await settle();
  second.say(new Error("two"));
  await settle();
  first.say(text("still here"));
  first.say(null);
  const { winner, loser } = await race;
  assert.equal(await heard(winner), "still here");
  assert.match(String(loser?.failure?.cause), /two/);

  const [third, fourth] = [call(3), call(4)];
  const lost = raceToContent(third.call, async () => fourth.call, 100, never);
  await settle();
  mock.timers.tick(100);
  await settle();
  third.say(new Error("three"));
  fourth.say(new Error("four"));
  await assert.rejects(heard((await lost).winner), /three/);
});

test("nobody else to ask, and a stop while it waits, leave the first call alone", async (t) => {
  clock(t);
  const first = call(1);
  const race = raceToContent(first.call, async () => null, 100, never);
  await settle();
  mock.timers.tick(100);
  await settle();
  first.say(text("late"));
  first.say(null);
  const { winner, loser } = await race;
  assert.equal(loser, null);
  assert.equal(await heard(winner), "late");

  const other = call(2);
  let asked = 0;
  const stopped = raceToContent(other.call, async () => (asked++, null), 100, AbortSignal.abort());
  await settle();
  mock.timers.tick(100);
  other.say(new Error("stopped"));
  await assert.rejects(heard((await stopped).winner), /stopped/);
  assert.equal(asked, 0);
});
