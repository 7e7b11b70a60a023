import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyMessage, fold, isStreamError } from "../../protocol/index.ts";
import type { LogEntry } from "../../protocol/index.ts";
import { answerLog, isIdle, onPage } from "../fakes/chat-page.ts";

test("send() shows the question, then the answer as it streams, and ends idle", async () => {
  await onPage(async (page) => {
    const log = answerLog(1, ["Hello", " you"]);
    page.proxy.onStart = () => page.proxy.add("s_1", log.slice(0, 5));
    await page.controller.send("Hi");
    await page.until(() => page.texts[1] === "Hello");
    assert.equal(page.controller.status, "streaming");
    page.proxy.append("s_1", log.slice(5));
    await page.until(isIdle);
    assert.deepEqual(page.texts, ["Hi", "Hello you"]);
    assert.deepEqual(
      page.types().filter((type) => type !== "connection"),
      ["status", "start", "status", "token", "token", "block", "message", "status"],
    );
    const [question, answer] = page.controller.messages;
    assert.equal(question?.role === "user" && question.state, "sent");
    assert.equal(answer?.parent, question?.id);
    assert.deepEqual(answer, { ...fold(emptyMessage("i1"), log), parent: question?.id });
    assert.equal(page.controller.conversation, "c_1");
  });
});

test("messages sent while an answer streams wait for their turn and follow it", async () => {
  await onPage(async (page) => {
    const logs = [answerLog(1, ["one"]), answerLog(2, ["two"])];
    page.proxy.onStart = (_request, number) => page.proxy.add(`s_${number}`, logs[number - 1]!.slice(0, 4));
    await page.controller.send("first");
    const second = page.controller.send("second");
    await page.until(({ messages }) => messages.length === 3);
    assert.deepEqual(page.texts, ["first", "", "second"]);
    const queued = page.controller.messages[2];
    assert.equal(queued?.role === "user" && queued.state, "queued");
    page.proxy.append("s_1", logs[0]!.slice(4));
    await second;
    page.proxy.append("s_2", logs[1]!.slice(4));
    await page.until((controller) => isIdle(controller) && controller.messages.length === 4);
    assert.deepEqual(page.texts, ["first", "one", "second", "two"]);
    assert.deepEqual(
      page.proxy.starts.map(({ input, conversation, parent }) => [input, conversation, parent]),
      [
        ["first", undefined, undefined],
        ["second", "c_1", "m_1"],
      ],
    );
  });
});

test("a message whose answer was lost on the way is delivered once", async () => {
  await onPage(async (page) => {
    let posts = 0;
    page.proxy.http = ({ method, url }) => (method === "POST" && url === "/v1/streams" && posts++ < 3 ? "cut" : null);
    page.proxy.onStart = () => page.proxy.add("s_1", answerLog(1, ["ok"]));
    await page.controller.send("Hi");
    await page.until(isIdle);
    assert.equal(page.proxy.attempts.post, 4);
    assert.equal(page.proxy.starts.length, 1);
    assert.deepEqual(page.texts, ["Hi", "ok"]);
  });
});

test("while the proxy cannot be reached the message is queued and the connection says that it waits", async () => {
  await onPage(async (page) => {
    let isDown = true;
    page.proxy.http = () => (isDown ? "cut" : null);
    page.proxy.onStart = () => page.proxy.add("s_1", answerLog(1, ["ok"]));
    const sent = page.controller.send("Hi");
    await page.until(({ connection }) => connection.state === "waiting" && connection.error !== undefined);
    const [question] = page.controller.messages;
    assert.equal(question?.role === "user" && question.state, "queued");
    assert.equal(page.controller.connection.error?.code, "connect_timeout");
    isDown = false;
    await sent;
    await page.until(isIdle);
    assert.deepEqual(page.texts, ["Hi", "ok"]);
  });
});

test("a refused message stays, marked with the error; retry() sends it again under the same id", async () => {
  await onPage(async (page) => {
    page.proxy.http = ({ method }) => (method === "POST" ? 429 : null);
    await assert.rejects(
      () => page.controller.send("Hi"),
      (error) => isStreamError(error) && error.code === "rate_limited",
    );
    const [failed] = page.controller.messages;
    assert.equal(failed?.role === "user" && failed.state, "failed");
    assert.equal(failed?.role === "user" && failed.error?.code, "rate_limited");
    assert.ok(page.types().includes("error"));
    page.proxy.http = () => null;
    page.proxy.onStart = () => page.proxy.add("s_1", answerLog(1, ["ok"]));
    await page.controller.retry();
    await page.until(isIdle);
    assert.deepEqual(page.texts, ["Hi", "ok"]);
    assert.equal(page.proxy.starts[0]?.sendId, failed?.id);
  });
});

test("stop() tells the proxy and waits for the end in the stream", async () => {
  await onPage(async (page) => {
    const log = answerLog(1, ["Hello", " you"]);
    page.proxy.onStart = () => page.proxy.add("s_1", log.slice(0, 5));
    await page.controller.send("Hi");
    await page.until(() => page.texts[1] === "Hello");
    await page.controller.stop();
    assert.deepEqual(page.proxy.cancelled, ["s_1"]);
    assert.equal(page.controller.status, "stopping");
    const end = { ...log.at(-1)!, seq: 6, reason: "cancelled" } as LogEntry;
    page.proxy.append("s_1", [{ ...end, digest: 0xf7d18982 } as LogEntry]);
    await page.until(isIdle);
    const answer = page.controller.messages[1];
    assert.equal(answer?.role === "assistant" && answer.status, "cancelled");
    assert.equal(page.texts[1], "Hello");
  });
});

test("stop() while starting cancels the answer once it has begun", async () => {
  await onPage(async (page) => {
    page.proxy.onStart = () => page.proxy.add("s_1", answerLog(1, ["a"], false));
    void page.controller.send("Hi");
    await page.until(({ status }) => status === "starting");
    await page.controller.stop();
    await page.until(() => page.proxy.cancelled.length === 1);
    assert.deepEqual(page.proxy.cancelled, ["s_1"]);
  });
});

test("regenerate() and edit() branch off where the question stood", async () => {
  await onPage(async (page) => {
    page.proxy.onStart = (_request, number) => page.proxy.add(`s_${number}`, answerLog(number, [`answer ${number}`]));
    await page.controller.send("one");
    await page.until(isIdle);
    await page.controller.send("two");
    await page.until(isIdle);
    await page.controller.regenerate();
    await page.until(isIdle);
    assert.deepEqual(page.texts, ["one", "answer 1", "two", "answer 3"]);
    await page.controller.edit(page.controller.messages[0]!.id, "uno");
    await page.until(isIdle);
    assert.deepEqual(page.texts, ["uno", "answer 4"]);
    assert.deepEqual(
      page.proxy.starts.map(({ parent }) => parent),
      [undefined, "m_1", "m_1", null],
    );
  });
});
