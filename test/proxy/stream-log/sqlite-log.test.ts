import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import fc from "fast-check";
import { emptyMessage, isStreamError } from "../../../protocol/index.ts";
import type { StreamEvent } from "../../../protocol/index.ts";
import { makeBatch } from "../../../proxy/stream-log/batch.ts";
import { openSqliteLog } from "../../../proxy/stream-log/sqlite-log.ts";
import type { StreamLog } from "../../../proxy/stream-log/stream-log.ts";
import { ledgerContract } from "../../contracts/ledger.contract.ts";
import { LEASE } from "../../contracts/new-stream.ts";
import { ownershipContract } from "../../contracts/ownership.contract.ts";
import { replicasContract } from "../../contracts/replicas.contract.ts";
import { streamLogContract } from "../../contracts/stream-log.contract.ts";
import { visitsContract } from "../../contracts/visits.contract.ts";

const folder = mkdtempSync(join(tmpdir(), "ai-stream-log-"));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const newFile = () => join(folder, `${++files}.db`);

ledgerContract("sqlite in memory", async () => ({ log: openSqliteLog(":memory:"), again: null }));
ledgerContract("sqlite in a file", async () => {
  const file = newFile();
  return { log: openSqliteLog(file), again: async () => openSqliteLog(file) };
});
const alone = (log: StreamLog) => ({ one: log, other: log });
replicasContract("sqlite in memory", async () => alone(openSqliteLog(":memory:")));
replicasContract("sqlite in a file", async () => alone(openSqliteLog(newFile())));
visitsContract("sqlite in memory", async () => openSqliteLog(":memory:"));
ownershipContract("sqlite in a file", async (views) => {
  const log = openSqliteLog(newFile());
  return Array.from({ length: views }, () => log);
});
streamLogContract("sqlite in memory", async (options) => openSqliteLog(":memory:", options));
streamLogContract("sqlite in a file", async (options) => openSqliteLog(newFile(), options));

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

test("a file of the schema before leases is brought forward, with what ran in it", async () => {
  const file = newFile();
  const before = openSqliteLog(file);
  await startStream(before, "s_old");
  await before.close();
  const database = new DatabaseSync(file);
  database.exec(`ALTER TABLE streams DROP COLUMN request; ALTER TABLE streams DROP COLUMN cancel;
    DROP TABLE outcomes; DROP TABLE visits; PRAGMA user_version = 3;`);
  database.close();
  const log = openSqliteLog(file);
  assert.deepEqual(await log.abandoned(10), ["s_old"]);
  assert.equal(await log.findRequest("s_old"), null);
  await log.requestCancel("s_old");
  assert.equal((await log.requests("s_old")).cancel, true);
  assert.equal((await log.takeOver("s_old", LEASE))?.term, 2);
  await log.close();
});

test("a failed commit is told to every append that was in it", async () => {
  const log = openSqliteLog(newFile());
  await log.close();
  await assert.rejects(log.findStream("s_1"), unavailable);
  await assert.rejects(log.append("s_1", 1, { first: 1, last: 1, entries: [], lines: ["{}"], chars: 2 }), unavailable);
});

/** The store as a killed process would leave it: its files, copied while it is open. */
function copyOf(file: string): string {
  const copy = newFile();
  for (const part of ["", "-wal"]) if (existsSync(file + part)) copyFileSync(file + part, copy + part);
  return copy;
}

const delta = (text: string): StreamEvent => ({ type: "delta", block: 0, kind: "text", text });

async function startStream(log: StreamLog, id: string): Promise<void> {
  const ids = { id, agent: "a", conversation: `c_${id}`, message: `m_${id}` };
  await log.createStream({
    stream: { ...ids, inc: "i", owner: "o", parent: `u_${id}`, createdAt: 1 },
    turn: {
      id: `u_${id}`,
      conversation: ids.conversation,
      role: "user",
      parent: null,
      createdAt: 1,
      text: "q",
      attachments: [],
    },
    title: "q",
    first: makeBatch([{ type: "stream.start", ...ids }], 1, 1),
    fingerprint: "",
    request: null,
    lease: LEASE,
  });
}

