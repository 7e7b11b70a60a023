import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, suite, test } from "node:test";
import type { StreamError } from "../../../protocol/index.ts";
import { ReadWatch } from "../../../proxy/provider/read-watch.ts";

const TIMERS = { connectMs: 0, firstContentMs: 300, livenessMs: 100, betweenContentMs: 200 };

suite("ReadWatch", () => {
  let now = 0;
  let late: StreamError | null = null;
  let watch: ReadWatch;
  const pass = (ms: number): void => {
    for (let step = 0; step < ms; step += 10) {
      now += 10;
      mock.timers.tick(10);
    }
  };
  const start = (timers = TIMERS): void => {
    watch = new ReadWatch(
      timers,
      now,
      (error) => (late ??= error),
      () => now,
    );
  };
  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    now = 1_000;
    late = null;
  });
  afterEach(() => {
    watch.stop();
    mock.timers.reset();
  });

  test("silence beyond livenessMs is idle_timeout", () => {
    start();
    watch.read(true, false);
    pass(90);
    assert.equal(late, null);
    pass(20);
    assert.equal(late?.["code"], "idle_timeout");
  });

  test("comments keep it alive, but do not count as content", () => {
    start();
    for (let at = 0; at < 290; at += 50) {
      pass(50);
      if (late === null) watch.read(false, false);
    }
    assert.equal(late?.["code"], "first_token_timeout");
  });

  test("bytes without content beyond betweenContentMs are idle_timeout", () => {
    start();
    watch.read(true, false);
    for (let at = 0; at < 220 && late === null; at += 50) {
      pass(50);
      watch.read(false, false);
    }
    assert.equal(late?.["code"], "idle_timeout");
  });

  test("content in time keeps it going for ever", () => {
    start();
    for (let at = 0; at < 5_000; at += 90) {
      pass(90);
      watch.read(true, false);
    }
    assert.equal(late, null);
  });

  test("a consumer that holds the reader stops all clocks", () => {
    start();
    watch.read(true, false);
    watch.hold();
    pass(1_000);
    assert.equal(late, null);
    watch.goOn();
    pass(90);
    assert.equal(late, null);
    pass(20);
    assert.equal(late?.["code"], "idle_timeout");
  });

  test("after a complete answer only the tail is waited for", () => {
    start({ connectMs: 0, firstContentMs: 0, livenessMs: 0, betweenContentMs: 0 });
    pass(60_000);
    assert.equal(late, null);
    watch.read(true, true);
    pass(4_990);
    assert.equal(late, null);
    pass(20);
    assert.equal(late?.["code"], "idle_timeout");
  });

  test("a clock that content switches on is noticed while the timer sleeps for another", () => {
    start({ connectMs: 0, firstContentMs: 60_000, livenessMs: 0, betweenContentMs: 50 });
    pass(20);
    watch.read(true, false);
    pass(60);
    assert.equal(late?.["code"], "idle_timeout");
  });
});
