import assert from "node:assert/strict";
import { test } from "node:test";
import type { WireEntry } from "../../../protocol/index.ts";
import { HeldBack } from "../../../widget/connection/held-back.ts";

/** Entries written at these milliseconds of the proxy's clock, which is a year ahead of ours. */
const written = (...times: readonly number[]): WireEntry[] =>
  times.map((ts, at) => ({ type: "delta", block: 0, kind: "text", text: "x", seq: at + 1, ts: ts + 31_536_000_000 }));

/** The numbers of the reads at which it was sure. */
function sure(reads: readonly (readonly [nowMs: number, entries: readonly WireEntry[]])[]): number[] {
  const path = new HeldBack(0);
  return reads.flatMap(([nowMs, entries], at) => (path.arrived(entries, nowMs) ? [at] : []));
}

test("an answer that arrives as it is written is not held back", () => {
  assert.deepEqual(sure([[5, []], ...Array.from({ length: 50 }, (_, at) => [at * 40, written(at * 40)] as const)]), []);
});

test("a backlog that arrives at once after a resume is not held back", () => {
  assert.deepEqual(
    sure([
      [5, []],
      [9, written(-60_000, -30_000, -1)],
      [12, written(-1, 0)],
    ]),
    [],
  );
});

test("a model that pauses does not look like a network that does", () => {
  assert.deepEqual(
    sure([
      [5, []],
      [8_000, written(7_990, 7_995)],
      [20_000, written(19_990)],
    ]),
    [],
  );
});

test("lumps after silences are held back: sure at the second, told once", () => {
  const lump = (from: number) => written(from, from + 1_000, from + 2_000);
  assert.deepEqual(
    sure([
      [5, []],
      [2_010, lump(0)],
      [5_010, lump(2_900)],
      [8_010, lump(5_900)],
    ]),
    [2],
  );
});

test("a head without the body that was written with it is sure at once", () => {
  assert.deepEqual(sure([[4_000, written(0, 1_000, 3_900)]]), [0]);
});

test("entries that stand for hidden ones have no time and count for nothing", () => {
  assert.deepEqual(
    sure([
      [5, []],
      [9_000, [{ type: "skip", seq: 3, n: 3 }]],
    ]),
    [],
  );
});
