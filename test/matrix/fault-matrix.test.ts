/** Every fault at every kind of provider, over real sockets, as a reader of the answer sees it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { ALL_WIRES } from "../fakes/wires/all-wires.ts";
import { faultDocument } from "./fault-document.ts";
import { faultTable } from "./fault-table.ts";
import { expectedCell, FAULTS } from "./faults.ts";
import type { Cell } from "./faults.ts";
import { runMatrix } from "./run-matrix.ts";
import type { Matrix } from "./run-matrix.ts";

const KINDS = ALL_WIRES.map(({ name }) => name);

suite("the fault matrix", () => {
  let matrix: Matrix;
  before(async () => {
    matrix = await runMatrix();
  });

  for (const fault of FAULTS) {
    test(`${fault.name}: code, retry, fallback and breaker of every kind are those of the contract`, () => {
      const seen = Object.fromEntries(matrix.get(fault)!);
      assert.deepEqual(seen, Object.fromEntries(KINDS.map((kind) => [kind, expectedCell(fault, kind)])));
    });
  }

  test("the matrix is printed as it was measured", () => {
    const isCell = (cell: Cell | Error | undefined): cell is Cell => cell !== undefined && !(cell instanceof Error);
    const rows = FAULTS.map(({ name }, index) => ({
      name,
      cells: [...matrix.get(FAULTS[index]!)!.values()].filter(isCell),
    })).filter(({ cells }) => cells.length === KINDS.length);
    console.log(faultTable(KINDS, rows));
    assert.equal(rows.length, FAULTS.length, "rows in which every kind was measured");
  });

  test("docs/faults.md is this matrix; `node scripts/faults.ts` writes it", () => {
    const document = readFileSync(join(import.meta.dirname, "../../docs/faults.md"), "utf8");
    assert.equal(document, faultDocument());
  });
});
