import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { crc32, emptyMessage, fold, place, reveal, visibleText } from "../../../protocol/index.ts";
import type { LogEntry, Message, StreamEvent } from "../../../protocol/index.ts";
import { showEntry } from "../../../proxy/delivery/audience.ts";
import { HeldFeed } from "../../../proxy/delivery/held-feed.ts";
import { Viewer } from "../../../proxy/delivery/viewer.ts";
import { ALL, liveStream, TestTransport } from "../../fakes/live-stream.ts";
import { randomAudience } from "../../fakes/random-audience.ts";
import { INC, randomLog, textOf } from "../../fakes/random-log.ts";

const turn = () => new Promise(setImmediate);

const foldOf = (entries: Parameters<typeof fold>[1]): Message => fold(emptyMessage(INC), entries);

/** Every cursor that a reader of these entries passes. */
const cursorsOf = (entries: readonly { readonly seq: number }[]): number[] => [0, ...entries.map(({ seq }) => seq)];

/** Any way an agent treats partial answers, and a log of it that has ended. */
const anyLog = fc
  .constantFrom<"auto" | "end">("auto", "end")
  .chain((onPartial) =>
    fc.record({ onPartial: fc.constant(onPartial), log: randomLog({ ended: true, maxSteps: 30, onPartial }) }),
  );

const schedule = fc.array(
  fc.record({
    commit: fc.integer({ min: 0, max: 6 }),
    open: fc.boolean(),
    join: fc.boolean(),
    beat: fc.boolean(),
  }),
  { maxLength: 40 },
);

/** A held viewer, and what it has been given. */
class Held {
  readonly transport = new TestTransport();
  readonly viewer: Viewer;

  constructor(feed: HeldFeed, after = 0) {
    this.viewer = new Viewer(feed, after, this.transport);
    this.viewer.wake();
  }

  get message(): Message {
    return foldOf(this.transport.entries);
  }
}

test("a held viewer's text only grows, no seq is missing, and what it folds to in the end is the message", async () => {
  await fc.assert(
    fc.asyncProperty(anyLog, randomAudience, schedule, async ({ onPartial, log }, audience, steps) => {
      const { feed, commit } = liveStream(audience, onPartial === "end");
      const viewers: Held[] = [];
      const join = async () => void viewers.push(new Held(await HeldFeed.of(feed)));
      const whole = textOf(log);
      await join();
      let next = 0;
      for (const step of [...steps, { commit: log.length, open: true, join: false, beat: true }]) {
        for (const { viewer, transport } of viewers) {
          transport.open = step.open;
          if (step.open) viewer.wake();
        }
        const entries = log.slice(next, next + step.commit);
        next += entries.length;
        if (entries.length > 0) commit(entries);
        // Not waited for: what is committed while it reads the log is not missed.
        const joining = step.join ? join() : undefined;
        await turn();
        await joining;
        for (const { viewer, message } of viewers) {
          assert.ok(whole.startsWith(visibleText(message)), `${visibleText(message)} is no beginning of ${whole}`);
          const head = step.beat ? viewer.head() : null;
          if (head === null) continue;
          assert.equal(head.seq, viewer.cursor);
          assert.equal(head.digest, crc32(visibleText(message)));
        }
      }
      const shown = foldOf(reveal(log, (entry) => showEntry(entry, audience), 0));
      for (const { transport, message } of viewers) {
        assert.equal(transport.ended, log.length);
        assert.deepEqual(message, shown);
        assert.ok(!transport.entries.some(({ type }) => type === "reset"));
        let cursor = 0;
        for (const entry of transport.entries) {
          assert.equal(place(entry, cursor), "apply");
          cursor = entry.seq;
        }
      }
    }),
    { numRuns: 200 },
  );
});

test("a held viewer goes on from every cursor it has had, while the stream runs and after it", async () => {
  await fc.assert(
    fc.asyncProperty(anyLog, randomAudience, fc.nat(), async ({ onPartial, log }, audience, cut) => {
      const { feed, commit } = liveStream(audience, onPartial === "end");
      const first = new Held(await HeldFeed.of(feed));
      // One commit for each entry: the most cursors there can be.
      const isCut = (index: number) => index === cut % log.length;
      const later: { readonly held: Held; readonly known: Message }[] = [];
      for (const [index, entry] of log.entries()) {
        commit([entry]);
        await turn();
        if (!isCut(index)) continue;
        const held = await HeldFeed.of(feed);
        for (const [count, after] of cursorsOf(first.transport.entries).entries()) {
          later.push({ held: new Held(held, after), known: foldOf(first.transport.entries.slice(0, count)) });
        }
      }
      const held = await HeldFeed.of(feed);
      for (const [count, after] of cursorsOf(first.transport.entries).entries()) {
        later.push({ held: new Held(held, after), known: foldOf(first.transport.entries.slice(0, count)) });
      }
      await turn();
      for (const each of later) {
        assert.equal(each.held.transport.ended, log.length);
        assert.deepEqual(fold(each.known, each.held.transport.entries), first.message);
      }
    }),
    { numRuns: 60 },
  );
});

