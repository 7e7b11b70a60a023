/** The demo page itself: its switches really break things, it recovers, and it is fit to be shown. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type * as Axe from "axe-core";
import { ChatPage, openWorld, useBrowser } from "./world.ts";
import type { World } from "./world.ts";

const AXE = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

useBrowser();

test("every switch is survived: the page ends with what the proxy stored, and says so", async () => {
  await using world = await openDemo();
  const chat = await world.openPage();
  const press = (name: string) => chat.page.locator("aside").getByRole("button", { name, exact: true }).click();
  const logged = (text: string | RegExp) => chat.page.locator("#log").getByText(text).first().waitFor();
  const grows = async () => {
    const { length } = await chat.text();
    await chat.until(async () => (await chat.text()).length > length + 20);
  };

  await press("Ask for a long answer");
  await chat.until(async () => (await chat.text()).length > 50);
  await press("Cut connection");
  await logged(/^Connection lost/);
  await grows();
  // What the switch does, for a second instead of ten.
  const stall = await chat.page.request.post(`${world.wire.url}/demo/faults`, { data: { action: "stall", ms: 1_000 } });
  assert.equal(stall.status(), 202);
  await grows();
  await press("Kill the provider");
  await chat.until(async () => (await chat.lastAnswer()).attempts === 2);
  await grows();
  await press("Reload the page");
  await logged("The page was loaded again");
  await grows();
  await press("Stop");
  const message = await chat.ended();
  assert.equal(message.status, "cancelled");
  await logged(/^Page and proxy agree on all [\d,]+ characters/);
  assert.deepEqual(chat.errors, []);
});

test("the page breaks no rule of its own policy, loads nothing foreign, and fits a phone", async () => {
  await using world = await openDemo();
  const page = await world.context.newPage();
  const complaints: string[] = [];
  const foreign: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (!/^(data:|http:\/\/127\.0\.0\.1:)/.test(request.url())) foreign.push(request.url());
  });
  const chat = await ChatPage.open(page, world.wire.url);
  await chat.ask("hello");
  await chat.ended();
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 800 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert(overflow <= 0, `${overflow} px too wide at ${width}`);
  }
  assert.deepEqual([complaints, foreign, chat.errors], [[], [], []]);
});

test("axe finds nothing, in light and dark, wide and narrow", async () => {
  await using world = await openDemo();
  const chat = await world.openPage();
  await chat.ask("Show me a table");
  await chat.ended();
  for (const theme of ["Light", "Dark"]) {
    await chat.page.getByRole("radio", { name: theme }).check();
    for (const width of [1280, 390]) {
      await chat.page.setViewportSize({ width, height: 800 });
      await chat.page.evaluate(AXE);
      const found = await chat.page.evaluate(async () => {
        const { axe } = window as unknown as { axe: typeof Axe };
        const { violations } = await axe.run(document);
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
      });
      assert.deepEqual(found, [], `${theme} at ${width}`);
    }
  }
});

/** The proxy as it starts without any key. */
const openDemo = (): Promise<World> => openWorld({ providers: { demo: { kind: "demo" } } });
