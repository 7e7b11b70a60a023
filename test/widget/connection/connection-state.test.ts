import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { next } from "../../../widget/connection/connection-state.ts";
import type { ConnectionInput, ConnectionState } from "../../../widget/connection/connection-state.ts";

const INPUTS: readonly ConnectionInput[] = ["attempt", "opened", "dropped", "refused", "offline", "online", "stop"];

const run = (inputs: readonly ConnectionInput[]): ConnectionState => inputs.reduce<ConnectionState>(next, "idle");

test("an attempt opens, is lost, waits and is made again", () => {
  assert.equal(run(["attempt"]), "connecting");
  assert.equal(run(["attempt", "opened"]), "open");
  assert.equal(run(["attempt", "opened", "dropped"]), "waiting");
  assert.equal(run(["attempt", "dropped", "offline"]), "offline");
  assert.equal(run(["attempt", "dropped", "offline", "attempt", "opened"]), "open");
});

test("from every state that can be reached, a stop leads to idle and an attempt out of failed", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...INPUTS)), (inputs) => {
      assert.equal(next(run(inputs), "stop"), "idle");
      const state = run(inputs);
      if (state !== "open") assert.equal(next(state, "attempt"), "connecting");
    }),
  );
});

test("late signals of an earlier attempt change nothing", () => {
  assert.equal(next("idle", "opened"), "idle");
  assert.equal(next("failed", "dropped"), "failed");
  assert.equal(next("open", "offline"), "open");
});
