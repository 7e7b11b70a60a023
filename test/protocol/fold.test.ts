import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { crc32, emptyMessage, fold, merge, place, reveal, statusOf, visibleText } from "../../protocol/index.ts";
import type { EndReason, LogEntry, Message, WireEntry } from "../../protocol/index.ts";
import { INC, randomLog, simpleLog, textOf } from "../fakes/random-log.ts";

const foldAll = (entries: readonly WireEntry[]): Message => fold(emptyMessage(INC), entries);
const withoutSeqs = (message: Message) => message.blocks.map(({ seq: _seq, ...block }) => block);

test("fold() gives the text a person would work out from the log", () => {
  fc.assert(
    fc.property(randomLog(), (log) => {
      assert.equal(visibleText(foldAll(log)), textOf(log));
    }),
  );
});

test("folding any split of a log equals folding the log", () => {
  fc.assert(
    fc.property(randomLog(), fc.array(fc.nat(60)), (log, cuts) => {
      const places = [0, ...cuts.map((cut) => Math.min(cut, log.length)).toSorted((a, b) => a - b), log.length];
      const parts = places.slice(1).map((to, index) => log.slice(places[index], to));
      assert.deepEqual(parts.reduce<Message>(fold, emptyMessage(INC)), foldAll(log));
    }),
  );
});

test("folding any schedule of merges, duplicates, losses and resumes equals folding the log", () => {
  const delivery = fc.record({
    length: fc.integer({ min: 1, max: 12 }),
    maxChars: fc.constantFrom(0, 5, 2_048),
    /** Entries already applied that the server sends again. */
    again: fc.nat(6),
    /** Entries lost on the way: what follows them must be refused as a gap. */
    lost: fc.nat(2),
  });
  fc.assert(
    fc.property(randomLog(), fc.infiniteStream(delivery), (log, deliveries) => {
      let message = emptyMessage(INC);
      for (const { length, maxChars, again, lost } of deliveries) {
        const cursor = Number(message.cursor.split(".")[1]);
        if (cursor === log.length) break;
        const from = Math.max(0, cursor - again);
        const sent = [...log.slice(from, cursor), ...merge(log.slice(cursor, cursor + length), maxChars)];
        const late = log.slice(cursor + length + lost, cursor + length + lost + 2);
        message = fold(message, sent);
        if (lost > 0 && late.length > 0) assert.throws(() => fold(message, late), RangeError);
      }
      assert.deepEqual(message, foldAll(log));
    }),
  );
});

test("hidden blocks leave the rest as it is, from any cursor and with any merging", () => {
  const show = (entry: LogEntry): LogEntry | null =>
    hidden.has((entry as { block?: number }).block ?? -1) ? null : entry;
  let hidden = new Set<number>();
  fc.assert(
    fc.property(randomLog(), fc.nat(40), fc.constantFrom(0, 2_048), (log, cut, maxChars) => {
      hidden = new Set(log.flatMap((e) => (e.type === "block.start" && e.kind === "reasoning" ? [e.block] : [])));
      const cursor = Math.min(cut, log.length);
      const first = reveal(log.slice(0, cursor), show, 0);
      const rest = reveal(log.slice(cursor), show, cursor);
      const seen = foldAll([...merge(first, maxChars), ...merge(rest, maxChars)]);
      const whole = foldAll(log);
      assert.deepEqual(seen, { ...whole, blocks: whole.blocks.filter((block) => block.kind !== "reasoning") });
    }),
  );
});

test("after a reset the message is that of the log without the voided content", () => {
  const content = new Set(["block.start", "delta", "block.end", "source", "tool.start", "tool.end"]);
  fc.assert(
    fc.property(randomLog(), (log) => {
      const resets = log.filter((entry) => entry.type === "reset");
      const isVoid = (entry: LogEntry): boolean =>
        content.has(entry.type) && resets.some((reset) => entry.seq > reset.to && entry.seq < reset.seq);
      const kept = reveal(log, (entry) => (isVoid(entry) || entry.type === "reset" ? null : entry), 0);
      assert.deepEqual(withoutSeqs(foldAll(kept)), withoutSeqs(foldAll(log)));
    }),
  );
});

test("a duplicate changes nothing, not even the identity of the message", () => {
  const log = simpleLog(["a", "b"]);
  const message = foldAll(log);
  assert.equal(fold(message, log), message);
});

test("fold() does not change the message it is given", () => {
  fc.assert(
    fc.property(randomLog(), fc.nat(40), (log, cut) => {
      const before = foldAll(log.slice(0, cut));
      const copy = structuredClone(before);
      fold(before, log.slice(cut));
      assert.deepEqual(before, copy);
    }),
  );
});

