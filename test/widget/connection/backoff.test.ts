import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BACKOFF_MAX_MS, BACKOFF_MIN_MS } from "../../../protocol/index.ts";
import { backoffMs, pause } from "../../../widget/connection/backoff.ts";

test("delays lie between the bounds, and the ceiling doubles until the greatest", () => {
  const random = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000 }), random, (failures, value) => {
      const delay = backoffMs(failures, () => value);
      assert.ok(delay >= BACKOFF_MIN_MS && delay <= BACKOFF_MAX_MS);
    }),
  );
  const ceilings = [1, 2, 3, 6, 50].map((failures) => backoffMs(failures, () => 1));
  assert.deepEqual(ceilings, [1_000, 2_000, 4_000, 20_000, 20_000]);
  assert.equal(
    backoffMs(9, () => 0),
    BACKOFF_MIN_MS,
  );
});

test("a pause ends with its time, with the signal, or when the browser is online again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const never = new AbortController().signal;
  const slept = pause(1_000, never);
  t.mock.timers.tick(1_000);
  await slept;

  const stop = new AbortController();
  const aborted = pause(1_000_000, stop.signal);
  stop.abort();
  await aborted;
  await pause(1_000_000, stop.signal);

  const page = new EventTarget();
  const names = ["addEventListener", "removeEventListener"] as const;
  for (const name of names) Object.assign(globalThis, { [name]: page[name].bind(page) });
  try {
    const online = pause(1_000_000, never);
    page.dispatchEvent(new Event("online"));
    await online;
  } finally {
    for (const name of names) Reflect.deleteProperty(globalThis, name);
  }
});
