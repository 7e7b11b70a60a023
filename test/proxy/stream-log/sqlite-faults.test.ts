/** What the embedded store keeps when its disk is full, its process is killed or a row of it cannot be read. */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { emptyMessage, isStreamError } from "../../../protocol/index.ts";
import type { StreamEvent } from "../../../protocol/index.ts";
import { makeBatch } from "../../../proxy/stream-log/batch.ts";
import { openLog } from "../../../proxy/stream-log/open-log.ts";
import { openSqliteLog } from "../../../proxy/stream-log/sqlite-log.ts";
import type { StreamLog } from "../../../proxy/stream-log/stream-log.ts";
import { LEASE, newStream } from "../../contracts/new-stream.ts";

const folder = mkdtempSync(join(tmpdir(), "ai-stream-faults-"));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const newFile = () => join(folder, `${++files}.db`);

const unavailable = (thrown: unknown) => isStreamError(thrown) && thrown.code === "storage_unavailable";
const delta = (text: string): StreamEvent => ({ type: "delta", block: 0, kind: "text", text });

const begin = async (log: StreamLog) => (await log.createStream(newStream())).record.id;
const say = (log: StreamLog, id: string, term: number, seq: number, ...texts: string[]) =>
  log.append(id, term, makeBatch(texts.map(delta), seq, 1));
const textsOf = async (log: StreamLog, id: string) =>
  (await log.read(id, 0, 1_000_000)).flatMap((entry) => (entry.type === "delta" ? [entry.text] : []));

/** The store as a killed process would leave it: its files, copied while it is open. */
function copyOf(file: string): string {
  const copy = newFile();
  for (const part of ["", "-wal"]) if (existsSync(file + part)) copyFileSync(file + part, copy + part);
  return copy;
}

/** Past the store. */
function change(file: string, statement: string): void {
  const database = new DatabaseSync(file);
  database.exec(statement);
  database.close();
}

/** As a full disk: this cannot be done to the table until the returned function is called. */
function refuse(file: string, what: string): () => void {
  change(file, `CREATE TRIGGER full BEFORE ${what} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`);
  return () => change(file, "DROP TRIGGER full");
}

test("what a deleted stream had said never turns up in another, killed or not", async () => {
  const file = newFile();
  const log = openSqliteLog(file);
  const secret = await begin(log);
  await say(log, secret, 1, 2, "secret", "of", "another");
  await log.deleteStream(secret);
  const next = await begin(log);
  await say(log, next, 1, 2, "mine");
  const found = openSqliteLog(copyOf(file));
  assert.deepEqual(await textsOf(found, next), ["mine"]);
  assert.equal((await found.findStream(next))!.tail, 2);
  await found.close();
  await log.close();
});

test("a take-over that the disk refuses loses nothing of what was acknowledged", async () => {
  for (const what of ["INSERT ON entries", "UPDATE ON streams"]) {
    const file = newFile();
    const log = openSqliteLog(file);
    const id = await begin(log);
    await say(log, id, 1, 2, "all", "of", "it");
    const free = refuse(file, what);
    await assert.rejects(log.takeOver(id, LEASE), unavailable);
    assert.deepEqual(await textsOf(log, id), ["all", "of", "it"]);
    free();
    const taken = await log.takeOver(id, LEASE);
    assert.deepEqual([taken?.term, taken?.tail], [2, 4]);
    await say(log, id, 2, 5, "stays");
    assert.deepEqual(await textsOf(log, id), ["all", "of", "it", "stays"]);
    await log.close();
  }
});

test("a stream whose deletion the disk refuses is there, whole, and still held", async () => {
  const file = newFile();
  const log = openSqliteLog(file);
  const id = await begin(log);
  await say(log, id, 1, 2, "all");
  const free = refuse(file, "DELETE ON turns");
  await assert.rejects(log.deleteStream(id), unavailable);
  assert.deepEqual(await textsOf(log, id), ["all"]);
  assert.deepEqual(await log.abandoned(10), []);
  await say(log, id, 1, 3, "goes on");
  assert.deepEqual(await textsOf(log, id), ["all", "goes on"]);
  free();
  await log.deleteStream(id);
  assert.equal(await log.findStream(id), null);
  await log.close();
});

test("an end that the disk refuses can be written again, by who holds the stream", async () => {
  const file = newFile();
  const log = openSqliteLog(file);
  const start = newStream();
  const { id } = (await log.createStream(start)).record;
  await say(log, id, 1, 2, "all");
  const free = refuse(file, "INSERT ON entries");
  const end = makeBatch(
    [
      {
        type: "stream.end",
        reason: "stop",
        usage: { input: 1, output: 1, final: true },
        timings: { totalMs: 1 },
        digest: 0,
      },
    ],
    3,
    1,
  );
  const ending = { status: "complete", message: { ...emptyMessage("inc"), id: start.stream.message } } as const;
  await assert.rejects(log.append(id, 1, end, ending), unavailable);
  assert.deepEqual(await log.abandoned(10), []);
  assert.deepEqual(await log.renew(LEASE, [id]), []);
  free();
  await log.append(id, 1, end, ending);
  assert.equal((await log.findStream(id))!.status, "complete");
  await log.close();
});

test("a store that closes on a full disk frees its file, and nothing of it is lost", async () => {
  const file = newFile();
  const log = await openLog(`sqlite:${file}`, { eventsBytesPerStream: Infinity, conversationsDays: 1 });
  const id = await begin(log);
  await say(log, id, 1, 2, "all");
  const free = refuse(file, "INSERT ON entries");
  await log.close().catch(() => {});
  free();
  const again = await openLog(`sqlite:${file}`, { eventsBytesPerStream: Infinity, conversationsDays: 1 });
  assert.deepEqual(await textsOf(again, id), ["all"]);
  await again.close();
});

test("a store on a full disk says so when it is asked, and when there is room again", async () => {
  const file = newFile();
  const log = openSqliteLog(file);
  await log.check();
  const free = refuse(file, "INSERT ON kept");
  await assert.rejects(log.check(), unavailable);
  free();
  await log.check();
  await log.close();
});

test("a row that cannot be read costs its own stream, not the store", async () => {
  const file = newFile();
  const before = openSqliteLog(file);
  const [whole, broken, unsealed] = [await begin(before), await begin(before), await begin(before)];
  await say(before, whole, 1, 2, "whole");
  await before.close();
  change(file, "UPDATE entries SET body = x'7b7b' WHERE stream = 2");
  const running = openSqliteLog(file);
  await say(running, unsealed, 1, 2, "torn");
  await say(running, whole, 1, 3, "and", "sound");
  const copy = copyOf(file);
  await running.close();
  change(copy, "UPDATE journal SET body = x'00ff0a' WHERE n = (SELECT MIN(n) FROM journal)");
  const log = openSqliteLog(copy);
  await assert.rejects(log.read(broken, 0, 10), unavailable);
  assert.deepEqual(await textsOf(log, whole), ["whole", "and", "sound"]);
  assert.deepEqual(await textsOf(log, unsealed), []);
  await log.deleteStream(broken);
  assert.equal(await log.findStream(broken), null);
  await log.close();
});

test("a store that cannot be opened leaves nothing open", async () => {
  const file = newFile();
  const log = openSqliteLog(file);
  await log.close();
  change(file, "PRAGMA user_version = 999");
  assert.throws(() => openSqliteLog(file), unavailable);
  change(file, "PRAGMA journal_mode = DELETE");
});
