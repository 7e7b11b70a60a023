/** The script on pages of all kinds: beside another copy of itself, in shadow roots and frames, with hashes, leaving nothing. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { openPageServer } from "./page-server.ts";
import type { PageServer } from "./page-server.ts";
import { ChatPage, openWorld, useBrowser } from "./world.ts";
import type { World } from "./world.ts";

useBrowser();

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
const hashes = (): Record<string, string> =>
  JSON.parse(readFileSync(`${DIST}ai-stream.integrity.json`, "utf8")) as Record<string, string>;
const script = (url: string): string => `<script type="module" crossorigin src="${url}"></script>`;
const page = (body: string): { body: string } => ({
  body: `<!doctype html><html lang="en"><title>Page</title>${body}`,
});

interface Site extends AsyncDisposable {
  readonly site: PageServer;
  readonly world: World;
  readonly proxy: string;
}

async function openSite(): Promise<Site> {
  await using stack = new AsyncDisposableStack();
  const site = stack.use(await openPageServer());
  const world = stack.use(await openWorld({ access: { origins: [site.url] } }));
  const open = stack.move();
  return { site, world, proxy: world.wire.url, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** A question and its answer, in whatever the element is inside of. */
async function converse(chat: ChatPage, { world }: Site): Promise<void> {
  await chat.page.locator("ai-stream [part~=input]").fill("hello");
  await chat.page.locator("ai-stream [part~=input]").press("Enter");
  const call = await world.provider.next();
  await call.write("Hello there.");
  call.finish();
  await chat.reads("Hello there.");
  assert.deepEqual(chat.errors, []);
}

test("the script adds no name to the page's globals, neither loaded nor used", async () => {
  await using at = await openSite();
  at.site.pages.set("/", page(`${script(`${at.proxy}/ai-stream.js`)}<ai-stream endpoint="${at.proxy}"></ai-stream>`));
  const tab = await at.world.context.newPage();
  // Before any script of the page; what the browser itself has is no addition.
  await tab.addInitScript(() => {
    Object.defineProperty(globalThis, "__before", { value: Object.getOwnPropertyNames(globalThis), enumerable: false });
  });
  const chat = await ChatPage.open(tab, at.site.url);
  await converse(chat, at);
  const added = await tab.evaluate(() => {
    const { __before } = globalThis as unknown as { __before: string[] };
    const known = new Set([...__before, "__before"]);
    return Object.getOwnPropertyNames(globalThis).filter(
      (name) => !known.has(name) && !name.startsWith("__playwright"),
    );
  });
  assert.deepEqual(added, []);
});

for (const order of ["the newer first", "the older first"]) {
  test(`two copies on one page do not clash, ${order}: the second says that it is not used`, async () => {
    await using at = await openSite();
    const copies = [`${at.proxy}/ai-stream.js`, `${at.site.url}/old/ai-stream.js`];
    if (order === "the older first") copies.reverse();
    // Another file for the browser, as another version is.
    const old = { "content-type": "text/javascript", "access-control-allow-origin": "*" };
    for (const name of Object.keys(hashes()))
      at.site.pages.set(`/old/${name}`, { headers: old, body: readFileSync(DIST + name) });
    at.site.pages.set("/", page(`${copies.map(script).join("")}<ai-stream endpoint="${at.proxy}"></ai-stream>`));
    const tab = await at.world.context.newPage();
    const said: string[] = [];
    tab.on("console", (message) => {
      if (message.text().includes("<ai-stream>")) said.push(message.text());
    });
    const chat = await ChatPage.open(tab, at.site.url);
    await chat.until(async () => said.length > 0);
    assert.equal(said.length, 1);
    assert.match(said[0]!, /<ai-stream> is defined already/);
    assert.ok(said[0]!.includes(copies[1]!));
    await converse(chat, at);
  });
}

