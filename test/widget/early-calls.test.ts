import assert from "node:assert/strict";
import { test } from "node:test";
import { isStreamError } from "../../protocol/index.ts";
import { loadTalk } from "../../widget/stream-controller.ts";
import { answerLog, ChatPage, isIdle } from "../fakes/chat-page.ts";
import { FakeProxy } from "../fakes/fake-proxy.ts";
import { turns } from "../fakes/turns.ts";

type Load = typeof loadTalk;

/** A page whose conversation's code comes when the test says so. */
async function onEarlyPage(run: (page: ChatPage, arrive: () => void) => Promise<void>, first?: Load): Promise<void> {
  const proxy = await FakeProxy.open();
  proxy.onStart = (_request, number) => proxy.add(`s_${number}`, answerLog(number, [`answer ${number}`]));
  const arrival = Promise.withResolvers<void>();
  let loads = 0;
  const load: Load = async () => {
    loads += 1;
    if (loads === 1 && first !== undefined) return first();
    await arrival.promise;
    return loadTalk();
  };
  const page = new ChatPage(proxy, {}, load);
  try {
    await run(page, arrival.resolve);
  } finally {
    page.close();
    await proxy.close();
  }
}

test("messages sent before the code is there are shown at once and delivered once, in order", async () => {
  await onEarlyPage(async (page, arrive) => {
    const sent = [page.controller.send("one"), page.controller.send("two")];
    assert.deepEqual(page.texts, ["one", "two"]);
    const ids = page.controller.messages.map(({ id }) => id);
    assert.ok(page.controller.messages.every((message) => message.role === "user" && message.state === "queued"));
    arrive();
    await Promise.all(sent);
    await page.until((controller) => isIdle(controller) && controller.messages.length === 4);
    assert.deepEqual(page.texts, ["one", "answer 1", "two", "answer 2"]);
    assert.deepEqual(
      page.proxy.starts.map(({ input, sendId }) => [input, sendId]),
      [
        ["one", ids[0]],
        ["two", ids[1]],
      ],
    );
  });
});

test("calls made before the code is there are made in their order", async () => {
  await onEarlyPage(async (page, arrive) => {
    const given = page.controller.send("given up");
    const [{ id } = { id: "" }] = page.controller.messages;
    page.controller.takeBack(id);
    void page.controller.send("first");
    const changed = page.controller.messages[1]!.id;
    void page.controller.edit(changed, "first, changed");
    const asked = page.controller.ask("/v1/agents");
    arrive();
    await assert.rejects(
      () => given,
      (error) => isStreamError(error) && error.code === "cancelled",
    );
    await page.until((controller) => isIdle(controller) && controller.messages.length === 2);
    assert.deepEqual(page.texts, ["first, changed", "answer 1"]);
    assert.ok(await asked);
    assert.equal(page.proxy.starts.length, 1);
  });
});

test("clear() drops what was sent before the code is there", async () => {
  await onEarlyPage(async (page, arrive) => {
    const dropped = page.controller.send("dropped");
    page.controller.clear();
    assert.deepEqual(page.texts, []);
    const kept = page.controller.send("kept");
    arrive();
    await assert.rejects(() => dropped, isStreamError);
    await kept;
    await page.until((controller) => isIdle(controller) && controller.messages.length === 2);
    assert.deepEqual(page.texts, ["kept", "answer 1"]);
  });
});

test("while the code cannot be loaded the connection says so; a person's wish tries again, and all is delivered", async () => {
  const fail: Load = () => Promise.reject(new TypeError("Failed to fetch dynamically imported module"));
  await onEarlyPage(async (page, arrive) => {
    const sent = page.controller.send("Hi");
    await page.until(({ connection }) => connection.state === "waiting");
    assert.ok((page.controller.connection.retryInMs ?? 0) > 0);
    assert.deepEqual(page.types(), ["connection"]);
    assert.deepEqual(page.texts, ["Hi"]);
    arrive();
    page.controller.reconnect();
    await sent;
    await page.until((controller) => isIdle(controller) && controller.messages.length === 2);
    assert.deepEqual(page.texts, ["Hi", "answer 1"]);
    assert.equal(page.proxy.starts.length, 1);
  }, fail);
});

test("an element that is taken from the page before the code is there works when it is put back", async () => {
  await onEarlyPage(async (page, arrive) => {
    const sent = page.controller.send("Hi");
    page.controller.hostDisconnected();
    arrive();
    await turns();
    assert.equal(page.proxy.starts.length, 0);
    page.controller.hostConnected();
    await sent;
    await page.until((controller) => isIdle(controller) && controller.messages.length === 2);
    assert.deepEqual(page.texts, ["Hi", "answer 1"]);
  });
});
