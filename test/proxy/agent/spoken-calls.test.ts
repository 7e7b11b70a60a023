import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";

import { SpokenCalls } from "../../../proxy/agent/spoken-calls.ts";

describe("SpokenCalls", () => {
  let calls: SpokenCalls;
  beforeEach(() => (calls = new SpokenCalls()));

  test("a call is left to run until its provider has run it itself", () => {
    calls.begin("theirs", "ours");
    calls.begin("other", "other");
    assert.equal(calls.end("theirs").callId, "ours");
    assert.deepEqual([...calls.left], ["other"]);
  });

  test("the provider's own call took from its beginning to its end", (context) => {
    let now = 100;
    context.after(() => mock.restoreAll());
    mock.method(performance, "now", () => now);
    calls.begin("a", "a");
    now = 350.4;
    assert.equal(calls.end("a").ms, 250);
  });

  test("one that was begun elsewhere, or never, took no time that is known", () => {
    calls.restore("a", "b");
    assert.deepEqual(calls.end("a"), { callId: "b", ms: 0 });
    assert.deepEqual(calls.end("unknown"), { callId: "unknown", ms: 0 });
    assert.equal(calls.left.size, 0);
  });
});
