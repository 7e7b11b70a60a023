import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { StreamError } from "../../../protocol/index.ts";
import { Fence } from "../../../proxy/pump/fence.ts";

const lost = new StreamError("conflict", "another writes");

describe("Fence", () => {
  test("tells who heeds it, once", () => {
    const fence = new Fence();
    const heard: StreamError[] = [];
    fence.heed((why) => heard.push(why));
    assert.equal(fence.isRaised, false);
    fence.raise(lost);
    fence.raise(new StreamError("draining", "later"));
    assert.deepEqual([fence.isRaised, heard], [true, [lost]]);
  });

  test("one that is raised already is heeded at once", () => {
    const fence = new Fence();
    fence.raise(lost);
    const heard: StreamError[] = [];
    fence.heed((why) => heard.push(why));
    assert.deepEqual(heard, [lost]);
  });
});
