/** One connection for all tabs of an origin, in a real browser: who holds it may go at any time, and nobody misses a word. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { openWorld, pieces, textOf, useBrowser } from "./world.ts";
import type { ChatPage, World } from "./world.ts";

useBrowser();

/** Opens tabs and counts their open sockets. */
class Tabs {
  readonly chats: ChatPage[] = [];
  /** The tabs whose WebSocket is open. */
  readonly connected = new Set<Page>();
  /** Sockets ever opened. */
  opened = 0;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    world.context.on("page", (page) => {
      page.on("close", () => this.connected.delete(page));
      page.on("websocket", (socket) => {
        this.opened += 1;
        this.connected.add(page);
        socket.on("close", () => this.connected.delete(page));
      });
    });
  }

  async open(conversation?: string): Promise<ChatPage> {
    const chat = await this.#world.openPage();
    if (conversation !== undefined) await chat.set("conversation", conversation);
    this.chats.push(chat);
    return chat;
  }

  /** Takes the tab that holds the connection out of the list, once there is one. */
  async takeLeader(): Promise<ChatPage> {
    await this.chats[0]!.until(async () => this.connected.size > 0);
    const at = this.chats.findIndex(({ page }) => this.connected.has(page));
    assert.notEqual(at, -1, "no tab is connected");
    return this.chats.splice(at, 1)[0]!;
  }
}

test("ten tabs use one connection, and closing the one that holds it in mid-answer loses nothing in any", async () => {
  await using world = await openWorld();
  const tabs = new Tabs(world);
  const first = await tabs.open();
  await first.ask("Count for all of us");
  const call = await world.provider.next();
  const all = pieces(40);
  await call.write(...all.slice(0, 10));
  await first.reads(all.slice(0, 10).join(""));
  const { conversation } = await first.lastAnswer();
  while (tabs.chats.length < 10) await tabs.open(conversation);
  for (const chat of tabs.chats) await chat.reads(all.slice(0, 10).join(""));
  assert.equal(tabs.connected.size, 1);
  assert.equal(tabs.opened, 1);

  for (const part of [all.slice(10, 20), all.slice(20, 30)]) {
    const leader = await tabs.takeLeader();
    await call.write(...part.slice(0, 5));
    await leader.page.close();
    await call.write(...part.slice(5));
  }
  await call.write(...all.slice(30));
  call.finish();
  assert.equal(tabs.chats.length, 8);
  for (const chat of tabs.chats) {
    await chat.reads(all.join(""));
    const message = await chat.ended();
    assert.equal(textOf(message), all.join(""));
    assert.deepEqual(chat.errors, []);
  }
  assert.equal(tabs.connected.size, 1);
  assert.equal(tabs.opened, 3, "one connection for each tab that held it");
  assert.equal(world.provider.requests, 1);
});

test("each of several tabs has an answer of its own by the same connection", async () => {
  await using world = await openWorld();
  const tabs = new Tabs(world);
  const chats = [await tabs.open(), await tabs.open(), await tabs.open()];
  const calls = [];
  for (const [at, chat] of chats.entries()) {
    await chat.ask(`Question ${at}`);
    calls.push(await world.provider.next());
  }
  for (const [at, call] of calls.entries()) await call.write(`Answer ${at} begins `);
  for (const [at, chat] of chats.entries()) await chat.reads(`Answer ${at} begins`);
  assert.equal(tabs.connected.size, 1);
  for (const call of calls) {
    await call.write("and ends.");
    call.finish();
  }
  for (const [at, chat] of chats.entries()) assert.equal(textOf(await chat.ended()), `Answer ${at} begins and ends.`);
  assert.equal(tabs.opened, 1);
});

/** Ways to lose the tab that holds the connection without its having a word to say. */
const LOSSES: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  crashes: (page) => page.goto("chrome://crash").catch(() => {}),
  // Longer than the others wait for a word of its.
  hangs: async (page) => {
    const begun = page.waitForEvent("console");
    void page
      .evaluate(() => {
        // oxlint-disable-next-line no-console -- what the test waits for
        console.log("hanging");
        for (const end = Date.now() + 15_000; Date.now() < end;);
      })
      .catch(() => {});
    await begun;
  },
};

for (const [what, lose] of Object.entries(LOSSES)) {
  test(`a tab that holds the connection and ${what} in mid-answer costs the others nothing but a pause`, async () => {
    await using world = await openWorld();
    const tabs = new Tabs(world);
    const first = await tabs.open();
    await first.ask("Count on");
    const call = await world.provider.next();
    const all = pieces(20);
    await call.write(...all.slice(0, 5));
    await first.reads(all.slice(0, 5).join(""));
    const { conversation } = await first.lastAnswer();
    const others = [await tabs.open(conversation), await tabs.open(conversation)];
    for (const chat of others) await chat.reads(all.slice(0, 5).join(""));
    assert.equal(tabs.opened, 1);

    await lose(first.page);
    await call.write(...all.slice(5));
    call.finish();
    for (const chat of others) {
      await chat.reads(all.join(""));
      assert.equal(textOf(await chat.ended()), all.join(""));
    }
    assert.equal(tabs.opened, 2);
  });
}

test("where browsers have no locks each tab has its own connection, and everything else works the same", async () => {
  await using world = await openWorld();
  await world.context.addInitScript(() => Object.defineProperty(Navigator.prototype, "locks", { value: undefined }));
  const tabs = new Tabs(world);
  const first = await tabs.open();
  await first.ask("Count for both of us");
  const call = await world.provider.next();
  await call.write("One ");
  await first.reads("One");
  const second = await tabs.open((await first.lastAnswer()).conversation);
  await second.reads("One");
  await call.write("two.");
  call.finish();
  for (const chat of [first, second]) assert.equal(textOf(await chat.ended()), "One two.");
  assert.equal(tabs.opened, 2);
});
