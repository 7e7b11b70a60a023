/** What a reader sees when providers fail: one whole answer from another one, a prepared text, or a partial to go on from. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import type { ConfigInput } from "../../proxy/index.ts";
import { openScriptedProvider } from "../fakes/scripted-provider.ts";
import type { ScriptedProvider } from "../fakes/scripted-provider.ts";
import { openWorld, pieces, textOf, useBrowser } from "./world.ts";

useBrowser();

/** Two providers, asked in this order. */
const twoProviders = (first: ScriptedProvider, second: ScriptedProvider, agent: object = {}): ConfigInput => ({
  providers: {
    first: { kind: "openai-compatible", baseUrl: first.baseUrl, apiKey: "test-key" },
    second: { kind: "openai-compatible", baseUrl: second.baseUrl, apiKey: "test-key" },
  },
  agents: { default: { models: ["first/large-1", "second/small-2"], show: { model: true }, ...agent } },
});

/** Looks at the last answer at each animation frame from now on. */
async function watchFrames(page: Page): Promise<void> {
  await page.evaluate(() => {
    const sights = { frames: 0, doubled: [] as string[], shrunk: [] as string[], most: 0 };
    Object.assign(window, { sights });
    const root = document.querySelector("ai-stream")!.shadowRoot!;
    const look = (): void => {
      requestAnimationFrame(look);
      const article = [...root.querySelectorAll<HTMLElement>("article.answer")].at(-1);
      const words = article?.innerText.match(/w\d+/g) ?? [];
      sights.frames += 1;
      // The last one may be half of a longer one.
      const whole = words.slice(0, -1);
      if (new Set(whole).size < whole.length) sights.doubled.push(words.join(" "));
      if (words.length < sights.most) sights.shrunk.push(words.join(" "));
      sights.most = Math.max(sights.most, words.length);
    };
    look();
  });
}

const sightsOf = (page: Page): Promise<{ frames: number; doubled: string[]; shrunk: string[]; most: number }> =>
  page.evaluate(() => (window as never as { sights: never }).sights);

test("a provider killed at half of a long answer: the reader ends with one whole answer, and saw no word twice", async () => {
  await using first = await openScriptedProvider();
  await using second = await openScriptedProvider();
  await using world = await openWorld(twoProviders(first, second));
  const chat = await world.openPage();
  await watchFrames(chat.page);
  await chat.ask("Count, and do not stop");
  const all = pieces(60);
  const call = await first.next();
  for (const piece of all.slice(0, 30)) await call.write(piece);
  await chat.reads(all.slice(0, 30).join(""));
  call.die();
  await first[Symbol.asyncDispose]();

  const again = await second.next();
  await chat.page.getByText("Another model takes over: small-2").waitFor();
  for (const piece of all.slice(0, 10)) await again.write(piece);
  await chat.page.locator("ai-stream [part~=voided]").waitFor();
  await chat.reads(all.slice(0, 30).join(""));
  for (const piece of all.slice(10)) await again.write(piece);
  again.finish();

  const message = await chat.ended();
  await chat.reads(all.join(""));
  assert.equal(message.status, "complete");
  assert.equal(message.model, "small-2");
  assert.equal(textOf(message), all.join(""));
  assert.equal(await chat.page.locator("ai-stream [part~=voided]").count(), 0);
  const { frames, doubled, shrunk, most } = await sightsOf(chat.page);
  assert.deepEqual({ doubled, shrunk, most }, { doubled: [], shrunk: [], most: 360 });
  assert.ok(frames > 10, `${frames} frames`);
  assert.deepEqual(chat.errors, []);
});

test("providers that all refuse: the prepared text, marked as one that no model wrote", async () => {
  const fallbackText = "We cannot answer right now. Call us: 555-0100.";
  await using first = await openScriptedProvider();
  await using second = await openScriptedProvider();
  await using world = await openWorld(twoProviders(first, second, { fallbackText }));
  await first[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
  const chat = await world.openPage();
  await chat.ask("Is anybody there?");
  const message = await chat.ended();
  await chat.reads(fallbackText);
  assert.deepEqual(
    message.blocks.map((block) => block.kind === "text" && block.canned),
    [true],
  );
  const canned = chat.page.locator("ai-stream [part=canned]");
  assert.equal(await canned.getAttribute("aria-label"), "Prepared text, not written by a model");
});

test("an answer cut by its budget keeps what came, and goes on with one click in words the reader sees", async () => {
  await using provider = await openScriptedProvider();
  await using world = await openWorld({
    providers: {
      scripted: {
        kind: "openai-compatible",
        baseUrl: provider.baseUrl,
        apiKey: "test-key",
        // Dollars per million tokens: a thousand words cost far more than the answer may.
        prices: { scripted: { input: 1, output: 1_000 } },
      },
    },
    agents: { default: { models: ["scripted/scripted"], budget: { usdPerAnswer: 0.5 } } },
  });
  const chat = await world.openPage();
  await chat.ask("Count to a thousand");
  const call = await provider.next();
  const all = pieces(200);
  let isCut = false;
  void call.closed.then(() => (isCut = true));
  for (const piece of all) {
    if (isCut) break;
    // Nobody confirms what is written to a connection that was closed.
    await Promise.race([call.write(piece), call.closed]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await call.closed;
  const message = await chat.ended();
  assert.equal(message.status, "interrupted");
  assert.equal(message.end?.reason, "budget");
  const kept = textOf(message);
  assert.ok(kept.length > 0 && all.join("").startsWith(kept));
  await chat.reads(kept);

  await chat.page.locator("ai-stream [part=continue]").click();
  const more = await provider.next();
  assert.deepEqual(more.body.messages.at(-1), { role: "user", content: "Continue" });
  await more.write("and so on");
  more.finish();
  await chat.ended();
  const shown = await chat.messages();
  assert.deepEqual(
    shown.map((it) => (it.role === "user" ? it.text : textOf(it))),
    ["Count to a thousand", kept, "Continue", "and so on"],
  );
});
