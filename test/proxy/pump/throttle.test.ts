import assert from "node:assert/strict";
import { mock, test } from "node:test";
import fc from "fast-check";
import type { StreamEvent } from "../../../protocol/index.ts";
import { Lead } from "../../../proxy/pump/lead.ts";
import { Pace } from "../../../proxy/pump/pace.ts";
import { throttled } from "../../../proxy/pump/throttle.ts";
import { makeBatch } from "../../../proxy/stream-log/batch.ts";
import type { StreamRecord } from "../../../proxy/stream-log/stream-log.ts";
import { StreamTail } from "../../../proxy/stream-log/tail.ts";

/** 22 hundredths of a token for each small letter. */
const letters = (count: number): StreamEvent => ({ type: "delta", block: 0, kind: "text", text: "a".repeat(count) });
const never = new AbortController().signal;
/** What is ready to run has run. */
const settled = () => new Promise(setImmediate);

const tailAt = (seq: number): StreamTail => {
  const tail = new StreamTail({ id: "s", inc: "i" } as StreamRecord);
  advance(tail, seq);
  return tail;
};
function advance(tail: StreamTail, by: number): void {
  // One by one, so that none is merged.
  for (let count = 0; count < by; count++)
    tail.publish(makeBatch([{ type: "step.start", step: 1, maxSteps: 8 }], tail.seq + 1, 0));
}

test("however text comes, no more of it is read than its pace allows, and what is idle saves nothing up", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 5_000 })), { maxLength: 50 }),
      (perSecond, reads) => {
        let now = 0;
        let tokens = 0;
        let busySince = 0;
        const pace = new Pace(perSecond, () => now);
        for (const [count, idleMs] of reads) {
          const waitMs = pace.read([letters(count)]);
          tokens += count * 0.22;
          now += waitMs;
          // What is owed is less than the least wait.
          assert.ok((tokens * 1_000) / perSecond <= now - busySince + 10.001);
          if (idleMs <= 10) continue;
          now += idleMs;
          [tokens, busySince] = [0, now];
        }
      },
    ),
  );
});

test("a paced stream waits for its pace after its commits have room, and an abort ends the wait", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const stop = new AbortController();
  const write = throttled(() => undefined, tailAt(0), { maxTokensPerSecond: 22 }, stop.signal);
  let isHeld = true;
  void write([letters(100)])?.then(() => (isHeld = false));
  await settled();
  for (const [ms, held] of [
    [990, true],
    [20, false],
  ] as const) {
    mock.timers.tick(ms);
    await settled();
    assert.equal(isHeld, held, `after ${ms} ms`);
  }
  isHeld = true;
  void write([letters(1_000)])?.then(() => (isHeld = false));
  await settled();
  stop.abort();
  await settled();
  assert.equal(isHeld, false);
});

test("what is no content is never held back, however far ahead the stream is", () => {
  const tail = tailAt(0);
  tail.watch({ position: () => 0 });
  const write = throttled(() => undefined, tail, { maxTokensPerSecond: 1, maxLeadEvents: 5 }, never);
  advance(tail, 100);
  assert.equal(write([{ type: "block.end", block: 0 }]), undefined);
});

test("a stream whose furthest viewer is too far behind waits until that one has come near, or left", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const tail = tailAt(0);
  const [slow, slower] = [{ at: 0 }, { at: 0 }];
  const leave = tail.watch({ position: () => slow.at });
  tail.watch({ position: () => slower.at });
  const write = throttled(() => undefined, tail, { maxLeadEvents: 10 }, never);
  const isHeld = async () => {
    let held = true;
    const waiting = write([letters(1)]);
    void waiting?.then(() => (held = false));
    await settled();
    return waiting !== undefined && held;
  };
  advance(tail, 10);
  assert.equal(await isHeld(), false);
  advance(tail, 1);
  assert.equal(await isHeld(), true);
  slow.at = 1;
  mock.timers.tick(50);
  assert.equal(await isHeld(), false, "the other may be as far behind as it likes");
  advance(tail, 1);
  assert.equal(await isHeld(), true);
  leave();
  assert.equal(await isHeld(), true, "the one who is left has even less");
  slower.at = 12;
  mock.timers.tick(50);
  assert.equal(await isHeld(), false);
});

test("with nobody watching, or nobody who needs what is there, a stream runs on", () => {
  const tail = tailAt(0);
  const lead = new Lead(tail, 10);
  advance(tail, 100);
  assert.equal(lead.isTooFar, false);
  const leave = tail.watch({ position: () => Infinity });
  advance(tail, 100);
  assert.equal(lead.isTooFar, false);
  leave();
});

test("near the limit or not, where viewers are is asked rarely", () => {
  const tail = tailAt(0);
  let asked = 0;
  tail.watch({ position: () => (asked++, tail.seq) });
  const lead = new Lead(tail, 100);
  for (let event = 0; event < 10_000; event++) {
    advance(tail, 1);
    assert.equal(lead.isTooFar, false);
  }
  assert.ok(asked <= 100, `asked ${asked} times`);
});
