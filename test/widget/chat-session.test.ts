import assert from "node:assert/strict";
import { test } from "node:test";
import { isStreamError } from "../../protocol/index.ts";
import type { LogEntry } from "../../protocol/index.ts";
import { tabMemory } from "../../widget/connection/memory.ts";
import { answerLog, ChatPage, isIdle, onPage } from "../fakes/chat-page.ts";
import { FakeProxy } from "../fakes/fake-proxy.ts";

test("after a reload the tab's conversation is shown and its running answer goes on", async () => {
  await onPage(async (page) => {
    const log = answerLog(1, ["Hello", " you"]);
    page.proxy.onStart = () => page.proxy.add("s_1", log.slice(0, 5));
    await page.controller.send("Hi");
    await page.until(() => page.texts[1] === "Hello");
    page.close();
    page.proxy.conversations.set("c_1", {
      id: "c_1",
      agent: "default",
      head: "m_1",
      messages: [
        { role: "user", id: "m_0", parent: null, text: "Hi", attachments: [], ts: 1 },
        { ...page.proxy.message("s_1"), parent: "m_0", ts: 2 },
      ],
    });
    const reloaded = new ChatPage(page.proxy);
    await reloaded.until(() => reloaded.texts[1] === "Hello");
    assert.equal(reloaded.controller.conversation, "c_1");
    page.proxy.append("s_1", log.slice(5));
    await reloaded.until(isIdle);
    assert.deepEqual(reloaded.texts, ["Hi", "Hello you"]);
    assert.equal(page.proxy.starts.length, 1);
    reloaded.close();
  });
});

test("a message that was on its way at a reload is not asked twice", async () => {
  await onPage(async (page) => {
    page.proxy.http = ({ method }) => (method === "POST" ? "cut" : null);
    page.proxy.onStart = () => page.proxy.add("s_1", answerLog(1, ["ok"]));
    void page.controller.send("Hi").catch(() => {});
    await page.until(() => page.proxy.attempts.post > 0 && page.controller.connection.state === "waiting");
    page.close();
    page.proxy.http = () => null;
    const reloaded = new ChatPage(page.proxy);
    await reloaded.until((controller) => isIdle(controller) && controller.messages.length === 2);
    assert.deepEqual(reloaded.texts, ["Hi", "ok"]);
    assert.equal(page.proxy.starts.length, 1);
    reloaded.close();
  });
});

test("an element moved in the page keeps its messages and reads on", async () => {
  await onPage(async (page) => {
    const log = answerLog(1, ["Hello", " you"]);
    page.proxy.onStart = () => page.proxy.add("s_1", log.slice(0, 5));
    await page.controller.send("Hi");
    await page.until(() => page.texts[1] === "Hello");
    page.controller.hostDisconnected();
    page.controller.hostConnected();
    assert.deepEqual(page.texts, ["Hi", "Hello"]);
    page.proxy.append("s_1", log.slice(5));
    await page.until((controller) => isIdle(controller) && page.texts[1] === "Hello you");
    assert.equal(page.proxy.attempts.ws, 1);
  });
});

test("a remembered conversation that is gone is a new conversation, not a failure", async () => {
  const proxy = await FakeProxy.open();
  tabMemory.remember(`chat:${proxy.url}||chat`, JSON.stringify({ conversation: "c_gone", waiting: [] }));
  const page = new ChatPage(proxy);
  await page.until(({ conversation }) => conversation === null);
  assert.deepEqual(
    page.types().filter((type) => type === "error"),
    [],
  );
  page.close();
  await proxy.close();
});

test("clear() begins a new conversation and forgets the old one", async () => {
  await onPage(async (page) => {
    page.proxy.onStart = (_request, number) => page.proxy.add(`s_${number}`, answerLog(number, ["ok"]));
    await page.controller.send("one");
    await page.until(isIdle);
    page.controller.clear();
    assert.deepEqual(page.texts, []);
    assert.equal(page.controller.conversation, null);
    await page.controller.send("two");
    await page.until(isIdle);
    assert.deepEqual(page.texts, ["two", "ok"]);
    assert.equal(page.proxy.starts[1]?.conversation, undefined);
  });
});

test("a stream that is gone ends the answer with the error, keeping what was shown", async () => {
  await onPage(async (page) => {
    page.proxy.onStart = () => page.proxy.add("s_1", answerLog(1, ["Hello"], false));
    await page.controller.send("Hi");
    await page.until(() => page.texts[1] === "Hello");
    page.proxy.streams.delete("s_1");
    page.proxy.cutAll();
    await page.until(isIdle);
    const answer = page.controller.messages[1];
    assert.deepEqual(answer?.role === "assistant" && [answer.status, answer.end?.error?.code], ["error", "not_found"]);
    assert.equal(page.texts[1], "Hello");
  });
});

