/** What a reader does with a conversation, from the script-tag build through the proxy to its store, and after a reload. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Locator } from "playwright-core";
import { openWorld, useBrowser } from "./world.ts";
import type { ChatPage, World } from "./world.ts";

useBrowser();

const press = (chat: ChatPage, does: string): Promise<void> =>
  chat.page.locator(`ai-stream [data-do=${does}]`).last().click();
const bubbles = (chat: ChatPage): Promise<string[]> => chat.page.locator("ai-stream [part~=bubble]").allTextContents();
const shown = (chat: ChatPage): Promise<string[]> => chat.page.locator("ai-stream [part~=text]").allTextContents();
const inHistory = (chat: ChatPage, selector: string): Locator =>
  chat.page.locator(`ai-stream [part~=history] ${selector}`);

/** Asks, and has the provider answer. */
async function answer(world: World, chat: ChatPage, text: string, ask: () => Promise<void>): Promise<unknown> {
  await ask();
  const call = await world.provider.next();
  await call.write(text);
  call.finish();
  await chat.reads(text);
  await chat.ended();
  return call.body.messages.at(-1)?.content;
}

test("an edit and another answer are versions to go between, and still are after a reload", async () => {
  await using world = await openWorld();
  const chat = await world.openPage();
  await answer(world, chat, "First answer", () => chat.ask("First question"));
  const asked = await answer(world, chat, "Second answer", async () => {
    await chat.page.locator("ai-stream article.user").hover();
    await press(chat, "edit");
    await chat.page.locator("ai-stream [part~=edit] textarea").fill("Second question");
    await chat.page.keyboard.press("Enter");
  });
  assert.equal(asked, "Second question");
  await answer(world, chat, "Third answer", () => press(chat, "regenerate"));
  assert.deepEqual(await bubbles(chat), ["Second question"]);
  const turn = (where: string, label: string): Promise<void> =>
    chat.page.locator(`ai-stream article.${where} button[aria-label="${label} version"]`).click();
  for (const when of ["before", "after"]) {
    await turn("answer", "Earlier");
    await chat.reads("Second answer");
    await turn("user", "Earlier");
    await chat.reads("First answer");
    assert.deepEqual(await bubbles(chat), ["First question"]);
    if (when === "before") await chat.page.reload();
    await chat.reads(when === "before" ? "Third answer" : "First answer");
  }
  assert.equal(world.provider.requests, 3);
  assert.deepEqual(chat.errors, []);
});

test("files go to the provider with their question", async () => {
  await using world = await openWorld();
  const chat = await world.openPage();
  const choosing = chat.page.waitForEvent("filechooser");
  await press(chat, "attach");
  await (await choosing).setFiles([{ name: "notes.md", mimeType: "", buffer: Buffer.from("# Note") }]);
  await chat.page.locator("ai-stream [part~=attachment]").waitFor();
  const content = await answer(world, chat, "A note", () => chat.ask("What is this?"));
  assert.match(JSON.stringify(content), /File notes\.md:\\n# Note.*What is this\?/);
  await chat.page.reload();
  await chat.reads("A note");
  assert.match((await chat.page.locator("ai-stream article.user").textContent()) ?? "", /notes\.md/);
});

test("past conversations are listed, gone on with and deleted", async () => {
  await using world = await openWorld();
  const chat = await world.openPage();
  await answer(world, chat, "About apples", () => chat.ask("Apples"));
  await press(chat, "history");
  await inHistory(chat, ".command").first().click();
  await answer(world, chat, "About pears", () => chat.ask("Pears"));
  await press(chat, "history");
  await chat.until(async () => (await inHistory(chat, ".title").count()) === 2);
  assert.deepEqual(await inHistory(chat, ".title").allTextContents(), ["Pears", "Apples"]);
  await inHistory(chat, ".open").last().click();
  await chat.reads("About apples");
  await chat.page.reload();
  await chat.reads("About apples");
  await press(chat, "history");
  const bin = inHistory(chat, "li button:not(.open)").first();
  await bin.click();
  await bin.click();
  await chat.until(async () => (await inHistory(chat, ".title").count()) === 1);
  assert.deepEqual(await inHistory(chat, ".title").allTextContents(), ["Apples"]);
});

test("a shared conversation is read along while it is written, with nothing to press that would change it", async () => {
  await using world = await openWorld();
  const chat = await world.openPage();
  await chat.ask("Tell us");
  const call = await world.provider.next();
  await call.write("Once upon ");
  await chat.reads("Once upon ");
  const id = await chat.page.evaluate(() => document.querySelector("ai-stream")!.messages.at(-1));
  assert(id?.role === "assistant");
  const reader = await world.openPage();
  await reader.page.evaluate((conversation) => {
    const shared = document.createElement("ai-stream");
    Object.assign(shared, { endpoint: "/", readonly: true, conversation });
    document.querySelector("ai-stream")!.replaceWith(shared);
  }, id.conversation);
  await reader.reads("Once upon ");
  await call.write("a time.");
  call.finish();
  await reader.reads("Once upon a time.");
  await reader.ended();
  await chat.ended();
  assert.deepEqual(await shown(reader), await shown(chat));
  const buttons = await reader.page.locator("ai-stream button").evaluateAll((all) => all.map((it) => it.dataset["do"]));
  assert.deepEqual(new Set(buttons), new Set(["answer", "read"]));
  assert.equal(await reader.page.locator("ai-stream textarea").count(), 0);
});
