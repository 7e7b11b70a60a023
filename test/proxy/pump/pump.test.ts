import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { crc32, fold, emptyMessage, isStreamError, StreamError, visibleText } from "../../../protocol/index.ts";
import type { LogEntry, Message } from "../../../protocol/index.ts";
import type { Answer } from "../../../proxy/agent/loop.ts";
import { StreamTools } from "../../../proxy/agent/stream-tools.ts";
import { ToolInbox } from "../../../proxy/agent/tool-inbox.ts";
import { Fence } from "../../../proxy/pump/fence.ts";
import { pump } from "../../../proxy/pump/pump.ts";
import { closeOrphan } from "../../../proxy/pump/recover.ts";
import { readUnfinished } from "../../../proxy/pump/unfinished-stream.ts";
import type { ProviderEvent } from "../../../proxy/provider/provider.ts";
import { makeBatch } from "../../../proxy/stream-log/batch.ts";
import { openSqliteLog } from "../../../proxy/stream-log/sqlite-log.ts";
import type { StreamLog, StreamRecord } from "../../../proxy/stream-log/stream-log.ts";
import { StreamTail } from "../../../proxy/stream-log/tail.ts";
import { LEASE } from "../../contracts/new-stream.ts";
import { fakeAnswer } from "../../fakes/fake-answer.ts";
import { fakeProvider, finish, more, settle, text } from "../../fakes/fake-provider.ts";
import type { FakeProvider } from "../../fakes/fake-provider.ts";

const MARKS = { capacityEvents: 10, high: 0.8, low: 0.3 };
const NO_TOOLS = new StreamTools({
  stream: "s_1",
  own: {},
  page: [],
  inbox: new ToolInbox(),
  waitMs: 1,
  resultChars: 100,
  onFailure: assert.fail,
});
const never = new Promise<never>(() => {});
/** Nobody else writes the stream. */
const signals = () => ({ stop: new AbortController(), fence: new Fence() });
const truncated = new StreamError("upstream_truncated", "cut");