test("a bad endpoint shows as a failed connection naming the field", async () => {
  await onPage(
    async (page) => {
      assert.equal(page.controller.connection.state, "failed");
      assert.equal(page.controller.connection.error?.field, "endpoint");
      await assert.rejects(
        () => page.controller.send("Hi"),
        (error) => isStreamError(error) && error.field === "endpoint",
      );
    },
    { endpoint: "ftp://example.com" },
  );
});

test("options that change begin anew at the next update", async () => {
  await onPage(async (page) => {
    page.proxy.onStart = () => page.proxy.add("s_1", answerLog(1, ["ok"]));
    await page.controller.send("one");
    await page.until(isIdle);
    page.options = { ...page.options, agent: "other" };
    page.controller.hostUpdate();
    assert.deepEqual(page.texts, []);
    await page.controller.send("two");
    assert.equal(page.proxy.starts[1]?.agent, "other");
  });
});

test("the first agent greets, or the one that was asked for", async () => {
  await onPage(async (page) => {
    await page.until(({ agent }) => agent !== null);
    assert.deepEqual(page.controller.agent, { name: "default", greeting: "Hello" });
  });
});

test("a note of the proxy's shows with its phase, until the next content", async () => {
  await onPage(async (page) => {
    const log = answerLog(1, ["Hello", " you"]);
    page.proxy.onStart = () => page.proxy.add("s_1", log.slice(0, 5));
    await page.controller.send("Hi");
    await page.until(() => page.texts[1] === "Hello");
    page.proxy.broadcast({ type: "status", s: 1, phase: "retrying", detail: "upstream_truncated", delayMs: 10 });
    await page.until(({ connection }) => connection.phase === "retrying");
    assert.equal(page.controller.connection.detail, "upstream_truncated");
    page.proxy.append("s_1", log.slice(5, 6));
    await page.until(() => page.texts[1] === "Hello you");
    assert.equal(page.controller.connection.phase, undefined);
    assert.equal(page.controller.status, "streaming");
    page.proxy.append("s_1", log.slice(6));
    await page.until(isIdle);
  });
});

test("a note that tells when the provider is asked again is told as a time", async () => {
  await onPage(async (page) => {
    page.proxy.onStart = () => page.proxy.add("s_1", answerLog(1, ["Hello"], false));
    await page.controller.send("Hi");
    await page.until(() => page.texts[1] === "Hello");
    const before = Date.now();
    page.proxy.broadcast({ type: "status", s: 1, phase: "retrying", delayMs: 60_000 });
    await page.until(({ connection }) => connection.phase === "retrying");
    const { state, retryAt = 0 } = page.controller.connection;
    assert.equal(state, "open");
    assert.ok(retryAt >= before + 60_000 && retryAt <= Date.now() + 60_000);
  });
});

/** What follows a first attempt that broke off, as the viewer's connection then says. */
async function saidOf(attempt: { cause: string; mode: string; model: string }): Promise<unknown[]> {
  let said: unknown[] = [];
  await onPage(async (page) => {
    page.proxy.onStart = () => page.proxy.add("s_1", answerLog(1, ["Hello"], false));
    await page.controller.send("Hi");
    await page.until(() => page.texts[1] === "Hello");
    const seq = answerLog(1, ["Hello"], false).length + 1;
    const start = { type: "attempt.start", seq, ts: 0, attempt: 2, provider: "q", ...attempt };
    page.proxy.append("s_1", [start as LogEntry]);
    await page.until(({ messages }) => messages.some((it) => it.role === "assistant" && it.attempts === 2));
    const { phase, detail } = page.controller.connection;
    said = [phase, detail];
  });
  return said;
}

test("another model that takes over is named, where viewers may see models", async () => {
  assert.deepEqual(await saidOf({ cause: "fallback", mode: "fresh", model: "small-2" }), ["fallback", "small-2"]);
  assert.deepEqual(await saidOf({ cause: "fallback", mode: "fresh", model: "" }), [undefined, undefined]);
  assert.deepEqual(await saidOf({ cause: "retry", mode: "fresh", model: "m" }), [undefined, undefined]);
});

test("an attempt that goes on where the answer broke off says so", async () => {
  assert.deepEqual(await saidOf({ cause: "retry", mode: "reattach", model: "m" }), ["resuming", undefined]);
  assert.deepEqual(await saidOf({ cause: "fallback", mode: "prefix", model: "n" }), ["resuming", undefined]);
});

test("an answer that failed for a while knows when asking again may help", async () => {
  await onPage(async (page) => {
    const log = answerLog(1, []);
    const error = { code: "circuit_open", message: "It rests", retryable: true, retryAfterMs: 60_000 } as const;
    const failed = log.map((entry) => (entry.type === "stream.end" ? { ...entry, reason: "error", error } : entry));
    page.proxy.onStart = () => page.proxy.add("s_1", failed as LogEntry[]);
    const before = Date.now();
    await page.controller.send("Hi");
    await page.until(isIdle);
    const { retryAt = 0 } = page.controller.messages.at(-1)!;
    assert.ok(retryAt >= before + 60_000 && retryAt <= Date.now() + 60_000);
  });
});
