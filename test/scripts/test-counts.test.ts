import assert from "node:assert/strict";
import { test } from "node:test";

import { countsOf, failuresOf, formatCounts } from "../../scripts/test-counts.ts";

const NODE_TEST = "✔ a (1ms)\nℹ tests 7\nℹ suites 0\nℹ pass 4\nℹ fail 1\nℹ cancelled 1\nℹ skipped 1\nℹ todo 0\n";

test("countsOf() reads the closing lines of node --test, colours or not", () => {
  const counts = { passed: 4, failed: 2, skipped: 1 };
  assert.deepEqual(countsOf(NODE_TEST, 1, false), counts);
  assert.deepEqual(countsOf(NODE_TEST.replaceAll(/^(ℹ.*)$/gm, "\u001b[34m$1\u001b[39m"), 1, false), counts);
});

test("countsOf() adds up a suite that ran several runners", () => {
  const output = `${NODE_TEST}browser: 5 passed, 0 failed\n`;
  assert.deepEqual(countsOf(output, 1, false), { passed: 9, failed: 2, skipped: 1 });
});

test("countsOf() fails a suite that executed no test", () => {
  assert.equal(countsOf("", 0, false).failed, 1);
  assert.equal(countsOf("ℹ pass 0\nℹ fail 0\nℹ skipped 3\n", 0, false).failed, 1);
});

test("countsOf() fails a suite that ended with an error though no test failed", () => {
  assert.deepEqual(countsOf("ℹ pass 3\nℹ fail 0\n", 1, false), { passed: 3, failed: 1, skipped: 0 });
});

test("countsOf() counts a check as one test by its exit code", () => {
  assert.deepEqual(countsOf("ℹ pass 3\n", 0, true), { passed: 1, failed: 0, skipped: 0 });
  assert.deepEqual(countsOf("", 2, true), { passed: 0, failed: 1, skipped: 0 });
});

test("failuresOf() tells the failing tests, not the ones before them", () => {
  assert.equal(failuresOf(`✖ b\n${NODE_TEST}\n✖ failing tests:\n\n✖ b (2ms)\n  Error: no\n`), "✖ b (2ms)\n  Error: no");
});

test("failuresOf() tells the last lines where there is no list", () => {
  const lines = Array.from({ length: 500 }, (_, line) => `line ${line}`);
  assert.deepEqual(failuresOf(`${lines.join("\n")}\n`).split("\n"), lines.slice(-120));
});

test("formatCounts() names the skipped only when there are", () => {
  assert.equal(formatCounts({ passed: 3, failed: 0, skipped: 0 }), "3 passed, 0 failed");
  assert.equal(formatCounts({ passed: 3, failed: 1, skipped: 2 }), "3 passed, 1 failed, 2 skipped");
});
