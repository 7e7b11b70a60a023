import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FramePacer, wholeCharacters } from "../../../widget/buffer/frame-pacer.ts";

const FRAME_MS = 16;
const MAX_LAG_MS = 250;

/** Arrivals at their times, frames in between, and one long after. */
const arrivals = fc.array(fc.record({ afterMs: fc.nat(600), chars: fc.integer({ min: 1, max: 400 }) }), {
  minLength: 1,
  maxLength: 30,
});

test("what arrived is shown in full after at most 250 ms, never more than arrived, and never taken back", () => {
  fc.assert(
    fc.property(arrivals, (steps) => {
      const pacer = new FramePacer();
      const arrived: { readonly atMs: number; readonly total: number }[] = [];
      let nowMs = 0;
      let total = 0;
      let shown = 0;
      const frame = (): void => {
        const granted = pacer.grant(nowMs);
        assert.ok(granted >= 0);
        shown += granted;
        const overdue = arrived.findLast(({ atMs }) => nowMs - atMs >= MAX_LAG_MS)?.total ?? 0;
        assert.ok(shown >= overdue && shown <= total, `${shown} shown of ${total}, ${overdue} overdue`);
      };
      for (const { afterMs, chars } of steps) {
        for (const endMs = nowMs + afterMs; nowMs < endMs; nowMs += FRAME_MS) frame();
        pacer.arrive(chars, nowMs);
        total += chars;
        arrived.push({ atMs: nowMs, total });
      }
      nowMs += MAX_LAG_MS;
      frame();
      assert.equal(shown, total);
      assert.equal(pacer.isBehind, false);
    }),
  );
});

test("the first character shows in the next frame", () => {
  const pacer = new FramePacer();
  pacer.arrive(1, 0);
  assert.equal(pacer.grant(1), 1);
});

test("bursts of a steady rhythm become an even flow", () => {
  const pacer = new FramePacer();
  const grants: number[] = [];
  for (let nowMs = 0; nowMs < 4_000; nowMs += 10) {
    if (nowMs % 160 === 0) pacer.arrive(160, nowMs);
    const granted = pacer.grant(nowMs);
    if (nowMs > 1_000) grants.push(granted);
  }
  const mean = grants.reduce((sum, granted) => sum + granted, 0) / grants.length;
  assert.ok(Math.abs(mean - 10) < 0.5, `mean ${mean}`);
  assert.ok(Math.max(...grants) <= 25, `most at once ${Math.max(...grants)}`);
  assert.ok(Math.min(...grants) >= 5, `least ${Math.min(...grants)}`);
});

test("a cut never tears a character apart, and gives at most a few code units more", () => {
  const text = fc.array(fc.constantFrom("a", "é", "e\u0301", "👍🏽", "👩‍👩‍👧", "🇩🇪", "字", " ", "𝒳"), { maxLength: 20 });
  const segments = new Intl.Segmenter();
  fc.assert(
    fc.property(text, fc.nat(80), (parts, length) => {
      const whole = parts.join("");
      const cut = wholeCharacters(whole, length);
      assert.ok(cut >= Math.min(length, whole.length) && cut <= whole.length && cut <= length + 16);
      const starts = [...segments.segment(whole)].map(({ index }) => index);
      // Flags are pairs of letters: only where a run of them begins tells the pairs apart, so one may show as letters.
      const inFlag = /\p{Regional_Indicator}$/u.test(whole.slice(0, cut));
      assert.ok(cut === 0 || cut === whole.length || starts.includes(cut) || inFlag, `cut at ${cut} of ${whole}`);
    }),
  );
});

test("an endless row of marks is cut all the same", () => {
  assert.equal(wholeCharacters(`a${"\u0301".repeat(1_000)}`, 1), 17);
});
