/** The text on the page equals what the provider sent, once, whatever happens to the connection in between. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorld, pieces, textOf, useBrowser } from "./world.ts";
import type { ChatPage, World } from "./world.ts";

useBrowser();

for (const transport of ["ws", "sse"] as const) {
  test(`${transport}: an undisturbed answer reads as it was sent`, async () => {
    await using world = await openWorld();
    const chat = await openWith(world, transport);
    const answer = pieces(40);
    await chat.ask("Count to 240");
    const call = await world.provider.next();
    assert.equal(call.body.messages.at(-1)?.content, "Count to 240");
    for (const piece of answer) await call.write(piece);
    call.finish();
    const message = await chat.ended();
    await chat.reads(answer.join(""));
    assert.equal(message.end?.reason, "stop");
    assert.deepEqual([message.usage.input, message.usage.output], [7, 11]);
    assert.equal(message.attempts, 1);
    assert.deepEqual(chat.errors, []);
  });

  test(`${transport}: five resets in one answer lose nothing, double nothing, and ask the provider once`, async () => {
    await using world = await openWorld();
    const chat = await openWith(world, transport);
    await chat.ask("Count while the line breaks");
    const call = await world.provider.next();
    let sent = "";
    for (const [index, piece] of pieces(60).entries()) {
      await call.write(piece);
      sent += piece;
      if (index % 10 !== 5 || index > 50) continue;
      await chat.reads(sent);
      const connections = world.wire.accepted;
      assert(world.wire.reset() > 0);
      // Written while nobody is there to hear it.
      await call.write("… ");
      sent += "… ";
      await chat.until(async () => world.wire.accepted > connections);
    }
    call.finish();
    await assertWhole(world, chat, sent, 1);
  });

  test(`${transport}: a connection cut in the middle of an event`, async () => {
    await using world = await openWorld();
    const chat = await openWith(world, transport);
    await chat.ask("Count on a short line");
    const call = await world.provider.next();
    let sent = "";
    const say = async (text: string) => {
      await call.write(text);
      sent += text;
    };
    for (const piece of pieces(10)) await say(piece);
    await chat.reads(sent);
    // One event is far longer than this, so its last bytes never arrive.
    const cut = world.wire.cutAfter(100);
    await say(`${"long ".repeat(200)} `);
    await cut;
    for (const piece of pieces(10)) await say(piece);
    call.finish();
    await assertWhole(world, chat, sent, 1);
  });

  test(`${transport}: a connection that goes dead without a word is found out when the page wakes`, async () => {
    await using world = await openWorld();
    const chat = await openWith(world, transport);
    await chat.ask("Count into the silence");
    const call = await world.provider.next();
    const [before, after] = halves(20);
    await call.write(before);
    await chat.reads(before);
    assert(world.wire.kill() > 0);
    await call.write(after);
    await chat.page.evaluate(sleepFor, 20_000);
    await chat.reads(before + after);
    call.finish();
    await assertWhole(world, chat, before + after, 1);
  });
}

test("a proxy that is away for a while is found again", async () => {
  await using world = await openWorld();
  const chat = await world.openPage();
  await chat.ask("Count while nobody is there");
  const call = await world.provider.next();
  const [before, after] = halves(20);
  await call.write(before);
  await chat.reads(before);
  world.wire.refuse(true);
  world.wire.reset();
  await call.write(after);
  await chat.until(async () => world.wire.refused >= 2);
  assert.equal(await chat.text(), before.trim(), "what was shown stays");
  world.wire.refuse(false);
  call.finish();
  await assertWhole(world, chat, before + after, 1);
});

test("where WebSockets do not get through, server-sent events take over", async () => {
  await using world = await openWorld();
  await world.context.routeWebSocket(/\/v1\/ws$/, (socket) => socket.close({ code: 1011 }));
  const chat = await world.openPage();
  await chat.ask("Count past the firewall");
  const call = await world.provider.next();
  const [before, after] = halves(20);
  await call.write(before);
  await chat.reads(before);
  const transport = await chat.page.evaluate(() => document.querySelector("ai-stream")!.connection.transport);
  assert.equal(transport, "sse");
  await call.write(after);
  call.finish();
  await assertWhole(world, chat, before + after, 1);
});

test("a message written while the network is away is delivered once when it is back", async () => {
  await using world = await openWorld();
  const chat = await world.openPage();
  await world.context.setOffline(true);
  await chat.ask("Sent from a tunnel");
  await chat.until(async () => (await chat.messages()).length === 1);
  assert.equal(world.provider.requests, 0);
  await world.context.setOffline(false);
  const call = await world.provider.next();
  await call.write("Out again");
  call.finish();
  await assertWhole(world, chat, "Out again", 1);
  assert.equal((await chat.messages()).length, 2);
});

test("a slow line delivers the same text later", async () => {
  await using world = await openWorld();
  const chat = await world.openPage();
  await chat.ask("Count on a slow line");
  const call = await world.provider.next();
  world.wire.slow(40_000);
  const answer = pieces(300).join("");
  for (const piece of pieces(300)) await call.write(piece);
  call.finish();
  await assertWhole(world, chat, answer, 1);
});

/** What a page notices of a sleep: the clock has jumped, and the browser says that the network is back. */
function sleepFor(ms: number): void {
  const now = Date.now;
  Date.now = () => now() + ms;
  window.dispatchEvent(new Event("online"));
}

/** An answer, and where it is interrupted. */
const halves = (count: number): [string, string] => {
  const all = pieces(count);
  return [all.slice(0, count / 2).join(""), all.slice(count / 2).join("")];
};

async function openWith(world: World, transport: "ws" | "sse"): Promise<ChatPage> {
  const chat = await world.openPage();
  await chat.set("transport", transport);
  return chat;
}

/** The page, the element's own message and the proxy's log say the same; the provider was asked so often. */
async function assertWhole(world: World, chat: ChatPage, sent: string, requests: number): Promise<void> {
  const message = await chat.ended();
  assert.equal(message.status, "complete");
  await chat.reads(sent);
  assert.equal(textOf(message), sent);
  const response = await fetch(`${world.proxyUrl}/v1/streams/${message.stream}/message`);
  assert.equal(textOf((await response.json()) as typeof message), sent);
  assert.equal(world.provider.requests, requests);
  assert.deepEqual(chat.errors, []);
}
