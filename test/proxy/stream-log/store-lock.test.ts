import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { isStreamError } from "../../../protocol/index.ts";
import { openLog } from "../../../proxy/stream-log/open-log.ts";
import { lockStore } from "../../../proxy/stream-log/store-lock.ts";
import { newStream } from "../../contracts/new-stream.ts";

const folder = mkdtempSync(join(tmpdir(), "ai-stream-lock-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = () => join(folder, `${++files}.db`);

const LOCK_FILE = join(import.meta.dirname, "../../../proxy/stream-log/store-lock.ts");

/** Another process that takes the lock and keeps it. */
async function holder(file: string) {
  const source = `import { lockStore } from ${JSON.stringify(LOCK_FILE)};
    await lockStore(${JSON.stringify(file)});
    console.log("held");
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

test("a second process is refused, and told the file and what to do", async () => {
  const file = newFile();
  const child = await holder(file);
  let waited = 0;
  await assert.rejects(
    lockStore(file, { waitMs: 0, onWait: () => waited++ }),
    (thrown: unknown) =>
      isStreamError(thrown) &&
      thrown.code === "storage_unavailable" &&
      thrown.message.includes(file) &&
      thrown.message.includes("Redis"),
  );
  assert.equal(waited, 1);
  child.kill("SIGKILL");
  await once(child, "exit");
});

test("whoever waits has the store as soon as the process before is killed", async () => {
  const file = newFile();
  const child = await holder(file);
  const unlock = await lockStore(file, { onWait: () => child.kill("SIGKILL") });
  unlock();
  unlock();
});

test("one process opens a file once, and again when it was closed", async () => {
  const file = newFile();
  const unlock = await lockStore(file);
  await assert.rejects(lockStore(file, { waitMs: 0 }));
  unlock();
  (await lockStore(file))();
});

test("a store in memory needs no lock", async () => {
  const [one, other] = [await lockStore(":memory:"), await lockStore(":memory:")];
  one();
  other();
});

test("a file that is opened again has no leases: what ran is taken over at once", async () => {
  const store = `sqlite:${newFile()}`;
  const options = { eventsBytesPerStream: 1_000_000, conversationsDays: 30 };
  const before = await openLog(store, options);
  const { record } = await before.createStream(newStream());
  assert.deepEqual(await before.abandoned(10), []);
  await before.close();
  const log = await openLog(store, options);
  assert.deepEqual(await log.abandoned(10), [record.id]);
  const taken = await log.takeOver(record.id, { replica: "r_next", ttlMs: 60_000 });
  assert.deepEqual([taken?.term, taken?.tail], [2, 1]);
  await log.close();
});

test("a folder that is not there is named", async () => {
  const file = join(folder, "none", "a.db");
  await assert.rejects(
    lockStore(file),
    (thrown: unknown) => isStreamError(thrown) && thrown.message.includes(`${file}.lock`),
  );
});
