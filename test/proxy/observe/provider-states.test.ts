import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { KnownNames } from "../../../proxy/observe/known-names.ts";
import type { LaneState } from "../../../proxy/observe/lane-state.ts";
import { canAnswer, providerStates } from "../../../proxy/observe/provider-states.ts";

const NAMES = new KnownNames({
  agents: { a: { models: ["p/m", "p/n"] }, b: { models: ["q/m"] } },
  providers: { p: {}, q: {}, r: {} },
});
const NOW = 10_000;

const lane = (model: string, circuit: LaneState["circuit"], restsUntil?: number): LaneState => ({
  provider: "p",
  model,
  circuit,
  restsUntil,
});
const stateOfP = (...lanes: readonly LaneState[]) => providerStates(["p"], lanes, NAMES, NOW)[0]!.state;

describe("providerStates()", () => {
  test("a provider nobody asked yet is ready, one that no agent names is unused", () => {
    assert.deepEqual(providerStates(["p", "q", "r"], [], NAMES, NOW), [
      { name: "p", state: "ready" },
      { name: "q", state: "ready" },
      { name: "r", state: "unused" },
    ]);
  });

  test("it is open only when every circuit of every model is", () => {
    assert.equal(stateOfP(lane("m", "open")), "ready", "n was not asked yet");
    assert.equal(stateOfP(lane("m", "open"), lane("n", "open")), "open");
    assert.equal(stateOfP(lane("m", "open"), lane("n", "half_open")), "half_open");
    assert.equal(stateOfP(lane("m", "open"), lane("n", "half_open"), lane("n", "closed")), "ready");
  });

  test("keys that rest answer nothing until they have rested", () => {
    assert.equal(stateOfP(lane("m", "closed", NOW + 1), lane("n", "closed", NOW + 1)), "resting");
    assert.equal(stateOfP(lane("m", "closed", NOW), lane("n", "closed", NOW + 1)), "ready");
    assert.equal(stateOfP(lane("m", "open", NOW + 1), lane("n", "open")), "open");
  });

  test("a lane that is closed and awake always makes its provider ready", () => {
    const anyLane = fc.record({
      provider: fc.constant("p"),
      model: fc.constantFrom("m", "n", "x"),
      circuit: fc.constantFrom("closed", "half_open", "open"),
      restsUntil: fc.constantFrom(undefined, NOW - 1, NOW + 1),
    }) as fc.Arbitrary<LaneState>;
    fc.assert(
      fc.property(fc.array(anyLane), fc.array(anyLane), (before, after) => {
        assert.equal(stateOfP(...before, lane("m", "closed"), ...after), "ready");
      }),
    );
  });

  test("something can answer while one provider is ready or may be probed", () => {
    const p = { name: "p", state: "open" } as const;
    assert.equal(canAnswer([p, { name: "q", state: "half_open" }]), true);
    assert.equal(canAnswer([p, { name: "q", state: "resting" }, { name: "r", state: "unused" }]), false);
    assert.equal(canAnswer([]), false);
  });
});
