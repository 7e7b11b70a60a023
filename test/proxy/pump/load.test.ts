import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isStreamError } from "../../../protocol/index.ts";
import { Admission } from "../../../proxy/guard/admission.ts";
import { CommitClock } from "../../../proxy/observe/commit-clock.ts";
import { LoadProbe } from "../../../proxy/pump/load-probe.ts";
import { Load } from "../../../proxy/pump/load.ts";
import type { LoadReading } from "../../../proxy/pump/load.ts";

const CALM: LoadReading = { busyRatio: 0.1, loopDelayMs: 1, heapRatio: 0.1, commitMs: 1 };

const readings = (load: Load, count: number, change: Partial<LoadReading> = {}): void => {
  for (let reading = 0; reading < count; reading++) load.read({ ...CALM, ...change });
};

test("with room no commit waits, and streams begin", () => {
  const load = new Load(20);
  readings(load, 100);
  assert.deepEqual([load.flushMs, load.pressure, load.isOverloaded], [0, 0, false]);
});

test("a busy loop widens the flush up to its bound, and refuses nobody: it may have all it needs", () => {
  const load = new Load(20);
  let last = 0;
  for (const busyRatio of [0.65, 0.7, 0.8, 0.9, 1]) {
    readings(load, 40, { busyRatio });
    assert.ok(load.flushMs > last || load.flushMs === 20, `${load.flushMs} after ${last} at ${busyRatio}`);
    last = load.flushMs;
  }
  assert.deepEqual([last, load.isOverloaded], [20, false]);
  readings(load, 40);
  assert.equal(load.flushMs, 0);
});

for (const [signal, value] of Object.entries({ loopDelayMs: 400, heapRatio: 0.95, commitMs: 600 })) {
  test(`too much ${signal} for longer than a moment refuses streams, until it is calm again`, () => {
    const load = new Load(20);
    readings(load, 7, { [signal]: 10 * value });
    assert.equal(load.isOverloaded, false, "less than two seconds are a moment");
    readings(load, 20, { [signal]: value });
    assert.deepEqual([load.isOverloaded, load.flushMs], [true, 20]);
    readings(load, 1);
    assert.equal(load.isOverloaded, true, "one calm reading is a moment, too");
    readings(load, 20);
    assert.equal(load.isOverloaded, false);
  });
}

test("whatever is read, the flush is widest before anybody is refused, and ten calm seconds always end it", () => {
  const reading = fc.record({
    busyRatio: fc.double({ min: 0, max: 1, noNaN: true }),
    loopDelayMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
    heapRatio: fc.double({ min: 0, max: 1, noNaN: true }),
    commitMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 100 }), fc.integer({ min: 0, max: 100 }), (read, flushMs) => {
      const load = new Load(flushMs);
      for (const each of read) {
        const before = load.isOverloaded;
        load.read(each);
        assert.ok(load.flushMs >= 0 && load.flushMs <= flushMs);
        if (load.isOverloaded && !before) assert.equal(load.flushMs, flushMs);
      }
      readings(load, 40);
      assert.deepEqual([load.flushMs, load.isOverloaded], [0, false]);
    }),
  );
});

test("a start is refused with a time to come back that differs from the next one's", () => {
  const load = { isOverloaded: false };
  const randoms = [0, 0.99];
  const admission = new Admission(
    { load, isPaused: false },
    () => {},
    () => randoms.shift()!,
  );
  admission.check();
  load.isOverloaded = true;
  const refusals = [0, 1].map(() => {
    try {
      admission.check();
    } catch (thrown) {
      if (isStreamError(thrown)) return [thrown.code, thrown.http, thrown.retryAfterMs];
    }
    return null;
  });
  assert.deepEqual(refusals, [
    ["capacity", 503, 2_000],
    ["capacity", 503, 5_960],
  ]);
});

test("every refused start is counted by its code, and one that begins is not", async () => {
  const codes: string[] = [];
  const admission = new Admission({ load: { isOverloaded: true }, isPaused: false }, (code) => codes.push(code));
  const start = async () => admission.check();
  await assert.rejects(admission.counted(start()), { code: "capacity" });
  assert.equal(await admission.counted(Promise.resolve("s_1")), "s_1");
  assert.deepEqual(codes, ["capacity"]);
});

test("a store that answers nothing any more is load, although no commit ends that could be timed", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const load = new Load(20);
  const commits = new CommitClock(() => {});
  const probe = new LoadProbe(load, () => commits.progress);
  t.after(() => probe.close());
  const seconds = (count: number) => t.mock.timers.tick(count * 1_000);
  for (let commit = 0; commit < 20; commit++) commits.end(commits.begin());
  seconds(5);
  assert.equal(load.isOverloaded, false, "nothing is under way");
  const begun = [commits.begin(), commits.begin()];
  seconds(5);
  assert.equal(load.isOverloaded, true);
  for (const began of begun) commits.end(began);
  seconds(5);
  assert.equal(load.isOverloaded, false);
});
