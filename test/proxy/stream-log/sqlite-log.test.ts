import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { isStreamError } from "../../../protocol/index.ts";
import { openSqliteLog } from "../../../proxy/stream-log/sqlite-log.ts";
import { streamLogContract } from "../../contracts/stream-log.contract.ts";

const folder = mkdtempSync(join(tmpdir(), "ai-stream-log-"));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const newFile = () => join(folder, `${++files}.db`);

streamLogContract("sqlite in memory", async () => openSqliteLog(":memory:"));
streamLogContract("sqlite in a file", async () => openSqliteLog(newFile()));

const unavailable = (thrown: unknown) => isStreamError(thrown) && thrown.code === "storage_unavailable";

test("a file that is no database is refused with its name", () => {
  const file = newFile();
  writeFileSync(file, "this is not a database, and long enough to be looked at as one".repeat(20));
  assert.throws(
    () => openSqliteLog(file),
    (thrown: unknown) => unavailable(thrown) && String(thrown).includes(file),
  );
});

test("a schema of a newer version is refused", () => {
  const file = newFile();
  const database = new DatabaseSync(file);
  database.exec("PRAGMA user_version = 999");
  database.close();
  assert.throws(() => openSqliteLog(file), unavailable);
});

test("a failed commit is told to every append that was in it", async () => {
  const log = openSqliteLog(newFile());
  await log.close();
  await assert.rejects(log.findStream("s_1"), unavailable);
  await assert.rejects(log.append("s_1", 1, { first: 1, last: 1, entries: [], lines: ["{}"] }), unavailable);
});
