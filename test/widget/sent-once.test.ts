/** A message whose answer to the start was lost: it is in the conversation once, whatever happens before it is sent again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { tabMemory } from "../../widget/connection/memory.ts";
import { ChatPage, isIdle } from "../fakes/chat-page.ts";
import type { FakeProxy } from "../fakes/fake-proxy.ts";
import { fakeProvider, finish, text } from "../fakes/fake-provider.ts";
import { runProxy } from "../fakes/running-proxy.ts";

/** A page on the real proxy that has asked once, and loses the proxy's answer to its second start. */
async function loseSecond(t: TestContext) {
  const provider = fakeProvider("p", [text("one"), finish], [text("two"), finish]);
  const proxy = await runProxy([provider]);
  t.after(() => proxy.close());
  let isLosing = false;
  const lost = Promise.withResolvers<void>();
  const get: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (!isLosing || init?.method !== "POST") return response;
    lost.resolve();
    throw new TypeError("the network is gone");
  };
  const open = () => new ChatPage({ url: proxy.url } as FakeProxy, { fetch: get });
  const page = open();
  await page.controller.send("first");
  await page.until(isIdle);
  isLosing = true;
  void page.controller.send("second").catch(() => {});
  await lost.promise;
  // What the tab remembers now is what a tab made from it begins with.
  const names = tabMemory.names("chat:");
  const notes = names.map((name) => [name, tabMemory.recall(name)] as const);
  const forget = () => names.forEach((name) => tabMemory.remember(name, null));
  t.after(forget);
  const recall = () => {
    for (const [name, note] of notes) {
      const { waiting, ...rest } = JSON.parse(note!) as { waiting: { parent?: string }[] };
      const unplaced = waiting.map(({ parent: _parent, ...outgoing }) => outgoing);
      tabMemory.remember(name, JSON.stringify({ ...rest, waiting: unplaced }));
    }
  };
  return { provider, page, open, recall, mend: () => (isLosing = false) };
}

/** Resolves when nothing waits to be sent any more, and nothing is being written. */
const settled = (page: ChatPage) =>
  page.until((controller) => {
    const waits = tabMemory.names("chat:").some((name) => tabMemory.recall(name)!.includes("sendId"));
    return isIdle(controller) && page.texts.length >= WHOLE.length && !waits;
  });

const WHOLE = ["first", "one", "second", "two"];

test("after a reload it is taken for what it is", async (t) => {
  const { provider, page, open, mend } = await loseSecond(t);
  page.close();
  mend();
  const reloaded = open();
  t.after(() => reloaded.close());
  await settled(reloaded);
  assert.deepEqual(reloaded.texts, WHOLE);
  assert.deepEqual(
    reloaded.types().filter((type) => type === "error"),
    [],
  );
  assert.equal(provider.requests.length, 2);
});

test("a copy of the tab, made before its turn came, sends it again: neither shows it twice or as failed", async (t) => {
  const { provider, page, open, recall, mend } = await loseSecond(t);
  mend();
  await page.until((controller) => isIdle(controller) && page.texts.length === WHOLE.length);
  page.close();
  recall();
  const copy = open();
  t.after(() => copy.close());
  await settled(copy);
  assert.deepEqual(copy.texts, WHOLE);
  assert.deepEqual(
    copy.types().filter((type) => type === "error"),
    [],
  );
  assert.equal(provider.requests.length, 2);
});