describe("pump()", () => {
  let log: StreamLog;
  let record: StreamRecord;
  let tail: StreamTail;

  beforeEach(async () => {
    log = openSqliteLog(":memory:");
    const ids = { id: "s_1", agent: "a", conversation: "c_1", message: "m_2" };
    const first = makeBatch([{ type: "stream.start", ...ids }], 1, Date.now());
    const stream = { ...ids, inc: "i", owner: "o", parent: "m_1", createdAt: Date.now() };
    const turn = {
      id: "m_1",
      conversation: "c_1",
      role: "user",
      parent: null,
      createdAt: 1,
      text: "q",
      attachments: [],
    } as const;
    ({ record } = await log.createStream({
      stream,
      turn,
      title: "q",
      first,
      fingerprint: "",
      request: null,
      lease: LEASE,
    }));
    tail = new StreamTail(record);
    tail.publish(first);
  });
  afterEach(() => log.close());

  const answerOf = (providers: readonly FakeProvider[], budget?: Parameters<typeof fakeAnswer>[2]): Answer =>
    fakeAnswer(providers, { tools: NO_TOOLS }, budget);

  const run = (providers: readonly FakeProvider[], stop = new AbortController(), totalMs = 60_000) =>
    pump(async () => answerOf(providers), { log, tail, marks: MARKS, totalMs }, { ...signals(), stop });

  /** Everything in the store, with the invariants of a log checked. */
  async function stored(): Promise<{ entries: readonly LogEntry[]; types: string[]; message: Message }> {
    const entries = await log.read(record.id, 0, 10_000);
    assert.deepEqual(
      entries.map(({ seq }) => seq),
      entries.map((_, index) => index + 1),
    );
    assert.equal(entries.filter(({ type }) => type === "stream.end").length, 1);
    assert.equal(entries.at(-1)!.type, "stream.end");
    const starts = entries.flatMap((entry) => (entry.type === "attempt.start" ? [entry.attempt] : []));
    const ends = entries.flatMap((entry) => (entry.type === "attempt.end" ? [entry.attempt] : []));
    assert.deepEqual(starts, ends);
    const message = fold(emptyMessage(record.inc), entries);
    assert.deepEqual(message, tail.message);
    return { entries, types: entries.map(({ type }) => type), message };
  }

  test("writes one answer from its start to its end, with usage, timings and digest", async () => {
    await run([fakeProvider("p", [text("Hel", "lo"), more(" you"), finish])]);
    const { types, message, entries } = await stored();
    assert.deepEqual(
      types.filter((type) => type !== "delta"),
      [
        "stream.start",
        "step.start",
        "attempt.start",
        "block.start",
        "block.end",
        "usage",
        "attempt.end",
        "step.end",
        "stream.end",
      ],
    );
    assert.equal(visibleText(message), "Hello you");
    assert.deepEqual(
      [message.status, message.end?.reason, message.usage.output, message.usage.final],
      ["complete", "stop", 5, true],
    );
    const end = entries.at(-1)!;
    assert.equal(end.type === "stream.end" && end.digest, crc32("Hello you"));
    assert.ok(message.timings!.firstTokenMs! <= message.timings!.totalMs);
  });

  test("joins neighbouring deltas of one read into one entry", async () => {
    await run([fakeProvider("p", [text("a", "b", "c"), finish])]);
    const { entries } = await stored();
    assert.deepEqual(
      entries.flatMap((entry) => (entry.type === "delta" ? [entry.text] : [])),
      ["abc"],
    );
  });

  test("before content it falls back to the next target and the reader sees no error", async () => {
    const overloaded = new StreamError("provider_overloaded", "busy");
    const [one, two] = [fakeProvider("one", [overloaded]), fakeProvider("two", [text("ok"), finish])];
    await run([one, two]);
    const { entries, message } = await stored();
    assert.equal(visibleText(message), "ok");
    assert.deepEqual(
      entries.flatMap((entry) => (entry.type === "attempt.start" ? [[entry.provider, entry.cause]] : [])),
      [
        ["one", "initial"],
        ["two", "fallback"],
      ],
    );
    assert.equal(
      entries.some(({ type }) => type === "reset"),
      false,
    );
  });

  test("after content a restart voids the partial only when the new text begins, and nothing is doubled", async () => {
    await run([fakeProvider("one", [text("par"), more("tial"), truncated], [text("whole"), finish])]);
    const { entries, types, message } = await stored();
    assert.equal(visibleText(message), "whole");
    assert.ok(types.indexOf("reset") > types.lastIndexOf("attempt.start"));
    const blocks = entries.flatMap((entry) => (entry.type === "block.start" ? [entry.block] : []));
    assert.deepEqual(blocks, [0, 1]);
  });

  test("when the restart fails too the partial is kept and the end says interrupted", async () => {
    await run([fakeProvider("one", [text("partial"), truncated], [truncated])]);
    const { message, types } = await stored();
    assert.equal(visibleText(message), "partial");
    assert.deepEqual([message.status, message.end?.error?.code], ["interrupted", "upstream_truncated"]);
    assert.equal(types.includes("reset"), false);
  });

  test("a refused request is not retried", async () => {
    const provider = fakeProvider("p", [new StreamError("provider_invalid_request", "bad")]);
    await run([provider]);
    const { message } = await stored();
    assert.equal(provider.requests.length, 1);
    assert.deepEqual([message.status, message.end?.error?.code], ["error", "provider_invalid_request"]);
  });

  test("attempts never exceed the budget", async () => {
    const provider = fakeProvider("p", [new StreamError("provider_overloaded", "busy", { retryAfterMs: 0 })]);
    await run([provider]);
    assert.equal(provider.requests.length, 4);
    assert.equal((await stored()).message.status, "error");
  });

  test("an end without the terminal rule is not a success", async () => {
    await run([fakeProvider("p", [text("half")])]);
    const { message } = await stored();
    assert.deepEqual([message.status, message.end?.error?.code], ["interrupted", "upstream_truncated"]);
  });

  test("cancel closes the provider's call and ends the stream cancelled, with what was shown", async () => {
    const stop = new AbortController();
    const provider = fakeProvider("p", [text("so far"), never]);
    const running = run([provider], stop);
    await new Promise<void>((shown) => {
      tail.listen({
        committed: (batch) => batch.entries.some(({ type }) => type === "delta") && shown(),
        noted: () => {},
      });
    });
    stop.abort(new StreamError("cancelled", "stopped"));
    await running;
    const { message, entries } = await stored();
    assert.equal(provider.open, 0);
    assert.deepEqual([message.status, visibleText(message)], ["cancelled", "so far"]);
    assert.equal(entries.find((entry) => entry.type === "attempt.end")?.outcome, "cancelled");
  });

  test("a cancel before the pump begins reaches no provider's content", async () => {
    const stop = new AbortController();
    stop.abort(new StreamError("cancelled", "stopped"));
    await run([fakeProvider("p", [never])], stop);
    assert.equal((await stored()).message.status, "cancelled");
  });

  test("an answer that takes too long in all ends with total_timeout", async () => {
    await run([fakeProvider("p", [text("x"), never])], undefined, 1);
    const { message } = await stored();
    assert.deepEqual([message.status, message.end?.error?.code], ["interrupted", "total_timeout"]);
  });

  test("an answer that cannot be prepared ends with its error", async () => {
    const broken = new StreamError("provider_auth", "no key");
    await pump(() => Promise.reject(broken), { log, tail, marks: MARKS, totalMs: 1_000 }, signals());
    assert.equal((await stored()).message.end?.error?.code, "provider_auth");
  });

  test("reads that hold nothing for the log change nothing: what follows is written", async () => {
    const native: ProviderEvent[] = [{ type: "native", value: { signature: "s" } }];
    await run([fakeProvider("p", [native, [], text("a"), native, settle, [], more("b"), finish])]);
    assert.equal(visibleText((await stored()).message), "ab");
  });

  test("above the high watermark the provider is not pulled until commits have caught up", async () => {
    const gate = Promise.withResolvers<void>();
    const slow: StreamLog = Object.create(log, {
      append: { value: async (...args: Parameters<StreamLog["append"]>) => (await gate.promise, log.append(...args)) },
    });
    let pulled = 0;
    const provider = fakeProvider("p");
    const many = Array.from({ length: 50 }, () => more("x"));
    provider.stream = async function* () {
      yield text("x");
      for (const batch of many) {
        pulled++;
        yield batch;
      }
      yield finish;
    };
    const options = { log: slow, tail, marks: MARKS, totalMs: 60_000 };
    const running = pump(async () => answerOf([provider]), options, signals());
    // Every microtask the pump could run on has run: it stands at the watermark of 8 events.
    await new Promise(setImmediate);
    assert.ok(pulled > 0 && pulled <= 9, `pulled ${pulled}`);
    gate.resolve();
    await running;
    assert.equal(pulled, 50);
    assert.equal(visibleText((await stored()).message), "x".repeat(51));
  });

  test("a store that refuses a write stops the provider's call", async () => {
    const provider = fakeProvider("p", [text("a"), never]);
    const running = run([provider]);
    await log.takeOver(record.id, LEASE);
    await assert.rejects(running, (thrown: unknown) => isStreamError(thrown) && thrown.code === "conflict");
    assert.equal(provider.open, 0);
  });

  test("closeOrphan() ends what a dead process left open, keeps what was shown, and closes every part", async () => {
    await log.append(
      record.id,
      1,
      makeBatch(
        [
          { type: "step.start", step: 1, maxSteps: 8 },
          { type: "attempt.start", attempt: 1, provider: "p", model: "m", cause: "initial", mode: "fresh" },
          { type: "block.start", block: 0, kind: "text" },
          { type: "delta", block: 0, kind: "text", text: "shown" },
          { type: "tool.start", callId: "ended", name: "t", runsOn: "proxy" },
          { type: "tool.end", callId: "ended", ok: true, result: 1, ms: 1 },
          { type: "tool.start", callId: "open", name: "t", runsOn: "proxy" },
        ],
        2,
        1,
      ),
    );
    const taken = await log.takeOver(record.id, LEASE);
    await closeOrphan(log, await readUnfinished(log, taken!), MARKS);
    const entries = await log.read(record.id, 0, 100);
    assert.deepEqual(
      entries.slice(8).map(({ type }) => type),
      ["block.end", "tool.end", "usage", "attempt.end", "step.end", "stream.end"],
    );
    const unknown = entries.find((entry) => entry.type === "tool.end" && entry.callId === "open")!;
    assert.match(unknown.type === "tool.end" ? (unknown.error ?? "") : "", /its outcome is unknown/);
    const message = fold(emptyMessage("i"), entries);
    assert.deepEqual(
      [message.status, message.end?.error?.code, visibleText(message)],
      ["interrupted", "orphaned", "shown"],
    );
    assert.equal(await log.takeOver(record.id, LEASE), null);
  });
});
