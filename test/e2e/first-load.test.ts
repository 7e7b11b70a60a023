/** What a page fetches of the script and when; and that nothing is lost where a part of it comes late or not at all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import budget from "../../scripts/size-budget.json" with { type: "json" };
import { openPageServer } from "./page-server.ts";
import { ChatPage, openWorld, pieces, useBrowser } from "./world.ts";
import type { World } from "./world.ts";

useBrowser();

interface Site extends AsyncDisposable {
  readonly world: World;
  /** Opens the page, prepared before it loads. */
  open(prepare?: (page: Page) => Promise<unknown>): Promise<ChatPage>;
}

/** A plain page of another site with the script and the element, and nothing else. */
async function openSite(): Promise<Site> {
  await using stack = new AsyncDisposableStack();
  const site = stack.use(await openPageServer());
  const world = stack.use(await openWorld({ access: { origins: [site.url] } }));
  const proxy = world.wire.url;
  site.pages.set("/", {
    body: `<!doctype html><html lang="en"><title>Page</title>
      <script type="module" src="${proxy}/ai-stream.js"></script><ai-stream endpoint="${proxy}"></ai-stream>`,
  });
  const open = stack.move();
  return {
    world,
    open: async (prepare = async () => {}) => {
      const page = await world.context.newPage();
      await prepare(page);
      return ChatPage.open(page, site.url);
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** The names of the script's files that the page asks for, hashes aside. */
function fetchedBy(page: Page): Set<string> {
  const fetched = new Set<string>();
  page.on("request", (request) => {
    const name = /\/ai-stream(?:\.([\w-]+)\.[\w-]{8})?\.js$/.exec(new URL(request.url()).pathname);
    if (name !== null) fetched.add(name[1] ?? "ai-stream");
  });
  return fetched;
}

async function answer(world: World, texts: readonly string[]): Promise<void> {
  const call = await world.provider.next();
  for (const text of texts) await call.write(text);
  call.finish();
}

test("until its first answer is shown a plain page fetches what the budget counts, and nothing else", async () => {
  await using site = await openSite();
  let fetched = new Set<string>();
  const chat = await site.open((page) => {
    fetched = fetchedBy(page);
    // Idle times come when the test says so.
    return page.addInitScript(() => {
      const waiting: IdleRequestCallback[] = [];
      Object.assign(globalThis, {
        requestIdleCallback: (run: IdleRequestCallback) => waiting.push(run),
        idle: () => waiting.splice(0).forEach((run) => run({ didTimeout: false, timeRemaining: () => 10 })),
      });
    });
  });
  await chat.ask("Hello");
  await answer(site.world, ["# Hello\n\nSome **bold** and a [link](https://example.com).\n\n", "- one\n- two\n"]);
  await chat.ended();
  await chat.until(async () => budget.firstAnswer.parts.every((part) => fetched.has(part)));
  assert.deepEqual([...fetched].toSorted(), ["ai-stream", ...budget.firstAnswer.parts].toSorted());
  await chat.page.evaluate(() => (globalThis as unknown as { idle(): void }).idle());
  await chat.until(async () => fetched.has("desk"));
  assert.deepEqual(chat.errors, []);
});

test("what is sent while the rest of the script cannot be loaded outlives a reload and is delivered once", async () => {
  await using site = await openSite();
  const chat = await site.open((page) => page.route("**/ai-stream.talk.*", (route) => route.abort()));
  await chat.ask("Hello");
  const bubble = chat.page.locator("ai-stream [part~=bubble]");
  await bubble.waitFor();
  await chat.until(async () => (await chat.connection()) === "waiting");

  await chat.page.reload();
  await bubble.waitFor();
  assert.equal(await bubble.textContent(), "Hello");
  await chat.until(async () => (await chat.connection()) === "waiting");
  await chat.page.unroute("**/ai-stream.talk.*");
  await chat.page.locator("ai-stream [data-do=reconnect]").click();
  await answer(site.world, ["Hello there."]);
  await chat.reads("Hello there.");
  await chat.ended();
  assert.equal((await chat.messages()).length, 2);
  assert.equal(site.world.provider.requests, 1);
  await chat.page.reload();
  await chat.reads("Hello there.");
  assert.equal((await chat.messages()).length, 2);
});

test("where the WebSocket's part cannot be loaded, answers come by server-sent events", async () => {
  await using site = await openSite();
  const chat = await site.open((page) => page.route("**/ai-stream.ws-transport.*", (route) => route.abort()));
  await chat.ask("Hello");
  const all = pieces(10);
  const call = await site.world.provider.next();
  await call.write(...all.slice(0, 5));
  await chat.reads(all.slice(0, 5).join(""));
  assert.equal(await chat.page.evaluate(() => document.querySelector("ai-stream")!.connection.transport), "sse");
  await call.write(...all.slice(5));
  call.finish();
  await chat.reads(all.join(""));
  await chat.ended();
  assert.deepEqual(chat.errors, []);
});
