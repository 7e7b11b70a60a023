import assert from "node:assert/strict";
import { test } from "node:test";

test("the element can be imported where there is no DOM", async () => {
  assert.equal(typeof document, "undefined");
  const { AiStream } = await import("../../../widget/index.ts");
  assert.equal(typeof AiStream, "function");
});
