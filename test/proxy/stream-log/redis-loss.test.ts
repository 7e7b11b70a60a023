/** What becomes of the Redis store's streams when its server dies, with and without what it had acknowledged. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import fc from "fast-check";
import { isStreamError } from "../../../protocol/index.ts";
import type { StreamEvent } from "../../../protocol/index.ts";
import { makeBatch } from "../../../proxy/stream-log/batch.ts";
import { openRedisLog } from "../../../proxy/stream-log/redis-log.ts";
import type { StreamLog, StreamRecord } from "../../../proxy/stream-log/stream-log.ts";
import { LEASE, newStream } from "../../contracts/new-stream.ts";
import { startRedisServer, withoutRedis } from "../../fakes/redis-server.ts";
import type { RedisServer } from "../../fakes/redis-server.ts";
import { openTcpFaults } from "../../fakes/tcp-faults.ts";

const SUCCESSOR = { replica: "r_successor", ttlMs: 60_000 };
const delta = (text: string): StreamEvent => ({ type: "delta", block: 0, kind: "text", text });
const unavailable = (thrown: unknown) => isStreamError(thrown) && thrown.code === "storage_unavailable";
const conflict = (thrown: unknown) => isStreamError(thrown) && thrown.code === "conflict";

describe("the Redis store and the death of its server", { skip: withoutRedis }, () => {
  let server: RedisServer;
  let stores = 0;
  let url: string;
  let log: StreamLog;
  const forgetAll: (() => void)[] = [];
  before(async () => {
    server = await startRedisServer();
    forgetAll.push(server.remember());
  });
  after(() => server.close());
  beforeEach(async () => {
    url = `${server.url}/?prefix=t${++stores}:`;
    log = await openRedisLog(url);
  });
  afterEach(() => log.close());

  const restart = async (change: () => unknown = () => {}) => {
    await server.kill();
    await change();
    await server.start();
  };
  const begin = async () => (await log.createStream(newStream())).record;
  const say = (record: Pick<StreamRecord, "id" | "term">, seq: number, ...texts: string[]) =>
    log.append(record.id, record.term, makeBatch(texts.map(delta), seq, 1));
  const textsOf = async (id: string) =>
    (await log.read(id, 0, 10_000)).flatMap((entry) => (entry.type === "delta" ? [entry.text] : []));

  test("appends wait for a server that comes back, and nothing is lost or doubled", async () => {
    const streams = await Promise.all(Array.from({ length: 20 }, begin));
    const writing = streams.map(async (record) => {
      for (let seq = 2; seq < 30; seq++) await say(record, seq, `${seq}`);
    });
    await say(await begin(), 2, "it writes");
    await restart();
    await Promise.all(writing);
    for (const { id, inc } of streams) {
      assert.deepEqual(
        await textsOf(id),
        Array.from({ length: 28 }, (_, index) => `${index + 2}`),
      );
      assert.equal((await log.findStream(id))!.inc, inc);
    }
  });

  test("an append whose answer is lost with its connection is sent again, and done once", async (t) => {
    const faults = await openTcpFaults(server.port);
    t.after(() => faults.close());
    const far = await openRedisLog(`redis://127.0.0.1:${faults.port}/?prefix=t${stores}:`);
    t.after(() => far.close());
    const { record } = await far.createStream(newStream());
    const append = (seq: number, text: string) => far.append(record.id, 1, makeBatch([delta(text)], seq, 1));
    for (let seq = 2; seq < 7; seq++) {
      const cut = faults.cutAfter(1);
      await Promise.all([append(seq, `${seq}`), cut]);
    }
    assert.deepEqual(await textsOf(record.id), ["2", "3", "4", "5", "6"]);
  });

  test("a writer that outlives the server, and finds all it was acknowledged, keeps the incarnation for its successor", async () => {
    const record = await begin();
    await say(record, 2, "before");
    await restart();
    await say(record, 3, "after");
    await log.release(record.id, 1);
    const taken = await log.takeOver(record.id, SUCCESSOR);
    assert.deepEqual([taken?.inc, taken?.tail, taken?.term], [record.inc, 3, 2]);
  });

  test("who takes a stream over after the server died cannot know that all is there: another incarnation", async () => {
    const record = await begin();
    await say(record, 2, "before");
    await restart();
    await log.release(record.id, 1);
    const taken = await log.takeOver(record.id, SUCCESSOR);
    assert.deepEqual([taken?.tail, taken?.term], [2, 2]);
    assert.notEqual(taken?.inc, record.inc);
    await log.release(record.id, 2);
    assert.equal((await log.takeOver(record.id, LEASE))!.inc, taken!.inc);
  });

  test("a writer whose acknowledged entries are gone is refused, and the stream gets another incarnation", async () => {
    const record = await begin();
    await say(record, 2, "kept");
    const back = server.remember();
    await say(record, 3, "lost");
    await restart(back);
    await assert.rejects(say(record, 4, "after"), conflict);
    const found = (await log.findStream(record.id))!;
    assert.deepEqual([found.tail, await textsOf(record.id)], [2, ["kept"]]);
    assert.notEqual(found.inc, record.inc);
    const taken = await log.takeOver(record.id, LEASE);
    assert.deepEqual([taken?.inc, taken?.tail], [found.inc, 2]);
    await say({ id: record.id, term: 2 }, 3, "anew");
    assert.deepEqual(await textsOf(record.id), ["kept", "anew"]);
  });

  test("a stream that is gone as a whole is refused to its writer and not found", async () => {
    const record = await begin();
    await restart(forgetAll[0]);
    await assert.rejects(say(record, 2, "after"), conflict);
    assert.equal(await log.findStream(record.id), null);
    assert.deepEqual(await log.renew(LEASE, [record.id]), [record.id]);
    assert.equal(await log.takeOver(record.id, LEASE), null);
  });

  test("a store is closed although its server has died or says nothing", async () => {
    server.pause();
    const asked = assert.rejects(log.check(), unavailable);
    await log.close();
    await asked;
    server.resume();
    const other = await openRedisLog(url);
    await restart(() => assert.doesNotReject(other.close()));
    await other.close();
    await assert.rejects(other.check(), unavailable);
  });

  test("whoever watches is woken once the server is back, whatever was missed", async () => {
    const record = await begin();
    const woken = Promise.withResolvers<void>();
    const stop = log.watch(record.id, () => woken.resolve());
    await restart();
    await woken.promise;
    stop();
  });

  test("after any schedule of appends, deaths and losses: all that was acknowledged, or another incarnation, or nothing", async () => {
    const step = fc.record({
      stream: fc.nat(3),
      act: fc.constantFrom("append", "append", "append", "append", "remember", "restart", "lose"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 25 }), async (steps) => {
        const streams = await Promise.all(Array.from({ length: 4 }, begin));
        const acknowledged = streams.map((): string[] => []);
        let back = server.remember();
        let deaths = 0;
        for (const [index, { stream, act }] of steps.entries()) {
          const record = streams[stream]!;
          if (act === "append") {
            const text = `${stream}.${index}`;
            try {
              await say(record, acknowledged[stream]!.length + 2, text);
              acknowledged[stream]!.push(text);
            } catch (thrown) {
              assert.ok(conflict(thrown), String(thrown));
            }
          } else if (act === "remember") {
            back = server.remember();
          } else if (deaths++ < 3) {
            await restart(act === "lose" ? back : undefined);
          }
        }
        for (const [index, { id, inc }] of streams.entries()) {
          // Its writer is gone: another one looks at what is there.
          await log.release(id, 1);
          const found = await log.takeOver(id, SUCCESSOR);
          const texts = await textsOf(id);
          assert.deepEqual(texts, acknowledged[index]!.slice(0, texts.length), "not what was acknowledged");
          if (found?.inc === inc) assert.equal(texts.length, acknowledged[index]!.length, "lost, and not told");
          else if (found === null) assert.deepEqual(texts, []);
        }
      }),
      { numRuns: 12 },
    );
  });
});
