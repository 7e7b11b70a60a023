/** Readers of a stream whose writer is lost while they watch: they are not, whoever writes it next and whenever. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { openSqliteLog } from "../../proxy/stream-log/sqlite-log.ts";
import { newStream } from "../contracts/new-stream.ts";
import { fakeProvider, finish, more, text } from "../fakes/fake-provider.ts";
import { openSocket, parseSse, runProxy } from "../fakes/running-proxy.ts";
import type { RunningProxy } from "../fakes/running-proxy.ts";

/** The shortest there may be: a lost stream is looked for every tenth of a second. */
const resilience = { leaseMs: 300 };

function newFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "ai-stream-lost-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "store.db");
}

/** Past the store. */
function change(file: string, statement: string): void {
  const database = new DatabaseSync(file);
  database.exec(statement);
  database.close();
}

/** As a full disk: no append is taken until the returned function is called. */
function refuse(file: string): () => void {
  const refused = "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
  const tables = ["journal", "entries"];
  for (const table of tables) change(file, `CREATE TRIGGER no_${table} BEFORE INSERT ON ${table} ${refused}`);
  return () => tables.forEach((table) => change(file, `DROP TRIGGER no_${table}`));
}

const textOf = (body: string): string =>
  parseSse(body)
    .filter(({ event }) => event === null)
    .map(({ data }) => JSON.parse(data) as { type: string; text?: string })
    .reduce((said, { type, text: part = "" }) => (type === "reset" ? "" : type === "delta" ? said + part : said), "");

/** A stream that two watch and one has read the first word of: "lost". */
async function watched(t: TestContext, proxy: RunningProxy) {
  const { id } = (await (await proxy.post("/v1/streams", { input: "x" })).json()) as { id: string };
  const socket = await openSocket(proxy);
  t.after(() => socket.ws.terminate());
  socket.send({ type: "sub", s: 1, id, after: "0" });
  while (!JSON.stringify(await socket.next("ev")).includes("lost"));
  return { id, socket, watching: await proxy.get(`/v1/streams/${id}/live`) };
}

describe("who watches a stream", () => {
  test("whose writer failed with the store goes on with the next one, on the same connection", async (t) => {
    const file = newFile(t);
    const gate = Promise.withResolvers<void>();
    const provider = fakeProvider("p", [text("lost "), gate.promise, more("words"), finish], [text("whole"), finish]);
    const proxy = await runProxy([provider], { store: `sqlite:${file}`, resilience });
    t.after(() => proxy.close());
    const { id, socket, watching } = await watched(t, proxy);
    const free = refuse(file);
    gate.resolve();
    // Written by nobody now: who comes meanwhile waits for the next writer, too.
    while ((await proxy.get("/metrics").then((reply) => reply.text())).includes("ai_stream_streams_running 1"));
    const late = await proxy.get(`/v1/streams/${id}/live`);
    free();
    assert.equal(textOf(await watching.text()), "whole");
    assert.equal(textOf(await late.text()), "whole");
    await socket.next("end");
  });

  test("whose store failed for one commit only has one whole answer all the same", async (t) => {
    const file = newFile(t);
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const provider = fakeProvider(
      "p",
      [text("lost "), gate.promise, more("hole "), () => asked.promise, more("words"), finish],
      [text("whole"), finish],
    );
    const proxy = await runProxy([provider], { store: `sqlite:${file}`, resilience: { leaseMs: 3_000 } });
    t.after(() => proxy.close());
    const { id, watching } = await watched(t, proxy);
    const free = refuse(file);
    gate.resolve();
    while (provider.open > 0) await new Promise(setImmediate);
    free();
    asked.resolve();
    assert.equal(textOf(await watching.text()), "whole");
    const { status } = (await (await proxy.get(`/v1/streams/${id}/message`)).json()) as { status: string };
    assert.equal(status, "complete");
    const metrics = await (await proxy.get("/metrics")).text();
    assert.match(metrics, /^ai_stream_streams_total\{[^}]*reason="stop"[^}]*\} 1$/m, "counted once, whoever wrote it");
  });

  test("whose entries cannot be read is not tried for ever: it ends, and its conversation can go on", async (t) => {
    const file = newFile(t);
    const left = openSqliteLog(file);
    const start = newStream({ owner: "local", request: { input: "x" }, createdAt: Date.now() });
    const { id, conversation, message } = (await left.createStream(start)).record;
    await left.close();
    // Its writers have died of it before.
    change(file, "UPDATE entries SET body = x'7b'; UPDATE streams SET term = 8");
    const proxy = await runProxy([fakeProvider("p", [text("next"), finish])], { store: `sqlite:${file}`, resilience });
    t.after(() => proxy.close());
    const shown = (await (await proxy.get(`/v1/streams/${id}/message`)).json()) as { status: string; id: string };
    assert.deepEqual([shown.status, shown.id], ["interrupted", message]);
    const next = await proxy.post("/v1/streams", { input: "y", conversation });
    assert.equal(next.status, 201);
  });

  test("after a crash that left many goes on with each of them, before it is its turn", async (t) => {
    const file = newFile(t);
    const left = openSqliteLog(file);
    const ids: string[] = [];
    for (let count = 0; count < 230; count++) {
      const owner = "local";
      const { record } = await left.createStream(newStream({ owner, request: { input: "x" }, createdAt: Date.now() }));
      ids.push(record.id);
    }
    await left.close();
    const proxy = await runProxy([fakeProvider("p", [text("whole"), finish])], {
      store: `sqlite:${file}`,
      resilience: { leaseMs: 3_000 },
    });
    t.after(() => proxy.close());
    const last = await proxy.get(`/v1/streams/${ids.at(-1)}/live`);
    assert.equal(textOf(await last.text()), "whole");
  });
});
