/** What fails behind the page: the provider in mid-answer, the proxy itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { runCliProxy } from "./cli-proxy.ts";
import type { CliProxy } from "./cli-proxy.ts";
import { openWorld, pieces, textOf, useBrowser } from "./world.ts";

useBrowser();

test("a provider that dies in mid-answer is asked again, and the page ends with one whole answer", async () => {
  await using world = await openWorld();
  const chat = await world.openPage();
  await chat.ask("Count twice if you must");
  const first = await world.provider.next();
  const all = pieces(20);
  await first.write(...all.slice(0, 10));
  await chat.reads(all.slice(0, 10).join(""));
  first.die();
  const second = await world.provider.next();
  await second.write(...all.slice(0, 3));
  await chat.page.locator("ai-stream [part~=voided]").waitFor();
  await chat.reads(all.slice(0, 10).join(""));
  await second.write(...all.slice(3));
  second.finish();
  const message = await chat.ended();
  await chat.reads(all.join(""));
  assert.equal(textOf(message), all.join(""));
  assert.equal(message.status, "complete");
  assert.equal(message.attempts, 2);
  assert.equal(world.provider.requests, 2);
  assert.equal(await chat.page.locator("ai-stream [part~=voided]").count(), 0);
});

test("a provider that stops in mid-event and closes politely is not a success", async () => {
  await using world = await openWorld({ resilience: { afterContent: 0 } });
  const chat = await world.openPage();
  await chat.ask("Count and break off");
  const call = await world.provider.next();
  const said = pieces(5).join("");
  await call.write(said);
  await call.writeRaw('data: {"id":"chatcmpl-scripted","choices":[{"index":0,"del');
  call.die();
  const message = await chat.ended();
  assert.equal(message.status, "interrupted");
  assert.equal(message.end?.error?.code, "upstream_truncated");
  await chat.reads(said);
});

test("a proxy killed with -9 in mid-answer and started again completes the answer: one whole text, every shown event kept", async () => {
  let proxy: CliProxy | null = null;
  await using world = await openWorld({}, async (config) => (proxy = await runCliProxy(config)));
  const chat = await world.openPage();
  await chat.ask("Count until the lights go out");
  const call = await world.provider.next();
  const all = pieces(40);
  const said = all.slice(0, 25).join("");
  for (const piece of all.slice(0, 25)) await call.write(piece);
  await chat.reads(said);
  const shown = await chat.lastAnswer();
  const before = await eventsOf(world.proxyUrl, shown.stream);
  assert.equal(before.map((event) => (event["type"] === "delta" ? event["text"] : "")).join(""), said);

  await proxy!.kill();
  await call.closed;
  await chat.until(async () => (await chat.connection()) !== "open");
  assert.equal(await chat.text(), said.trim(), "what was shown stays while nobody is there");
  await proxy!.restart();

  // Asked again by the process that took the stream over, while the page is coming back.
  const second = await world.provider.next();
  await second.write(...all);
  second.finish();
  const message = await chat.ended();
  assert.equal(message.status, "complete");
  assert.equal(message.stream, shown.stream);
  assert.equal(textOf(message), all.join(""));
  await chat.reads(all.join(""));
  const after = await eventsOf(world.proxyUrl, shown.stream);
  assert.deepEqual(after.slice(0, before.length), before);
  assert.equal(after.at(-1)?.["type"], "stream.end");
  assert.equal(after.filter(({ type }) => type === "stream.end").length, 1);
  assert.deepEqual(
    after.map(({ seq }) => seq),
    after.map((_, index) => index + 1),
  );
  const attempts = after.filter(({ type }) => type === "attempt.start").map(({ cause, mode }) => [cause, mode]);
  assert.deepEqual(attempts, [
    ["initial", "fresh"],
    ["takeover", "fresh"],
  ]);
  assert.equal(world.provider.requests, 2);
});

/** All events of a stream, as an API client reads them. */
async function eventsOf(proxyUrl: string, stream: string): Promise<Record<string, unknown>[]> {
  const response = await fetch(`${proxyUrl}/v1/streams/${stream}/events?after=0`);
  assert.equal(response.status, 200);
  const page = (await response.json()) as { events: Record<string, unknown>[]; upToDate: boolean };
  assert.equal(page.upToDate, true);
  return page.events;
}
