import assert from "node:assert/strict";
import { test } from "node:test";

import { formatTable, median, percentile } from "./summary.ts";

test("percentile() takes the nearest rank of unsorted values", () => {
  assert.equal(percentile([3, 1, 2, 10], 50), 2);
  assert.equal(percentile([3, 1, 2, 10], 99), 10);
  assert.equal(median([5]), 5);
  assert.throws(() => percentile([], 50), RangeError);
});

test("formatTable() pads columns, names to the left and numbers to the right", () => {
  const table = formatTable(
    ["", "ms"],
    [
      ["floor", "1.25"],
      ["ours", "10.5"],
    ],
  );
  assert.equal(table, "|       |   ms |\n| ----- | ---: |\n| floor | 1.25 |\n| ours  | 10.5 |");
});
