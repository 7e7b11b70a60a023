import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Rounds } from "../../../proxy/pump/rounds.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

const turn = () => new Promise(setImmediate);

/** Rounds that end when they are told to, with the time until the next. */
function slowRounds(firstMs: number) {
  const under: ((nextMs: number) => void)[] = [];
  let begun = 0;
  const rounds = new Rounds(() => {
    begun++;
    return new Promise<number>((resolve) => under.push(resolve));
  }, firstMs);
  const end = async (nextMs: number) => {
    under.shift()!(nextMs);
    await turn();
  };
  return { rounds, end, begun: () => begun };
}

test("a round begins so long after the one before has ended, however long that took", async () => {
  const { end, begun } = slowRounds(100);
  mock.timers.tick(99);
  assert.equal(begun(), 0);
  mock.timers.tick(1);
  assert.equal(begun(), 1);
  mock.timers.tick(10_000);
  assert.equal(begun(), 1, "never two at once");
  await end(30);
  mock.timers.tick(29);
  assert.equal(begun(), 1);
  mock.timers.tick(1);
  assert.equal(begun(), 2);
});

test("who asks has a round now, or one more after the one under way", async () => {
  const { rounds, end, begun } = slowRounds(1_000);
  rounds.ask();
  mock.timers.tick(0);
  assert.equal(begun(), 1);
  rounds.ask();
  rounds.ask();
  await end(1_000);
  mock.timers.tick(0);
  assert.equal(begun(), 2);
  await end(1_000);
  mock.timers.tick(999);
  assert.equal(begun(), 2);
});

test("once stopped no round begins, and who stops waits for the one under way", async () => {
  const { rounds, end, begun } = slowRounds(10);
  mock.timers.tick(10);
  let isStopped = false;
  const stopped = rounds.stop().then(() => (isStopped = true));
  await turn();
  assert.equal(isStopped, false);
  await end(10);
  await stopped;
  rounds.ask();
  mock.timers.tick(1_000);
  assert.equal(begun(), 1);
});
