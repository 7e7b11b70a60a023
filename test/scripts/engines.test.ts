import assert from "node:assert/strict";
import { test } from "node:test";
import { findEngines } from "../browser/launch/engines.ts";

test("an engine nobody knows is refused by name", async () => {
  await assert.rejects(
    findEngines("opera"),
    /BROWSERS: found "opera", expected all or some of chromium, firefox, webkit/,
  );
});

test("without a wish, one engine runs; what is asked for is found or named as missing", async () => {
  const one = await findEngines(undefined, false);
  assert.equal(one.launchers.length, 1);
  const all = await findEngines("all", false);
  assert.equal(all.launchers.length + all.missing.length, 3);
});
