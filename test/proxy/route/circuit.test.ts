import assert from "node:assert/strict";
import { beforeEach, mock, suite, test } from "node:test";
import fc from "fast-check";
import { BREAKER_DEFAULTS, Circuit } from "../../../proxy/route/circuit.ts";
import type { Admission } from "../../../proxy/route/circuit.ts";
import { counted } from "./routing.ts";

const NOW = Date.UTC(2026, 0, 1);

async function report(circuit: Circuit, succeeded: boolean | null, times = 1): Promise<void> {
  const admissions = Array.from({ length: times }, () => circuit.admit());
  for (const admission of admissions) circuit.report(admission, succeeded);
  await counted();
}

suite("Circuit", () => {
  let circuit: Circuit;
  let opened: number[];

  beforeEach(() => {
    mock.timers.reset();
    mock.timers.enable({ apis: ["Date"], now: NOW });
    opened = [];
    circuit = new Circuit(BREAKER_DEFAULTS, (until) => void opened.push(until - NOW));
  });

  async function trip(): Promise<void> {
    await report(circuit, false, BREAKER_DEFAULTS.failures);
    assert.equal(circuit.phase, "open");
  }

  test("opens with the fifth failure within a minute, and tells until when", async () => {
    await report(circuit, false, 4);
    assert.equal(circuit.phase, "closed");
    await report(circuit, false);
    assert.deepEqual([circuit.phase, circuit.waitMs(), opened], ["open", 15_000, [15_000]]);
  });

  test("failures that are less than half of all calls do not open it", async () => {
    await report(circuit, true, 6);
    await report(circuit, false, 5);
    assert.equal(circuit.phase, "closed");
    await report(circuit, false);
    assert.equal(circuit.phase, "open");
  });

  test("under load, the latest hundred calls are judged, so that many answers before do not hide an outage", async () => {
    await report(circuit, true, 1_000);
    await report(circuit, false, 49);
    assert.equal(circuit.phase, "closed");
    await report(circuit, false);
    assert.equal(circuit.phase, "open");
  });

  test("failures of more than a minute ago are forgotten", async () => {
    await report(circuit, false, 4);
    mock.timers.tick(60_000);
    await report(circuit, false);
    assert.equal(circuit.phase, "closed");
  });

  test("what says nothing about the provider counts for nothing", async () => {
    await report(circuit, null, 50);
    await report(circuit, false, 4);
    assert.equal(circuit.phase, "closed");
    await report(circuit, false);
    assert.equal(circuit.phase, "open");
  });

  test("half-open admits one call and says no to the rest at once", async () => {
    await trip();
    mock.timers.tick(15_000);
    assert.deepEqual([circuit.phase, circuit.waitMs()], ["half_open", 0]);
    const probe = circuit.admit();
    assert.equal(circuit.waitMs(), 1_000);
    circuit.report(probe, true);
    // Until it is decided, nobody else.
    assert.equal(circuit.waitMs(), 1_000);
    await counted();
    assert.deepEqual([circuit.phase, circuit.waitMs()], ["closed", 0]);
  });

  test("each probe that fails doubles the time it stays open, up to two minutes; a good one begins anew", async () => {
    await trip();
    for (const openMs of [30_000, 60_000, 120_000, 120_000]) {
      mock.timers.tick(circuit.waitMs());
      await report(circuit, false);
      assert.equal(circuit.waitMs(), openMs);
    }
    mock.timers.tick(120_000);
    await report(circuit, true);
    await trip();
    assert.equal(circuit.waitMs(), 15_000);
  });

  test("a call out of turn closes it when it succeeds, and keeps it open no longer when it fails", async () => {
    await trip();
    assert.deepEqual([circuit.waitMs(), circuit.lastResortMs()], [15_000, 2_000]);
    mock.timers.tick(2_000);
    const first = circuit.admit();
    assert.deepEqual([circuit.lastResortMs(), circuit.waitMs()], [13_000, 13_000]);
    circuit.report(first, false);
    await counted();
    assert.deepEqual([circuit.phase, circuit.waitMs(), circuit.lastResortMs()], ["open", 13_000, 2_000]);
    mock.timers.tick(2_000);
    await report(circuit, true);
    assert.equal(circuit.phase, "closed");
    await trip();
    assert.deepEqual(opened, [15_000, 19_000]);
  });

  test("a probe that was given up decides nothing and makes room for the next", async () => {
    await trip();
    mock.timers.tick(15_000);
    await report(circuit, null);
    assert.deepEqual([circuit.phase, circuit.waitMs()], ["half_open", 0]);
    await report(circuit, false);
    assert.equal(circuit.waitMs(), 30_000);
  });

  test("a probe that began well and broke off later counts as one failure of the closed circuit", async () => {
    await trip();
    mock.timers.tick(15_000);
    const probe = circuit.admit();
    circuit.report(probe, true);
    await counted();
    circuit.report(probe, false);
    await report(circuit, false, 3);
    assert.equal(circuit.phase, "closed");
    await report(circuit, false);
    assert.equal(circuit.phase, "open");
  });

  test("results of calls from before it opened change nothing, whenever they come", async () => {
    const early = Array.from({ length: 8 }, () => circuit.admit());
    await trip();
    circuit.report(early[0]!, false);
    circuit.report(early[1]!, true);
    await counted();
    assert.deepEqual([circuit.phase, circuit.waitMs()], ["open", 15_000]);
    mock.timers.tick(15_000);
    circuit.report(early[2]!, true);
    await counted();
    assert.equal(circuit.phase, "half_open");
    const probe = circuit.admit();
    circuit.report(early[3]!, false);
    await counted();
    assert.deepEqual([circuit.phase, circuit.waitMs()], ["half_open", 1_000]);
    circuit.report(probe, true);
    await counted();
    for (const late of early.slice(4)) circuit.report(late, false);
    await report(circuit, false, 4);
    assert.equal(circuit.phase, "closed");
  });

  test("a clock that was set back undoes nothing: the probe is let go, the next one decides", async () => {
    await trip();
    mock.timers.tick(15_000);
    const probe = circuit.admit();
    mock.timers.setTime(NOW - 60_000);
    circuit.report(probe, true);
    await counted();
    assert.equal(circuit.phase, "open");
    mock.timers.setTime(NOW + 20_000);
    await report(circuit, true);
    assert.equal(circuit.phase, "closed");
  });

  test("under any interleaving at most one probe is under way, and given-up calls open nothing", async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("admit" as const), lastResort: fc.boolean() }),
      fc.record({ do: fc.constant("end" as const), which: fc.nat(20), ok: fc.constantFrom(true, false, null) }),
      fc.record({ do: fc.constant("tick" as const), ms: fc.integer({ min: 0, max: 130_000 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        mock.timers.setTime(NOW);
        const tried = new Circuit({ failures: 2, windowMs: 60_000, halfOpenAfterMs: 15_000 }, () => {});
        const running: { admission: Admission; probe: boolean }[] = [];
        let failures = 0;
        for (const now of steps) {
          if (now.do === "tick") mock.timers.tick(now.ms);
          else if (now.do === "admit" && (now.lastResort ? tried.lastResortMs() : tried.waitMs()) === 0) {
            const admission = tried.admit();
            running.push({ admission, probe: admission.probe });
            assert.ok(running.filter(({ probe }) => probe).length <= 1);
          } else if (now.do === "end" && running.length > 0) {
            const [ended] = running.splice(now.which % running.length, 1);
            if (now.ok === false) failures++;
            tried.report(ended!.admission, now.ok);
            await counted();
          }
          if (failures < 2) assert.equal(tried.phase, "closed");
        }
      }),
      { numRuns: 200 },
    );
  });
});
