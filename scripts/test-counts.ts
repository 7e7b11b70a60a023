/** How many tests a part of `npm test` executed, read from what its runner printed. */
import { stripVTControlCharacters } from "node:util";

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The closing lines of `node --test`, spec and tap form. */
const NODE_TEST_LINE = /^(?:ℹ|#) (pass|fail|cancelled|skipped|todo) (\d+)$/gm;
/** The closing line of the browser suite's reporter. */
const BROWSER_LINE = /^browser: (\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm;
const FAILURES = "✖ failing tests:";
/** Some errors with their stacks; the whole output stands further up. */
const FAILURE_LINES = 120;
const NOTHING: Counts = { passed: 0, failed: 0, skipped: 0 };

/**
 * Counts of one part. A static check is one test. A suite that printed no count, or executed no test, has failed,
 * and so has one that exited with an error though none of its tests did.
 */
export function countsOf(output: string, exitCode: number, isCheck: boolean): Counts {
  if (isCheck) return exitCode === 0 ? { ...NOTHING, passed: 1 } : { ...NOTHING, failed: 1 };
  const printed = addCounts(nodeTestCounts(output), browserCounts(output));
  const executed = printed.passed + printed.failed > 0;
  return printed.failed === 0 && (exitCode !== 0 || !executed) ? { ...printed, failed: 1 } : printed;
}

export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** What a part that failed said of it: the list that `node --test` ends with, or the last lines. */
export function failuresOf(output: string): string {
  const lines = stripVTControlCharacters(output).trimEnd().split("\n");
  const list = lines.lastIndexOf(FAILURES);
  return (list === -1 ? lines.slice(-FAILURE_LINES) : lines.slice(list + 1, list + 1 + FAILURE_LINES))
    .join("\n")
    .trim();
}

/** `12 passed, 0 failed`, and the skipped ones when there are. */
export function formatCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

function nodeTestCounts(output: string): Counts {
  let counts = NOTHING;
  for (const [, name, digits] of stripVTControlCharacters(output).matchAll(NODE_TEST_LINE)) {
    const count = Number(digits);
    if (name === "pass") counts = addCounts(counts, { ...NOTHING, passed: count });
    else if (name === "fail" || name === "cancelled") counts = addCounts(counts, { ...NOTHING, failed: count });
    else counts = addCounts(counts, { ...NOTHING, skipped: count });
  }
  return counts;
}

function browserCounts(output: string): Counts {
  let counts = NOTHING;
  for (const [, passed, failed, skipped] of stripVTControlCharacters(output).matchAll(BROWSER_LINE)) {
    counts = addCounts(counts, { passed: Number(passed), failed: Number(failed), skipped: Number(skipped ?? 0) });
  }
  return counts;
}
