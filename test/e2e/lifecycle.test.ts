/** Leaving is not stopping, and stopping is at once: reload, close, come back, stop. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorld, pieces, textOf, useBrowser } from "./world.ts";

useBrowser();

test("a page reloaded in mid-answer goes on by itself", async () => {
  await using world = await openWorld();
  const chat = await world.openPage();
  await chat.ask("Count through a reload");
  const call = await world.provider.next();
  const all = pieces(30);
  let sent = "";
  const say = async (texts: readonly string[]) => {
    await call.write(...texts);
    sent += texts.join("");
  };
  await say(all.slice(0, 10));
  await chat.reads(sent);

  const reloading = chat.page.reload();
  await say(all.slice(10, 20));
  await reloading;
  await chat.reads(sent);
  assert.deepEqual(
    (await chat.messages()).map(({ role }) => role),
    ["user", "assistant"],
  );
  await say(all.slice(20));
  call.finish();
  const message = await chat.ended();
  await chat.reads(sent);
  assert.equal(textOf(message), sent);
  assert.equal(message.end?.reason, "stop");
  assert.equal(world.provider.requests, 1);
  assert.deepEqual(chat.errors, []);
});

test("a conversation goes on after a reload, with its earlier turns sent to the provider", async () => {
  await using world = await openWorld();
  const chat = await world.openPage();
  await chat.ask("One");
  const first = await world.provider.next();
  await first.write("Answer one");
  first.finish();
  await chat.ended();
  await chat.page.reload();
  await chat.reads("Answer one");
  await chat.ask("Two");
  const second = await world.provider.next();
  assert.deepEqual(
    second.body.messages.map(({ role, content }) => `${role}: ${String(content)}`),
    ["user: One", "assistant: Answer one", "user: Two"],
  );
  await second.write("Answer two");
  second.finish();
  await chat.ended();
  await chat.reads("Answer two");
});

test("a stream whose page is closed finishes, and can be read later", async () => {
  await using world = await openWorld();
  const chat = await world.openPage();
  await chat.ask("Count when I am gone");
  const call = await world.provider.next();
  const [first, ...rest] = pieces(20);
  await call.write(first!);
  await chat.reads(first!);
  const { stream, conversation } = await chat.lastAnswer();
  await chat.page.close();
  await call.write(...rest);
  call.finish();
  await call.closed;

  const later = await world.openPage();
  await later.set("conversation", conversation);
  await later.reads(pieces(20).join(""));
  const message = await later.ended();
  assert.equal(message.stream, stream);
  assert.equal(message.end?.reason, "stop");
  assert.equal(world.provider.requests, 1);
});

test("two pages on one conversation show the same answer while it is written", async () => {
  await using world = await openWorld();
  const chat = await world.openPage();
  await chat.ask("Count for both");
  const call = await world.provider.next();
  const all = pieces(20);
  await call.write(...all.slice(0, 10));
  await chat.reads(all.slice(0, 10).join(""));
  const other = await world.openPage();
  await other.set("conversation", (await chat.lastAnswer()).conversation);
  await other.reads(all.slice(0, 10).join(""));
  await call.write(...all.slice(10));
  call.finish();
  for (const page of [chat, other]) {
    await page.ended();
    await page.reads(all.join(""));
  }
  assert.equal(world.provider.requests, 1);
});

test("stop closes the provider's connection and ends the stream cancelled, with what was shown kept", async () => {
  await using world = await openWorld();
  const chat = await world.openPage();
  await chat.ask("Count until I say stop");
  const call = await world.provider.next();
  const said = pieces(10).join("");
  await call.write(...pieces(10));
  await chat.reads(said);
  await chat.page.locator("ai-stream [part~=stop]").click();
  await call.closed;
  const message = await chat.ended();
  assert.equal(message.status, "cancelled");
  assert.equal(message.end?.reason, "cancelled");
  await chat.reads(said);
  assert.equal(world.provider.requests, 1);
});

test("a cancel that reaches the proxy closes the provider's connection within 100 ms", async (t) => {
  await using world = await openWorld();
  const chat = await world.openPage();
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    await chat.ask(`Round ${round}`);
    const call = await world.provider.next();
    await call.write(`Word ${round}`);
    await chat.reads(`Word ${round}`);
    const { stream } = await chat.lastAnswer();
    const calledAt = performance.now();
    const cancel = fetch(`${world.proxyUrl}/v1/streams/${stream}/cancel`, { method: "POST" });
    await call.closed;
    times.push(performance.now() - calledAt);
    assert.equal((await cancel).status, 202);
    assert.equal((await chat.ended()).status, "cancelled");
  }
  const best = Math.min(...times);
  t.diagnostic(`from the request to the closed socket: ${times.map((ms) => ms.toFixed(1)).join(", ")} ms`);
  assert(best < 100, `${best} ms at best`);
});
