import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { StreamError } from "../../../protocol/index.ts";
import { isWanted, watchOrphan } from "../../../proxy/pump/orphan-policy.ts";
import type { StreamRecord } from "../../../proxy/stream-log/stream-log.ts";
import { StreamTail } from "../../../proxy/stream-log/tail.ts";

const clock = (t: { after: (done: () => void) => void }) => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  t.after(() => mock.timers.reset());
};
const openTail = () => new StreamTail({ id: "s_1", inc: "i" } as StreamRecord);

test("an answer is wanted while somebody watches, and for a minute after the last one left", (t) => {
  clock(t);
  const tail = openTail();
  assert.equal(isWanted("finish", tail), true, "whoever started it is about to watch");
  mock.timers.tick(60_000);
  assert.equal(isWanted("finish", tail), false);
  assert.equal(isWanted("detached", tail), true);
  const [one, two] = [tail.watch(), tail.watch()];
  mock.timers.tick(600_000);
  one();
  assert.equal(isWanted("finish", tail), true);
  two();
  mock.timers.tick(59_999);
  assert.equal(isWanted("finish", tail), true);
  mock.timers.tick(1);
  assert.equal(isWanted("finish", tail), false);
});

test("a policy that stops an answer counts from the moment the last viewer left", (t) => {
  clock(t);
  const tail = openTail();
  const stops: StreamError[] = [];
  const leave = tail.watch();
  const done = watchOrphan({ cancelAfterMs: 5_000 }, tail, (why) => stops.push(why));
  mock.timers.tick(12_000);
  leave();
  mock.timers.tick(4_999);
  assert.equal(stops.length, 0);
  mock.timers.tick(5_000);
  assert.deepEqual(
    stops.map(({ code }) => code),
    ["cancelled"],
  );
  done();
});

test("one that ended, and one without such a policy, leave no timer behind", (t) => {
  clock(t);
  const stops: StreamError[] = [];
  watchOrphan({ cancelAfterMs: 5_000 }, openTail(), (why) => stops.push(why))();
  watchOrphan("finish", openTail(), (why) => stops.push(why));
  watchOrphan("detached", openTail(), (why) => stops.push(why));
  mock.timers.tick(600_000);
  assert.deepEqual(stops, []);
});
