import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { StreamClock } from "../../../proxy/pump/stream-clock.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

const open = () => {
  let due = 0;
  const clock = new StreamClock(1_000, () => due++);
  return { clock, due: () => due };
};

test("a stream's time is up once", () => {
  const { due } = open();
  mock.timers.tick(999);
  assert.equal(due(), 0);
  mock.timers.tick(5_000);
  assert.equal(due(), 1);
});

test("time spent waiting for people does not count, however many are waited for at once", async () => {
  const { clock, due } = open();
  const [one, two] = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
  const waits = [clock.without(one.promise), clock.without(two.promise)];
  mock.timers.tick(5_000);
  one.resolve(1);
  await waits[0];
  mock.timers.tick(5_000);
  assert.equal(due(), 0);
  two.reject(new Error("nobody came"));
  await assert.rejects(waits[1]!, /nobody came/);
  // What was left when the first wait began is left now.
  mock.timers.tick(500);
  assert.equal(due(), 0);
  mock.timers.tick(500);
  assert.equal(due(), 1);
});

test("a stopped clock stays stopped, also when a wait ends after it", async () => {
  const { clock, due } = open();
  const wait = Promise.withResolvers<void>();
  const waiting = clock.without(wait.promise);
  clock.stop();
  wait.resolve();
  await waiting;
  mock.timers.tick(5_000);
  assert.equal(due(), 0);
});