test("fold() refuses a gap, naming where it stands", () => {
  const log = simpleLog(["a", "b", "c"]);
  assert.throws(() => fold(foldAll(log.slice(0, 4)), log.slice(5)), /seq 6 .* at seq 4/);
});

test("fold() refuses a message whose cursor names no incarnation", () => {
  assert.throws(() => fold({ ...emptyMessage(INC), cursor: "0" }, simpleLog(["a"])), RangeError);
});

test("an overlapping merge, begun before the cursor, is a gap and not half applied", () => {
  const log = simpleLog(["a", "b", "c"], false);
  const overlapping = merge(log.slice(-2)).at(-1)!;
  assert.equal(place(overlapping, log.length - 1), "gap");
  assert.throws(() => fold(foldAll(log.slice(0, -1)), [overlapping]), RangeError);
});

test("the digest in stream.end is the CRC-32 of the visible text", () => {
  fc.assert(
    fc.property(randomLog({ ended: true }), (log) => {
      const end = log.at(-1)!;
      assert.equal(end.type === "stream.end" && end.digest, crc32(visibleText(foldAll(log))));
    }),
  );
});

test("stream.end closes every block and says why", () => {
  const log = simpleLog(["a"]);
  const message = foldAll(
    log.filter((entry) => entry.type !== "block.end").map((entry, i) => ({ ...entry, seq: i + 1 })),
  );
  assert.deepEqual(
    message.blocks.map((block) => block.kind === "text" && block.open),
    [false],
  );
  assert.equal(message.status, "complete");
  assert.deepEqual(message.end, { reason: "stop" });
});

test("every end reason has its status", () => {
  const expected: Record<EndReason, string> = {
    stop: "complete",
    length: "complete",
    tool_calls: "complete",
    content_filter: "complete",
    refusal: "complete",
    paused: "complete",
    max_steps: "complete",
    interrupted: "interrupted",
    budget: "interrupted",
    cancelled: "cancelled",
    error: "error",
  };
  for (const [reason, status] of Object.entries(expected)) assert.equal(statusOf(reason as EndReason), status, reason);
});

test("usage is the sum of each attempt's latest report, and final or priced only when every one is", () => {
  const base = simpleLog([], false);
  const report = (attempt: number, output: number, more: object) =>
    ({ type: "usage", attempt, input: 1, output, final: true, ...more }) as const;
  const events = [
    report(1, 1, { costUsd: 1 }),
    report(1, 5, { costUsd: 2, cacheRead: 3 }),
    report(2, 7, { costUsd: 4 }),
    report(3, 1, { final: false }),
  ];
  const log = [...base, ...events].map((event, index) => ({ ...event, seq: index + 1, ts: 0 })) as LogEntry[];
  const priced = foldAll(log.slice(0, base.length + 3)).usage;
  assert.deepEqual(priced, {
    input: 2,
    output: 12,
    reasoning: 0,
    cacheRead: 3,
    cacheWrite: 0,
    final: true,
    costUsd: 6,
  });
  const open = foldAll(log).usage;
  assert.deepEqual(open, { input: 3, output: 13, reasoning: 0, cacheRead: 3, cacheWrite: 0, final: false });
});

test("a tool whose call was hidden appears with its first run event", () => {
  const log = [
    ...simpleLog([], false),
    { type: "tool.start", callId: "x", name: "look", runsOn: "proxy", approval: true },
    { type: "tool.end", callId: "x", ok: false, error: "no", ms: 3 },
  ].map((event, index) => ({ ...event, seq: index + 1, ts: 0 })) as LogEntry[];
  const states = [log.slice(0, -1), log].map((part) => foldAll(part).blocks[0]);
  assert.deepEqual(
    states.map((block) => block?.kind === "tool" && [block.name, block.state, block.error]),
    [
      ["look", "awaiting", undefined],
      ["look", "failed", "no"],
    ],
  );
});

test("a thought knows how long it took, from its block or from the end of the stream", () => {
  const begin = (seq: number, block: number): LogEntry => ({
    ...{ type: "block.start", seq, ts: 1_000 * seq, block, kind: "reasoning" },
  });
  const [start, end] = [simpleLog([])[0]!, simpleLog([]).at(-1)!];
  const log = [
    start,
    begin(2, 0),
    { type: "block.end", seq: 3, ts: 4_500, block: 0 },
    begin(4, 1),
    { ...end, seq: 5, ts: 9_000 },
  ] as const;
  const times = (message: Message) =>
    message.blocks.map((block) => block.kind === "reasoning" && [block.since, block.ms]);
  assert.deepEqual(times(foldAll(log.slice(0, 4))), [
    [undefined, 2_500],
    [4_000, undefined],
  ]);
  assert.deepEqual(times(foldAll(log)), [
    [undefined, 2_500],
    [undefined, 5_000],
  ]);
});
