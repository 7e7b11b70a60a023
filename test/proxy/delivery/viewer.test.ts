import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { emptyMessage, fold, place, reveal, StreamError } from "../../../protocol/index.ts";
import type { StatusNote } from "../../../protocol/index.ts";
import { showEntry } from "../../../proxy/delivery/audience.ts";
import { Viewer } from "../../../proxy/delivery/viewer.ts";
import { ALL, liveStream, TestTransport } from "../../fakes/live-stream.ts";
import { INC, randomLog } from "../../fakes/random-log.ts";
import { randomAudience } from "../../fakes/random-audience.ts";

const turn = () => new Promise(setImmediate);

test("whatever the schedule of commits, stalls and joins, a viewer's fold is the fold of the shown log", async () => {
  await fc.assert(
    fc.asyncProperty(
      randomLog({ ended: true, maxSteps: 30 }),
      randomAudience,
      fc.array(
        fc.record({
          commit: fc.integer({ min: 0, max: 6 }),
          open: fc.boolean(),
          join: fc.boolean(),
          beat: fc.boolean(),
        }),
        { maxLength: 40 },
      ),
      async (log, audience, schedule) => {
        const { feed, commit } = liveStream(audience);
        const viewers: { viewer: Viewer; transport: TestTransport; from: number }[] = [];
        const join = (from: number) => {
          const transport = new TestTransport();
          const viewer = new Viewer(feed, from, transport);
          viewers.push({ viewer, transport, from });
          viewer.wake();
        };
        join(0);
        let next = 0;
        for (const step of [...schedule, { commit: log.length, open: true, join: false, beat: true }]) {
          for (const { viewer, transport } of viewers) {
            transport.open = step.open;
            if (step.open) viewer.wake();
          }
          const entries = log.slice(next, next + step.commit);
          next += entries.length;
          if (entries.length > 0) commit(entries);
          if (step.join) join(Math.floor(next / 2));
          if (step.beat) {
            for (const { viewer } of viewers) {
              const head = viewer.head();
              if (head !== null) assert.equal(head.seq, viewer.cursor);
            }
          }
          await turn();
        }
        const whole = fold(
          emptyMessage(INC),
          reveal(log, (entry) => showEntry(entry, audience), 0),
        );
        for (const { transport, from } of viewers) {
          assert.equal(transport.failure, null);
          assert.equal(transport.ended, log.length);
          let cursor = from;
          for (const entry of transport.entries) {
            assert.equal(place(entry, cursor), "apply");
            cursor = entry.seq;
          }
          const known = fold(
            emptyMessage(INC),
            reveal(log.slice(0, from), (entry) => showEntry(entry, audience), 0),
          );
          assert.deepEqual(fold(known, transport.entries), whole);
        }
      },
    ),
    { numRuns: 150 },
  );
});

test("viewers at the tail share one encoding of what was committed", () => {
  const { feed, commit } = liveStream(ALL);
  const frames = new Set<Buffer>();
  const events = new Set<Buffer>();
  for (let index = 0; index < 10; index++) {
    const transport = new TestTransport();
    transport.send = (parcel) => {
      frames.add(parcel.frame(1));
      events.add(parcel.sse);
    };
    new Viewer(feed, 0, transport);
  }
  commit([{ type: "step.start", step: 1, maxSteps: 1, seq: 1, ts: 0 }]);
  assert.deepEqual([frames.size, events.size], [1, 1]);
});

test("a stalled viewer keeps nothing: only its cursor stays behind, and no other viewer waits for it", async () => {
  const { feed, commit } = liveStream(ALL);
  const [stalled, reading] = [new TestTransport(), new TestTransport()];
  stalled.open = false;
  const viewers = [new Viewer(feed, 0, stalled), new Viewer(feed, 0, reading)];
  commit([{ type: "block.start", block: 0, kind: "text", seq: 1, ts: 0 }]);
  for (let seq = 2; seq <= 2_000; seq++) commit([{ type: "delta", block: 0, kind: "text", text: "word ", seq, ts: 0 }]);
  assert.deepEqual([viewers[0]!.cursor, viewers[1]!.cursor], [0, 2_000]);
  stalled.open = true;
  viewers[0]!.wake();
  while (viewers[0]!.cursor < 2_000) await turn();
  // What gathered while it stood still comes merged.
  assert.ok(stalled.entries.length < 100, `${stalled.entries.length} entries`);
  assert.deepEqual(fold(emptyMessage(INC), stalled.entries), fold(emptyMessage(INC), reading.entries));
});

test("a viewer who comes later is told what the stream waits for, until content says that it goes on", () => {
  const { feed, tail, commit } = liveStream(ALL);
  const told = () => {
    const notes: string[] = [];
    const transport = new TestTransport();
    transport.note = ({ phase }: StatusNote) => void notes.push(phase);
    new Viewer(feed, feed.tail, transport).begin();
    return notes;
  };
  tail.note({ phase: "retrying", delayMs: 100 });
  assert.deepEqual(told(), ["retrying"]);
  commit([{ type: "block.start", block: 0, kind: "text", seq: 1, ts: 0 }]);
  assert.deepEqual(told(), []);
  // An agent's step lasts while it talks.
  tail.note({ phase: "step", detail: "look" });
  commit([{ type: "delta", block: 0, kind: "text", text: "a", seq: 2, ts: 0 }]);
  assert.deepEqual(told(), ["step"]);
});

test("a viewer so far behind that retention has overtaken it is told so, and never skips what is gone", async () => {
  for (const first of [3, 100]) {
    const { feed, commit, trim } = liveStream(ALL);
    const transport = new TestTransport();
    transport.open = false;
    const viewer = new Viewer(feed, 0, transport);
    commit([{ type: "block.start", block: 0, kind: "text", seq: 1, ts: 0 }]);
    for (let seq = 2; seq < 10; seq++) commit([{ type: "delta", block: 0, kind: "text", text: "word ", seq, ts: 0 }]);
    trim(first);
    transport.open = true;
    viewer.wake();
    while (transport.failure === null) await turn();
    assert.equal((transport.failure as StreamError).code, "cursor_expired");
    assert.deepEqual([transport.entries, viewer.stopped], [[], true]);
  }
});

test("viewers of a stream that is not the one they read any more are told so, whether they wait or lag", () => {
  const { feed, tail } = liveStream(ALL);
  const transports = [new TestTransport(), new TestTransport()];
  for (const transport of transports) new Viewer(feed, 0, transport);
  tail.lose(new StreamError("incarnation_changed", "entries were lost"));
  assert.deepEqual(
    transports.map(({ failure }) => (failure as StreamError).code),
    ["incarnation_changed", "incarnation_changed"],
  );
  assert.equal(tail.furthest, null, "nobody watches any more");
});
