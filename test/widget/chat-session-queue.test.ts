import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamError } from "../../protocol/index.ts";
import type { UserMessage } from "../../widget/chat.ts";
import { answerLog, ChatPage, isIdle, onPage } from "../fakes/chat-page.ts";
import { fakeProvider, finish, text } from "../fakes/fake-provider.ts";
import { runProxy } from "../fakes/running-proxy.ts";

const waiting = (page: ChatPage): UserMessage[] =>
  page.controller.messages.filter((message) => message.role === "user" && message.waiting === true) as UserMessage[];

/** Two messages wait behind an answer that goes on until `finish` is called. */
async function withQueue(
  run: (page: ChatPage, finish: () => void, sent: Promise<void>[]) => Promise<void>,
): Promise<void> {
  await onPage(async (page) => {
    const log = answerLog(1, ["ok"]);
    page.proxy.onStart = (_request, number) =>
      page.proxy.add(`s_${number}`, number === 1 ? log.slice(0, 5) : answerLog(number, ["ok"]));
    await page.controller.send("one");
    await page.until(() => page.texts[1] === "ok");
    const sent = [page.controller.send("two"), page.controller.send("three")];
    await page.until(() => waiting(page).length === 2);
    await run(page, () => page.proxy.append("s_1", log.slice(5)), sent);
  });
}

test("messages that wait come last, are sent in order, and can be changed until then", async () => {
  await withQueue(async (page, end) => {
    assert.deepEqual(page.texts, ["one", "ok", "two", "three"]);
    await page.controller.edit(waiting(page)[0]!.id, "two, changed");
    assert.deepEqual(page.texts, ["one", "ok", "two, changed", "three"]);
    end();
    await page.until((controller) => isIdle(controller) && page.proxy.starts.length === 3);
    assert.deepEqual(
      page.proxy.starts.map(({ input }) => input),
      ["one", "two, changed", "three"],
    );
  });
});

test("a message that is taken back is not sent, and whoever sent it is told", async () => {
  await withQueue(async (page, end, [two]) => {
    const refused = assert.rejects(two!, (error) => error instanceof StreamError && error.code === "cancelled");
    page.controller.takeBack(waiting(page)[0]!.id);
    await refused;
    page.controller.takeBack("none");
    end();
    await page.until((controller) => isIdle(controller) && page.proxy.starts.length === 2);
    assert.deepEqual(page.texts, ["one", "ok", "three", "ok"]);
  });
});

test("what waits outlives a reload with its changes", async () => {
  await withQueue(async (page, _end, sent) => {
    for (const promise of sent) promise.catch(() => {});
    await page.controller.edit(waiting(page)[1]!.id, "three, changed");
    page.close();
    page.proxy.streams.get("s_1")!.log.splice(0, Infinity, ...answerLog(1, ["ok"]));
    page.proxy.conversations.set("c_1", {
      id: "c_1",
      agent: "default",
      head: "m_1",
      messages: [
        { role: "user", id: "m_0", parent: null, text: "one", attachments: [], ts: 1 },
        { ...page.proxy.message("s_1"), parent: "m_0", ts: 2 },
      ],
    });
    const reloaded = new ChatPage(page.proxy);
    await reloaded.until((controller) => isIdle(controller) && page.proxy.starts.length === 3);
    assert.deepEqual(page.proxy.starts.map(({ input }) => input).slice(1), ["two", "three, changed"]);
    reloaded.close();
  });
});

test("an edited question is a version of its own, and the others can be shown again", async () => {
  await onPage(async (page) => {
    page.proxy.onStart = (_request, number) => page.proxy.add(`s_${number}`, answerLog(number, [`answer ${number}`]));
    await page.controller.send("one");
    await page.until(isIdle);
    const first = page.controller.messages[0]!.id;
    await page.controller.edit(first, "one, changed");
    await page.until((controller) => isIdle(controller) && page.texts[1] === "answer 2");
    const versions = page.controller.versions(first);
    assert.deepEqual(
      versions.map((version) => version.text),
      ["one", "one, changed"],
    );
    page.controller.showVersion(first);
    assert.deepEqual(page.texts, ["one", "answer 1"]);
    assert.equal(page.proxy.starts[1]?.parent, null);
    await page.controller.send("and then");
    await page.until((controller) => isIdle(controller) && page.texts.length === 4);
    assert.equal(page.proxy.starts[2]?.parent, "m_1");
    page.controller.showVersion(versions[1]!.id);
    assert.deepEqual(page.texts, ["one, changed", "answer 2"]);
    page.controller.showVersion(first);
    assert.deepEqual(page.texts, ["one", "answer 1", "and then", "answer 3"]);
  });
});

test("another conversation is gone on with, and is the tab's after a reload", async () => {
  await onPage(async (page) => {
    page.proxy.conversations.set("c_9", {
      id: "c_9",
      agent: "default",
      head: "m_9",
      messages: [{ role: "user", id: "m_9", parent: null, text: "Old", attachments: [], ts: 1 }],
    });
    page.controller.clear("c_9");
    await page.until(() => page.texts[0] === "Old");
    page.close();
    const reloaded = new ChatPage(page.proxy);
    await reloaded.until(() => reloaded.texts[0] === "Old");
    assert.equal(reloaded.controller.conversation, "c_9");
    reloaded.close();
  });
});

test("the files of a question go with it again when it is asked anew after a reload", async () => {
  const provider = fakeProvider("p", [text("ok"), finish]);
  const proxy = await runProxy([provider]);
  const page = new ChatPage({ url: proxy.url } as never);
  const note = new File(["hello"], "a.txt", { type: "text/plain" });
  await page.controller.send("Read this", { attachments: [note] });
  await page.until(isIdle);
  page.close();
  const reloaded = new ChatPage({ url: proxy.url } as never);
  await reloaded.until((controller) => isIdle(controller) && reloaded.texts.length === 2);
  await reloaded.controller.regenerate();
  await reloaded.until((controller) => isIdle(controller) && provider.requests.length === 2);
  const partsOf = (request: number): unknown => {
    const message = provider.requests[request]!.messages.at(-1)!;
    return message.role === "user" && message.parts;
  };
  assert.deepEqual(partsOf(1), partsOf(0));
  assert.deepEqual(partsOf(0), [
    { type: "text", text: "File a.txt:\nhello" },
    { type: "text", text: "Read this" },
  ]);
  reloaded.close();
  await proxy.close();
});
