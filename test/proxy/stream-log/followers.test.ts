import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { StreamError, visibleText } from "../../../protocol/index.ts";
import type { LogEntry } from "../../../protocol/index.ts";
import { Followers } from "../../../proxy/stream-log/followers.ts";
import { ATTENDED_MS } from "../../../proxy/stream-log/replicas.ts";
import type { StreamLog, StreamRecord } from "../../../proxy/stream-log/stream-log.ts";
import type { StreamTail } from "../../../proxy/stream-log/tail.ts";

const RECORD = { id: "s", inc: "i", term: 1, status: "running", tail: 0, first: 1 } as StreamRecord;
const turn = () => new Promise(setImmediate);

/** As much of a store that others write to as following needs. */
class FarStore {
  entries: LogEntry[] = [];
  record: StreamRecord | null = RECORD;
  failure: Error | null = null;
  isShared = true;
  readonly attended: number[] = [];
  readonly log = {
    read: async (_id: string, after: number, limit: number) => {
      if (this.failure !== null) throw this.failure;
      return this.entries.filter(({ seq }) => seq > after).slice(0, limit);
    },
    findStream: async () => this.record,
    watch: (_id: string, wake: () => void) => {
      this.wake = wake;
      return () => {};
    },
    attend: async (_id: string, seq: number) => void this.attended.push(seq),
    get isShared() {
      return store.isShared;
    },
  } as unknown as StreamLog;
  wake = () => {};

  write(...texts: string[]): void {
    for (const text of texts) {
      const seq = (this.entries.at(-1)?.seq ?? 0) + 1;
      if (seq === 1) this.entries.push({ type: "block.start", block: 0, kind: "text", seq, ts: 0 });
      else this.entries.push({ type: "delta", block: 0, kind: "text", text, seq, ts: 0 });
    }
  }
}

let store: FarStore;
let followers: Followers;

beforeEach(() => {
  store = new FarStore();
  followers = new Followers(store.log);
  mock.timers.enable({ apis: ["setInterval", "Date"] });
});
afterEach(() => {
  followers.close();
  mock.timers.reset();
});

/** What listeners of a tail hear. */
function listen(tail: StreamTail) {
  const heard = { batches: 0, lost: [] as string[] };
  tail.listen({
    committed: () => void heard.batches++,
    noted: () => {},
    lost: ({ code }) => void heard.lost.push(code),
  });
  return heard;
}

describe("a stream that is written elsewhere", () => {
  test("is followed once for all who watch, by hints and by looking all the same", async () => {
    store.write("", "a");
    const [tail, same] = [await followers.follow(RECORD), await followers.follow(RECORD)];
    assert.deepEqual([tail === same, followers.size, visibleText(tail.message)], [true, 1, "a"]);
    store.write("b");
    store.wake();
    await turn();
    assert.equal(visibleText(tail.message), "ab");
    store.write("c");
    mock.timers.tick(1_000);
    await turn();
    assert.equal(visibleText(tail.message), "abc");
  });

  test("whose entries were lost is never gone on with: its readers are told, and the next follow the new one", async () => {
    store.write("", "a", "b");
    const tail = await followers.follow(RECORD);
    const heard = listen(tail);
    store.entries.length = 2;
    store.record = { ...RECORD, inc: "other" };
    store.write("x", "y", "z");
    store.wake();
    await turn();
    assert.deepEqual(heard, { batches: 0, lost: ["incarnation_changed"] });
    assert.equal(followers.size, 0);
    const next = await followers.follow(store.record);
    assert.equal(visibleText(next.message), "axyz");
    await assert.rejects(new Followers(store.log).follow(RECORD), { code: "incarnation_changed" });
  });

  test("that is deleted, or has lost its beginning, tells its readers", async () => {
    store.write("", "a");
    const heard = listen(await followers.follow(RECORD));
    store.record = null;
    store.entries = [];
    store.wake();
    await turn();
    assert.deepEqual(heard.lost, ["not_found"]);

    store.record = RECORD;
    store.write("", "a", "b", "c");
    const late = listen(await followers.follow({ ...RECORD, id: "t" }));
    store.write("d", "e");
    store.entries = store.entries.slice(-1);
    store.wake();
    await turn();
    assert.deepEqual(late, { batches: 0, lost: ["cursor_expired"] });
  });

  test("is followed on while the store fails, also when it was about to be taken", async () => {
    store.write("", "a");
    const tail = await followers.follow(RECORD);
    store.failure = new StreamError("storage_unavailable", "down");
    await assert.rejects(followers.take({ ...RECORD, term: 2 }), { code: "storage_unavailable" });
    store.failure = null;
    store.write("b");
    mock.timers.tick(1_000);
    await turn();
    assert.equal(visibleText(tail.message), "ab");
    const taken = await followers.take({ ...RECORD, term: 2 });
    assert.deepEqual([taken === tail, tail.record.term, followers.size], [true, 2, 0]);
    assert.equal(await followers.take(RECORD), null);
  });

  test("is left half a minute after the last reader", async () => {
    const tail = await followers.follow(RECORD);
    const leave = tail.watch();
    mock.timers.tick(60_000);
    assert.equal(followers.size, 1);
    leave();
    mock.timers.tick(30_000);
    assert.equal(followers.size, 1);
    mock.timers.tick(2_000);
    assert.equal(followers.size, 0);
  });

  test("has its writer told who reads it here: again and again, and soon when they have moved far", async (t) => {
    t.mock.method(performance, "now", () => Date.now());
    const tail = await followers.follow(RECORD);
    mock.timers.tick(3_000);
    assert.deepEqual(store.attended, [], "nobody reads");
    let position = 1;
    tail.watch({ position: () => position });
    tail.seq = 5_000;
    mock.timers.tick(1_000);
    assert.deepEqual(store.attended, [1]);
    mock.timers.tick(4_000);
    assert.deepEqual(store.attended, [1]);
    mock.timers.tick(1_000);
    assert.deepEqual(store.attended, [1, 1]);
    position = 1_001;
    mock.timers.tick(1_000);
    assert.deepEqual(store.attended, [1, 1, 1_001]);
    store.isShared = false;
    mock.timers.tick(10_000);
    assert.equal(store.attended.length, 3, "a store of one process has nobody to tell");
  });

  test("and read elsewhere is watched, as long as that is said", async () => {
    store.write("", "a", "b");
    const tail = await followers.follow(RECORD);
    mock.timers.tick(2_000);
    assert.deepEqual([tail.furthest, tail.unwatchedMs > 0], [null, true]);
    tail.attended({ seq: 2, agoMs: 1_000 });
    assert.deepEqual([tail.furthest, tail.unwatchedMs], [2, 0]);
    tail.watch({ position: () => 1 });
    assert.equal(tail.furthest, 2);
    tail.attended({ seq: 10, agoMs: 0 });
    assert.equal(tail.furthest, 3, "at most what there is");
    mock.timers.tick(ATTENDED_MS);
    assert.equal(tail.furthest, 1);
  });
});