test("a whole version is served under its number, for good, and works from there", async () => {
  await using at = await openSite();
  const { version } = JSON.parse(readFileSync(`${DIST}../package.json`, "utf8")) as { version: string };
  const folder = `${at.proxy}/ai-stream-${version}`;
  for (const name of Object.keys(hashes())) {
    const response = await fetch(`${folder}/${name}`);
    assert.match(response.headers.get("cache-control") ?? "", /immutable/, name);
    const beside = await fetch(`${at.proxy}/${name}`);
    assert.match(beside.headers.get("cache-control") ?? "", name === "ai-stream.js" ? /no-cache/ : /immutable/, name);
  }
  at.site.pages.set(
    "/",
    page(`${script(`${folder}/ai-stream.js`)}<ai-stream lang="de" endpoint="${at.proxy}"></ai-stream>`),
  );
  await converse(await ChatPage.open(await at.world.context.newPage(), at.site.url), at);
});

test("it works in another shadow root, and its events come out of both", async () => {
  await using at = await openSite();
  const host = `<div id="host"><template shadowrootmode="open"><ai-stream endpoint="${at.proxy}"></ai-stream></template></div>`;
  at.site.pages.set("/", page(`${host}${script(`${at.proxy}/ai-stream.js`)}`));
  const chat = await ChatPage.open(await at.world.context.newPage(), at.site.url);
  const told = chat.page.evaluate(
    () =>
      new Promise<string>((resolve) =>
        document.body.addEventListener("ai-stream-message", ({ message }) => resolve(message.status)),
      ),
  );
  await converse(chat, at);
  assert.equal(await told, "complete");
});

test("it works in a frame", async () => {
  await using at = await openSite();
  const inner = `<!doctype html>${script(`${at.proxy}/ai-stream.js`)}<ai-stream endpoint="${at.proxy}"></ai-stream>`;
  at.site.pages.set("/inner", { body: inner });
  at.site.pages.set("/", page('<iframe src="/inner" style="width: 100%; height: 600px"></iframe>'));
  const tab = await at.world.context.newPage();
  await tab.goto(at.site.url);
  const frame = tab.frameLocator("iframe");
  await frame.locator("ai-stream [part~=input]").fill("hello");
  await frame.locator("ai-stream [part~=input]").press("Enter");
  const call = await at.world.provider.next();
  await call.write("Hello there.");
  call.finish();
  await frame.locator("ai-stream article.answer [part~=text]", { hasText: "Hello there." }).waitFor();
});

test("with the hashes in an import map, a lazy part that was changed is not run, and one that was not is", async () => {
  await using at = await openSite();
  const all = hashes();
  const language = Object.keys(all).find((name) => name.startsWith("ai-stream.de."))!;
  const load = async (name: string): Promise<{ tab: Page; refused: string[] }> => {
    const tab = await at.world.context.newPage();
    const refused: string[] = [];
    tab.on("console", (message) => {
      if (/integrity/i.test(message.text())) refused.push(message.text());
    });
    await ChatPage.open(tab, `${at.site.url}/${name}`);
    return { tab, refused };
  };
  for (const [name, hash] of Object.entries({ true: all[language]!, false: all["ai-stream.js"]! })) {
    const integrity = { ...all, [language]: hash };
    const map = Object.fromEntries(Object.entries(integrity).map(([file, value]) => [`${at.proxy}/${file}`, value]));
    const head = `<script type="importmap">${JSON.stringify({ integrity: map })}</script>`;
    const element = `<ai-stream lang="de" endpoint="${at.proxy}"></ai-stream>`;
    at.site.pages.set(`/${name}`, page(`${head}${script(`${at.proxy}/ai-stream.js`)}${element}`));
  }
  const right = await load("true");
  const send = (tab: Page) => tab.locator("ai-stream [part~=send]").getAttribute("aria-label");
  const english = "Send";
  while ((await send(right.tab)) === english) await right.tab.evaluate(() => new Promise(requestAnimationFrame));
  assert.deepEqual(right.refused, []);
  const wrong = await load("false");
  while (wrong.refused.length === 0) await wrong.tab.evaluate(() => new Promise(requestAnimationFrame));
  assert.equal(await send(wrong.tab), english);
});
