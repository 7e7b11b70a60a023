import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { LogEntry, StreamEvent } from "../../../protocol/index.ts";
import { Standing } from "../../../proxy/delivery/standing.ts";
import { randomLog } from "../../fakes/random-log.ts";

const attempt = (number: number): StreamEvent => ({
  type: "attempt.start",
  attempt: number,
  provider: "p",
  model: "m",
  cause: "initial",
  mode: "fresh",
});
const end = (number: number, outcome: "complete" | "error" | "superseded"): StreamEvent => ({
  type: "attempt.end",
  attempt: number,
  outcome,
});
const block = (number: number): StreamEvent => ({ type: "block.start", block: number, kind: "text" });
const says = (number: number): StreamEvent => ({ type: "delta", block: number, kind: "text", text: "a" });
const call: StreamEvent = { type: "tool.start", callId: "c", name: "look", runsOn: "page" };
const resetTo = (to: number): StreamEvent => ({ type: "reset", to, cause: "upstream_truncated" });

const numbered = (events: readonly StreamEvent[]): LogEntry[] =>
  events.map((event, index) => ({ ...event, seq: index + 1, ts: 0 }));

/** Up to where the stream stands after each of these. */
function upToAfterEach(events: readonly StreamEvent[], keepsPartials = false): number[] {
  const standing = new Standing(0, keepsPartials);
  return numbered(events).map((entry) => {
    standing.apply([entry]);
    return standing.upTo;
  });
}

describe("what stands", () => {
  test("what an attempt says, once it is complete", () => {
    assert.deepEqual(upToAfterEach([attempt(1), block(0), says(0), end(1, "complete")]), [1, 1, 1, 4]);
  });

  test("nothing of a failed attempt until another is complete, which may go on from it or void it", () => {
    const failed = [attempt(1), block(0), says(0), end(1, "error"), attempt(2)];
    assert.deepEqual(upToAfterEach([...failed, says(0), end(2, "complete")]), [1, 1, 1, 1, 1, 1, 7]);
    // The reset settles what it voids; what follows is the new attempt's, and in doubt again.
    const again = [...failed, resetTo(0), block(1), end(2, "complete")];
    assert.deepEqual(upToAfterEach(again), [1, 1, 1, 1, 1, 6, 6, 8]);
  });

  test("a call that runs after its attempt, also beside a slower call that was hung up", () => {
    const said = [attempt(1), block(0), end(1, "complete"), attempt(2), end(2, "superseded"), call];
    assert.equal(upToAfterEach(said).at(-1), 6);
  });

  test("where partial answers are kept: everything from the first word on, but no block that may yet be voided", () => {
    const early = [attempt(1), block(0), end(1, "error"), attempt(2), resetTo(0), block(1), says(1), says(1)];
    assert.deepEqual(upToAfterEach(early, true), [1, 1, 1, 1, 5, 5, 7, 8]);
    assert.deepEqual(upToAfterEach([attempt(1), block(0), says(0), call, block(1)], true), [1, 1, 3, 4, 5]);
  });

  test("content between a reset and what it goes back to is void, what an attempt used is not", () => {
    const log = numbered([attempt(1), block(0), says(0), end(1, "error"), attempt(2), resetTo(1), block(1)]);
    const standing = new Standing(0, false);
    standing.apply(log);
    assert.deepEqual(
      log.map((entry) => standing.isVoid(entry)),
      [false, true, true, false, false, true, false],
    );
    assert.deepEqual([standing.isWholeAfter(5), standing.isWholeAfter(6)], [false, true]);
  });

  test("entries it has and entries beyond a gap change nothing", () => {
    const log = numbered([attempt(1), block(0), says(0), end(1, "complete")]);
    const standing = new Standing(0, false);
    standing.apply(log.slice(2));
    assert.equal(standing.seq, 0);
    standing.apply(log.slice(0, 3));
    standing.apply(log.slice(1));
    assert.deepEqual([standing.seq, standing.upTo], [4, 4]);
  });
});

test("of any log: up to where it stands never falls, and no later reset voids anything before it", () => {
  const cases = fc
    .constantFrom<"auto" | "end">("auto", "end")
    .chain((onPartial) => fc.record({ onPartial: fc.constant(onPartial), log: randomLog({ onPartial }) }));
  fc.assert(
    fc.property(cases, ({ onPartial, log }) => {
      const standing = new Standing(0, onPartial === "end");
      const delivered = new Set<number>();
      let before = 0;
      for (const entry of log) {
        standing.apply([entry]);
        assert.ok(standing.upTo >= before && standing.upTo <= entry.seq);
        for (const known of log.slice(before, standing.upTo)) if (!standing.isVoid(known)) delivered.add(known.seq);
        before = standing.upTo;
      }
      for (const seq of delivered) assert.ok(!standing.isVoid(log[seq - 1]!), `${seq} was delivered, then voided`);
      if (log.at(-1)!.type === "stream.end") assert.equal(standing.upTo, log.length);
    }),
    { numRuns: 500 },
  );
});
