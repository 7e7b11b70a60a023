import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttemptCause, LogEntry, StreamEvent } from "../../../protocol/index.ts";
import { UnfinishedFold } from "../../../proxy/agent/unfinished.ts";

const start = (attempt: number, cause: AttemptCause): StreamEvent => ({
  ...{ type: "attempt.start", attempt, provider: "p", model: "m", cause, mode: "fresh" },
});
const said = (block: number): StreamEvent[] => [
  { type: "block.start", block, kind: "text" },
  { type: "delta", block, kind: "text", text: "x" },
];
const logged = (...events: StreamEvent[]): LogEntry[] =>
  events.map((event, index) => ({ ...event, seq: index + 1, ts: 1 }));

test("an attempt counts as one after content when the attempt before it had itself shown some", () => {
  const fold = new UnfinishedFold();
  const step: StreamEvent = { type: "step.start", step: 1, maxSteps: 8 };
  fold.apply(logged(step, start(1, "initial"), ...said(0), start(2, "retry"), start(3, "fallback"), start(4, "retry")));
  assert.deepEqual(fold.state.retries, { attempts: 3, afterContent: 1 });
  fold.apply(logged(...said(1), start(5, "takeover"), ...said(2), start(6, "retry")));
  assert.deepEqual(fold.state.retries, { attempts: 5, afterContent: 2 });
});