describe("a held viewer", () => {
  const numbered = (events: readonly StreamEvent[], after = 0): LogEntry[] =>
    events.map((event, index) => ({ ...event, seq: after + index + 1, ts: 0 }));
  const attempt = (number: number): StreamEvent => ({
    type: "attempt.start",
    attempt: number,
    provider: "p",
    model: "m",
    cause: "initial",
    mode: "fresh",
  });
  const begins = (block: number): StreamEvent => ({ type: "block.start", block, kind: "text" });
  const says = (block: number, text: string): StreamEvent => ({ type: "delta", block, kind: "text", text });

  test("is sent what everybody else is sent, as it comes, where partial answers are kept", async () => {
    const { feed, commit } = liveStream(ALL, true);
    const held = new Held(await HeldFeed.of(feed));
    const other = new TestTransport();
    new Viewer(feed, 0, other).wake();
    commit(numbered([attempt(1)]));
    commit(numbered([begins(0)], 1));
    await turn();
    // A block that has said nothing may still give way to another attempt's.
    assert.deepEqual([held.transport.entries.length, other.entries.length], [1, 2]);
    commit(numbered([says(0, "a")], 2));
    await turn();
    const read: number[] = [];
    feed.page = async (cursor) => assert.fail(`read the log after ${(read.push(cursor), cursor)}`);
    for (let seq = 4; seq <= 100; seq++) {
      commit(numbered([says(0, "b")], seq - 1));
      assert.equal(held.transport.entries.at(-1)!.seq, seq);
    }
    assert.deepEqual(held.message, foldOf(other.entries));
  });

  test("gets no digest of text that is held back from it", async () => {
    const { feed, commit } = liveStream(ALL);
    const held = new Held(await HeldFeed.of(feed));
    commit(numbered([attempt(1), begins(0), says(0, "a")]));
    await turn();
    assert.deepEqual([held.viewer.cursor, held.viewer.head()], [1, null]);
    commit(
      numbered(
        [
          { type: "block.end", block: 0 },
          { type: "attempt.end", attempt: 1, outcome: "complete" },
        ],
        3,
      ),
    );
    await turn();
    assert.deepEqual(held.viewer.head(), { seq: 5, digest: crc32("a") });
  });

  test("does not lag behind: what is held back from it is nothing the provider would have to wait for", async () => {
    const { feed, tail, commit } = liveStream(ALL);
    const held = new Held(await HeldFeed.of(feed));
    commit(numbered([attempt(1), begins(0), says(0, "a")]));
    await turn();
    assert.deepEqual([held.viewer.cursor, tail.furthest], [1, 3]);
  });

  test("gets what was held back merged, in few frames", async () => {
    const { feed, commit } = liveStream(ALL);
    const held = new Held(await HeldFeed.of(feed));
    commit(numbered([attempt(1), begins(0)]));
    for (let seq = 3; seq <= 1_000; seq++) commit(numbered([says(0, "word ")], seq - 1));
    await turn();
    assert.equal(held.viewer.cursor, 1);
    commit(numbered([{ type: "attempt.end", attempt: 1, outcome: "complete" }], 1_000));
    while (held.viewer.cursor < 1_001) await turn();
    assert.equal(visibleText(held.message), "word ".repeat(998));
    assert.ok(held.transport.entries.length < 20, `${held.transport.entries.length} entries`);
  });

  test("gets at once what a part it may not see has settled", async () => {
    const { feed, commit } = liveStream({ ...ALL, toolArguments: false }, true);
    const held = new Held(await HeldFeed.of(feed));
    commit(numbered([attempt(1), { type: "block.start", block: 0, kind: "tool", name: "look", callId: "c" }]));
    await turn();
    assert.equal(held.viewer.cursor, 1);
    commit(numbered([{ type: "delta", block: 0, kind: "tool", text: "{" }], 2));
    await turn();
    assert.deepEqual(
      held.message.blocks.map(({ kind }) => kind),
      ["tool"],
    );
  });

  test("misses nothing that is committed before it reads, while nobody else does", async () => {
    const { feed, commit } = liveStream(ALL);
    const first = new Held(await HeldFeed.of(feed));
    const known = await HeldFeed.of(feed);
    first.viewer.stop();
    commit(numbered([attempt(1), begins(0), says(0, "a"), { type: "attempt.end", attempt: 1, outcome: "complete" }]));
    const second = new Held(known);
    await turn();
    assert.equal(visibleText(second.message), "a");
  });

  test("is refused where the log is gone", async () => {
    for (const [first, code] of [
      [3, "cursor_expired"],
      [null, "not_found"],
    ] as const) {
      const { feed, commit, trim } = liveStream(ALL);
      commit(numbered([attempt(1), begins(0), says(0, "a")]));
      trim(first);
      await assert.rejects(HeldFeed.of(feed), { code });
    }
  });

  test("keeps the stream watched, like any other", async (t) => {
    t.mock.timers.enable({ apis: ["Date"] });
    const { feed, tail, commit } = liveStream(ALL);
    commit(numbered([attempt(1)]));
    const held = new Held(await HeldFeed.of(feed));
    t.mock.timers.tick(1_000);
    assert.equal(tail.unwatchedMs, 0);
    held.viewer.stop();
    t.mock.timers.tick(1_000);
    assert.equal(tail.unwatchedMs, 1_000);
  });
});
