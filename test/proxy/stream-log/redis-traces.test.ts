/** What the Redis store leaves behind, and what it makes of what a crash has left. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { createClient } from "redis";
import { emptyMessage, isStreamError } from "../../../protocol/index.ts";
import { makeBatch } from "../../../proxy/stream-log/batch.ts";
import { RedisConnection } from "../../../proxy/stream-log/redis-connection.ts";
import { RedisKeys } from "../../../proxy/stream-log/redis-keys.ts";
import { openRedisLog } from "../../../proxy/stream-log/redis-log.ts";
import { RedisStarts } from "../../../proxy/stream-log/redis-starts.ts";
import { CREATE } from "../../../proxy/stream-log/redis-stream-scripts.ts";
import { parseRedisUrl } from "../../../proxy/stream-log/redis-url.ts";
import type { StreamLog, StreamRecord } from "../../../proxy/stream-log/stream-log.ts";
import { newStream } from "../../contracts/new-stream.ts";
import { startRedisServer, withoutRedis } from "../../fakes/redis-server.ts";
import type { RedisServer } from "../../fakes/redis-server.ts";

const DAY = "2026-11-20";
const END = {
  type: "stream.end",
  reason: "stop",
  usage: { input: 1, output: 2, final: true },
  timings: { totalMs: 5 },
  digest: 0,
} as const;

describe("what the Redis store leaves behind", { skip: withoutRedis }, () => {
  let server: RedisServer;
  let stores = 0;
  let prefix: string;
  let url: string;
  let log: StreamLog;
  let raw: { command(...args: string[]): Promise<unknown>; close(): Promise<void> };
  before(async () => {
    server = await startRedisServer();
    const client = createClient({ url: server.url, RESP: 2 });
    await client.connect();
    raw = { command: (...args) => client.sendCommand(args), close: () => client.close() };
  });
  after(async () => {
    await raw.close();
    await server.close();
  });
  beforeEach(async () => {
    prefix = `t${++stores}:`;
    url = `${server.url}/?prefix=${prefix}`;
    log = await openRedisLog(url);
  });
  afterEach(() => log.close());

  const keys = async () =>
    ((await raw.command("KEYS", `${prefix}*`)) as string[]).map((key) => key.slice(prefix.length)).sort();
  const end = ({ id, term, message, tail }: StreamRecord, spent = 0) =>
    log.append(id, term, makeBatch([END], tail + 1, 1_000), {
      ...{ status: "complete", message: { ...emptyMessage("inc"), id: message }, spent, receipt: "a.b.c" },
    });
  const accounts = [{ key: "total", day: DAY, limit: 1_000 }];

  test("retention leaves nothing of what it removes, and a deletion neither", async () => {
    const [one, other] = [newStream({ sendId: "k" }), newStream()];
    const [{ record }, deleted] = [await log.createStream(one), await log.createStream(other)];
    await log.ledger.hold(record.id, accounts, 100);
    await log.leaveOutcome(record.id, "call", { result: 1 });
    await log.append(record.id, 1, makeBatch([{ type: "delta", block: 0, kind: "text", text: "a" }], 2, 1), undefined, [
      { provider: "p", firstBlock: 0, nextBlock: 1, natives: [] },
    ]);
    await end({ ...record, tail: 2 }, 10);
    await log.deleteConversation(deleted.record.conversation);
    assert.deepEqual(await log.trim({ streamsBefore: 2_000, conversationsBefore: 0 }), {
      streams: 1,
      conversations: 0,
    });
    assert.ok((await keys()).every((key) => !/^send:|\}:(entries|outcomes):/.test(key)));
    const far = Date.UTC(2030, 0);
    assert.deepEqual(await log.trim({ streamsBefore: far, conversationsBefore: far }), {
      streams: 0,
      conversations: 1,
    });
    assert.deepEqual(await keys(), ["kept:schema"]);
  });

  test("whatever retention should ever lose sight of expires by itself", async () => {
    const { record } = await log.createStream(newStream({ sendId: "k" }));
    await log.ledger.hold(record.id, accounts, 100);
    await log.leaveOutcome(record.id, "call", { result: 1 });
    await end(record);
    const forEver: string[] = [];
    for (const key of await keys()) {
      if (Number(await raw.command("PTTL", prefix + key)) < 0) forEver.push(key);
    }
    // One key each, whatever the traffic; what is in them is put right by whoever looks.
    assert.deepEqual(forEver, ["conversations", "days", "ended", "kept:schema"]);
  });

  test("a start that was cut off after its send id was taken is replaced by the next try", async () => {
    const cut = newStream({ sendId: "k" });
    const { id, conversation } = cut.stream;
    const bound = JSON.stringify({ stream: id, conversation, fingerprint: "f" });
    await raw.command("SET", `${prefix}send:ann:k`, bound);
    assert.equal(await log.findSend("ann", "k", "f"), null);
    const next = newStream({ sendId: "k" });
    const made = await log.createStream(next);
    assert.deepEqual([made.created, made.record.id], [true, next.stream.id]);
    assert.equal((await log.findSend("ann", "k", "f"))?.id, next.stream.id);
    // The one that was thought dead comes back: it joins, and is never made.
    const late = await log.createStream(cut);
    assert.deepEqual([late.created, late.record.id], [false, next.stream.id]);
    assert.equal(await log.findStream(id), null);
  });

  test("a start that is slower than its successor joins it: never two streams for one send id", async (t) => {
    const connection = await RedisConnection.open(parseRedisUrl(url), {});
    t.after(() => connection.close());
    const gate = Promise.withResolvers<void>();
    const stuck = {
      call: connection.call.bind(connection),
      async run(...[script, keys, args]: Parameters<RedisConnection["run"]>) {
        if (script === CREATE) await gate.promise;
        return connection.run(script, keys, args);
      },
    } as unknown as RedisConnection;
    const slow = newStream({ sendId: "k" });
    const started = new RedisStarts(stuck, new RedisKeys(prefix), 60_000).start(slow, "mark");
    while ((await raw.command("EXISTS", `${prefix}send:ann:k`)) === 0);
    const next = newStream({ sendId: "k" });
    assert.equal((await log.createStream(next)).created, true);
    gate.resolve();
    assert.equal(await started, next.stream.id);
    assert.equal(await log.findStream(slow.stream.id), null);
    assert.equal(await log.findConversation(slow.stream.conversation), null);
  });

  test("a stream that ended and whose money was not settled is settled once, by anybody", async (t) => {
    const { record } = await log.createStream(newStream());
    await log.ledger.hold(record.id, accounts, 400);
    const meta = `${prefix}{${record.conversation}}:meta:${record.id}`;
    // Its process dies between the end and the settlement.
    await raw.command("HDEL", meta, "day");
    await end(record, 250);
    await raw.command("HSET", meta, "day", DAY);
    assert.deepEqual(await log.ledger.account("total", DAY), { spent: 0, reserved: 400 });
    const other = await openRedisLog(url);
    t.after(() => other.close());
    await Promise.all([log, other].map((one) => one.trim({ streamsBefore: 0, conversationsBefore: 0 })));
    assert.deepEqual(await log.ledger.account("total", DAY), { spent: 250, reserved: 0 });
    // A writer that does not know sets nothing aside any more.
    assert.equal((await log.ledger.hold(record.id, accounts, 100)).held, 0);
    await log.trim({ streamsBefore: 0, conversationsBefore: 0 });
    assert.deepEqual(await other.ledger.account("total", DAY), { spent: 250, reserved: 0 });
  });

  test("hints that are wrong are put right by whoever looks", async () => {
    const { record } = await log.createStream(newStream());
    const ended = (await log.createStream(newStream())).record;
    await end(ended);
    for (const id of ["s_none", record.id, ended.id]) await raw.command("ZADD", `${prefix}running`, "1", id);
    await raw.command("ZREM", `${prefix}ended`, ended.id);
    assert.deepEqual(await log.abandoned(10), []);
    assert.deepEqual(await raw.command("ZRANGE", `${prefix}running`, "0", "-1"), [record.id]);
    assert.deepEqual(await raw.command("ZRANGE", `${prefix}ended`, "0", "-1"), [ended.id]);
  });

  test("scripts that the server has forgotten are sent again", async () => {
    const { record } = await log.createStream(newStream());
    await raw.command("SCRIPT", "FLUSH");
    await end(record);
    assert.equal((await log.findStream(record.id))?.status, "complete");
  });

  test("a store of another schema is refused", async () => {
    await raw.command("SET", `${prefix}kept:schema`, "999");
    await assert.rejects(openRedisLog(url), (thrown: unknown) => isStreamError(thrown) && /999/.test(thrown.message));
  });
});
