/** What a page's author or a reader may get wrong, and what the page then shows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorld, useBrowser } from "./world.ts";

useBrowser();

test("a bad endpoint is named in the element, with what was found and what is expected, and told by an event", async () => {
  await using world = await openWorld();
  const chat = await world.openPage();
  await chat.page.evaluate(() => {
    const told: unknown[] = [];
    Object.assign(window, { told });
    document.querySelector("ai-stream")!.addEventListener("ai-stream-error", ({ error }) => told.push(error));
  });
  for (const endpoint of ["ftp://files.example", "http://[half", "javascript:alert(1)", ""]) {
    await chat.set("endpoint", endpoint);
    const alert = chat.page.locator("ai-stream [role=alert]");
    await alert.getByText(endpoint === "" ? "found nothing" : JSON.stringify(endpoint)).waitFor();
    assert.match((await alert.textContent())!, /^endpoint: found .+, expected .+http/);
  }
  const told = (await chat.page.evaluate(() => (window as unknown as { told: unknown[] }).told)) as { field: string }[];
  assert(told.length >= 4);
  for (const error of told) assert.equal(error.field, "endpoint");

  await chat.set("endpoint", "/");
  await chat.ask("Still there?");
  const call = await world.provider.next();
  await call.write("Yes");
  call.finish();
  await chat.ended();
  await chat.reads("Yes");
  assert.deepEqual(chat.errors, []);
});

test("an unknown agent is refused by name, the message stays, and the provider is not asked", async () => {
  await using world = await openWorld();
  const chat = await world.openPage();
  await chat.set("agent", "nobody");
  await chat.ask("Anybody there?");
  const failure = chat.page.locator("ai-stream article.user [part~=error]");
  await failure.waitFor();
  assert.match((await failure.textContent())!, /agent: found "nobody", expected one of default/);
  const [message] = await chat.messages();
  assert(message?.role === "user");
  assert.equal(message.text, "Anybody there?");
  assert.equal(message.state, "failed");
  assert.equal(message.error?.code, "not_found");
  assert.equal(world.provider.requests, 0);
  assert.deepEqual(chat.errors, []);
});

test("an input over the limit is refused before the provider is asked", async () => {
  await using world = await openWorld({ limits: { inputChars: 50 } });
  const chat = await world.openPage();
  await chat.ask("x".repeat(51));
  const failure = chat.page.locator("ai-stream article.user [part~=error]");
  await failure.waitFor();
  assert.match((await failure.textContent())!, /input: found .*51.*, expected .*50/);
  assert.equal(world.provider.requests, 0);
});

test("markup from a provider is text: nothing runs, nothing is fetched", async () => {
  await using world = await openWorld();
  const chat = await world.openPage();
  const requests: string[] = [];
  chat.page.on("request", (request) => requests.push(request.url()));
  await chat.ask("Try to break out");
  const call = await world.provider.next();
  await call.write(
    `<img src="http://127.0.0.1:9/x" onerror="document.title='owned'"> `,
    `<script>document.title='owned'</script> `,
    `![x](http://127.0.0.1:9/y.png) [link](javascript:document.title='owned')\n\n`,
    `<iframe src="http://127.0.0.1:9/z"></iframe>`,
  );
  call.finish();
  await chat.ended();
  const answer = chat.page.locator("ai-stream article.answer");
  assert.equal(await answer.locator("img, script, iframe, a[href^='javascript:']").count(), 0);
  assert.match((await answer.locator("[part~=text]").textContent())!, /<img src=.*<script>.*<iframe/s);
  assert.notEqual(await chat.page.title(), "owned");
  assert.deepEqual(
    requests.filter((url) => url.includes("127.0.0.1:9/")),
    [],
  );
});
