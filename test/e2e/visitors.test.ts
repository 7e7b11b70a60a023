/** A closed proxy and pages of other origins: one it lists, one it does not. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { ChatPage, openWorld, useBrowser } from "./world.ts";

useBrowser();

const SECRET = "0123456789abcdef";

test("a page of a listed origin is let in as a visitor, who finds the conversation in a new tab", async () => {
  await using site = await openSite();
  await using world = await openWorld({ access: { secret: SECRET, origins: [site.url] } });
  site.proxy = world.wire.url;
  const chat = await ChatPage.open(await world.context.newPage(), site.url);
  await chat.ask("Who am I?");
  const call = await world.provider.next();
  await call.write("A visitor");
  call.finish();
  const { conversation } = await chat.ended();
  await chat.reads("A visitor");

  const later = await ChatPage.open(await world.context.newPage(), site.url);
  await later.set("conversation", conversation);
  await later.reads("A visitor");
  assert.deepEqual([...chat.errors, ...later.errors], []);
});

for (const transport of ["ws", "sse"] as const) {
  test(`${transport}: a page of an origin that is not listed says so`, async () => {
    await using site = await openSite();
    await using world = await openWorld({ access: { secret: SECRET, origins: ["https://example.com"] } });
    site.proxy = world.wire.url;
    const chat = await ChatPage.open(await world.context.newPage(), site.url);
    await chat.set("transport", transport);
    await chat.ask("May I?");
    const told = chat.page.locator("ai-stream [part~=error]");
    await told.waitFor();
    assert.match((await told.textContent()) ?? "", new RegExp(`Origin: found "${site.url}".*access\\.origins`));
    assert.equal(world.provider.requests, 0);
  });
}

/** A site somebody else runs, with the element on its page. */
async function openSite() {
  const site = { url: "", proxy: "" };
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/html").end(
      `<!doctype html><title>site</title><script type="module" src="${site.proxy}/ai-stream.js"></script>
      <ai-stream endpoint="${site.proxy}"></ai-stream>`,
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  site.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(site, {
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  });
}
