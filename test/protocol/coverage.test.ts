import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cover, merge, place, reveal } from "../../protocol/index.ts";
import type { LogEntry, WireEntry } from "../../protocol/index.ts";
import { randomLog, simpleLog } from "../fakes/random-log.ts";

/** Contiguous from `cursor`: each entry begins where the one before it ended. */
function assertContiguous(entries: readonly WireEntry[], cursor: number, tail: number): void {
  for (const entry of entries) {
    assert.equal(place(entry, cursor), "apply");
    cursor = entry.seq;
  }
  assert.equal(cursor, tail);
}

test("merging, hiding and both keep the coverage contiguous from any cursor to the tail", () => {
  const anything = fc.func(fc.boolean());
  fc.assert(
    fc.property(randomLog(), fc.nat(60), fc.nat(20), anything, (log, cut, maxChars, isShown) => {
      const cursor = Math.min(cut, log.length);
      const rest = log.slice(cursor);
      const visible = reveal(rest, (entry) => (isShown(entry.seq) ? entry : null), cursor);
      assertContiguous(merge(rest, maxChars), cursor, log.length);
      assertContiguous(visible, cursor, log.length);
      assertContiguous(merge(visible, maxChars), cursor, log.length);
    }),
  );
});

test("merge() joins only neighbouring deltas of one block, within the bound", () => {
  fc.assert(
    fc.property(randomLog(), fc.nat(30), (log, maxChars) => {
      const merged = merge(log, maxChars);
      for (const entry of merged) {
        if (entry.type === "delta" && (entry.n ?? 1) > 1) assert.ok(entry.text.length <= maxChars);
      }
      for (const [index, entry] of merged.entries()) {
        const next = merged[index + 1];
        if (entry.type !== "delta" || next?.type !== "delta" || next.block !== entry.block) continue;
        assert.ok(entry.text.length + next.text.length > maxChars, "two neighbours that would fit were left apart");
      }
    }),
  );
});

test("merge() leaves its input untouched", () => {
  const log = simpleLog(["a", "b", "c"]);
  const copy = structuredClone(log);
  merge(log);
  assert.deepEqual(log, copy);
});

test("place() tells an entry to apply, one already applied, and a gap", () => {
  const [, , , , delta] = simpleLog(["a"]) as [LogEntry, LogEntry, LogEntry, LogEntry, LogEntry];
  assert.equal(place({ ...delta, seq: 5, n: 2 }, 3), "apply");
  assert.equal(place({ ...delta, seq: 5 }, 4), "apply");
  assert.equal(place({ ...delta, seq: 5 }, 5), "duplicate");
  assert.equal(place({ ...delta, seq: 5, n: 3 }, 5), "duplicate");
  assert.equal(place({ ...delta, seq: 5 }, 3), "gap");
  assert.equal(place({ ...delta, seq: 5, n: 3 }, 3), "gap");
});

test("reveal() covers hidden entries by the next visible one and a hidden end by a skip", () => {
  const log = simpleLog(["a", "b", "c"], false);
  const seqs = (hidden: readonly number[]) =>
    reveal(log.slice(3), (entry) => (hidden.includes(entry.seq) ? null : entry), 3).map((e) => [
      e.type,
      e.seq,
      e.n ?? 1,
    ]);
  assert.deepEqual(seqs([5, 6]), [
    ["block.start", 4, 1],
    ["delta", 7, 3],
  ]);
  assert.deepEqual(seqs([6, 7]), [
    ["block.start", 4, 1],
    ["delta", 5, 1],
    ["skip", 7, 2],
  ]);
  assert.deepEqual(seqs([4, 5, 6, 7]), [["skip", 7, 4]]);
  assert.deepEqual(
    reveal([], (entry) => entry, 3),
    [],
  );
});

test("cover() gives each visible entry all seqs since the one before it", () => {
  const log = simpleLog(["a", "b"], false);
  const visible = cover([log[1]!, log[4]!, log[5]!], 0);
  assert.deepEqual(
    visible.map((entry) => entry.n),
    [2, 3, undefined],
  );
});