const textsOf = async (log: StreamLog, id: string) =>
  (await log.read(id, 0, 1_000_000)).flatMap((entry) => (entry.type === "delta" ? [entry.text] : []));

test("whatever was acknowledged is there after a kill, for any mix of streams, sizes and kills", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ stream: fc.nat(4), chars: fc.constantFrom(1, 50, 3_000, 20_000), kill: fc.nat(9) }), {
        maxLength: 60,
      }),
      async (steps) => {
        let file = newFile();
        let log = openSqliteLog(file);
        const expected = new Map<string, string[]>();
        for (const [index, { stream, chars, kill }] of steps.entries()) {
          const id = `s_${stream}`;
          if (!expected.has(id)) {
            await startStream(log, id);
            expected.set(id, []);
          }
          const text = `${index} `.padEnd(chars, "x");
          const { tail, term } = (await log.findStream(id))!;
          await log.append(id, term, makeBatch([delta(text)], tail + 1, 2));
          expected.get(id)!.push(text);
          assert.deepEqual(await textsOf(log, id), expected.get(id));
          if (kill === 0) {
            file = copyOf(file);
            await log.close();
            log = openSqliteLog(file);
          }
        }
        file = copyOf(file);
        await log.close();
        log = openSqliteLog(file);
        for (const [id, texts] of expected) {
          assert.deepEqual(await textsOf(log, id), texts);
          assert.equal((await log.findStream(id))!.tail, texts.length + 1);
        }
        await log.close();
      },
    ),
    { numRuns: 25 },
  );
});

test("the journal stays short, however long one stream says nothing while another talks", async () => {
  const file = newFile();
  const log = openSqliteLog(file);
  await startStream(log, "s_quiet");
  await startStream(log, "s_talking");
  await log.append("s_quiet", 1, makeBatch([delta("hm")], 2, 1));
  for (let seq = 2; seq < 6_000; seq++) await log.append("s_talking", 1, makeBatch([delta("word ")], seq, 1));
  const database = new DatabaseSync(file, { readOnly: true });
  const { rows } = database.prepare("SELECT COUNT(*) AS rows FROM journal").get() as { rows: number };
  database.close();
  assert.ok(rows <= 2_001, `${rows} rows`);
  assert.deepEqual(await textsOf(log, "s_quiet"), ["hm"]);
  assert.equal((await textsOf(log, "s_talking")).length, 5_998);
  await log.close();
});

test("retention gives way: an append need not wait until thousands of old streams are removed", async () => {
  const log = openSqliteLog(":memory:");
  const usage = { input: 1, output: 1, final: true };
  const end: StreamEvent = { type: "stream.end", reason: "stop", usage, timings: { totalMs: 1 }, digest: 0 };
  const OLD = 1_000;
  for (let old = 0; old < OLD; old++) {
    const id = `s_${old}`;
    await startStream(log, id);
    const message = { ...emptyMessage("i"), id: `m_${id}` };
    await log.append(id, 1, makeBatch([end], 2, 1), { status: "complete", message });
  }
  await startStream(log, "s_now");
  for (const bounds of [
    { streamsBefore: 10, conversationsBefore: 0 },
    { streamsBefore: 10, conversationsBefore: 10 },
  ]) {
    let isOver = false;
    const trimmed = log.trim(bounds).finally(() => (isOver = true));
    const running = await log.findStream("s_now");
    if (running !== null) await log.append("s_now", 1, makeBatch([delta("a")], running.tail + 1, 1));
    assert.equal(isOver, false, "it is not over in one go");
    const { streams, conversations } = await trimmed;
    if (bounds.conversationsBefore === 0) assert.deepEqual([streams, conversations], [OLD, 0]);
    else assert.deepEqual([streams, conversations], [0, OLD + 1]);
  }
  assert.equal(await log.findStream("s_0"), null);
  await log.close();
});
