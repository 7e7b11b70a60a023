/** What a stranger brings along: `curl`, a plain `EventSource`, the command line, and a recorded provider. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { LogEntry, Message } from "../../protocol/index.ts";
import { openReplayServer } from "../fakes/replay-server.ts";
import { fixturesMissing, streamFixture } from "../fixtures.ts";
import { parseSse } from "../fakes/running-proxy.ts";
import { openWorld, pieces, textOf, useBrowser } from "./world.ts";
import type { World } from "./world.ts";

useBrowser();

const run = promisify(execFile);
const CLI = fileURLToPath(new URL("../../proxy/cli.ts", import.meta.url));
const JSON_BODY = { "content-type": "application/json" };

async function start(world: World, input: string): Promise<{ id: string }> {
  const response = await fetch(`${world.proxyUrl}/v1/streams`, {
    method: "POST",
    headers: JSON_BODY,
    body: JSON.stringify({ input }),
  });
  return (await response.json()) as { id: string };
}

/** A finished answer of thirty pieces. */
async function answered(world: World): Promise<{ id: string; text: string }> {
  const { id } = await start(world, "count");
  const call = await world.provider.next();
  for (const piece of pieces(30)) await call.write(piece);
  call.finish();
  await call.closed;
  return { id, text: pieces(30).join("") };
}

test("curl -N on live shows contiguous ids, and with Last-Event-ID exactly the rest", async () => {
  await using world = await openWorld();
  const { id, text } = await answered(world);
  const live = `${world.proxyUrl}/v1/streams/${id}/live`;
  const curl = async (...args: string[]) => parseSse((await run("curl", ["-sN", ...args, live])).stdout);
  const whole = await curl();
  const entries = whole.map(({ data }) => JSON.parse(data) as LogEntry);
  assert.deepEqual(
    whole.map((event) => Number(event.id!.split(".")[1])),
    entries.map((_, index) => index + 1),
  );
  assert.equal(entries.map((entry) => (entry.type === "delta" ? entry.text : "")).join(""), text);
  const middle = Math.floor(whole.length / 2);
  assert.deepEqual(await curl("-H", `Last-Event-ID: ${whole[middle]!.id}`), whole.slice(middle + 1));
});

test("a plain EventSource reads an answer over cut connections, each event once, and stops at its end", async () => {
  await using world = await openWorld();
  const { page } = await world.openPage();
  const { id } = await start(world, "count");
  const call = await world.provider.next();
  await page.evaluate((path) => {
    const seen = { ids: [] as string[], text: "", ended: false };
    Object.assign(globalThis, { seen });
    const source = new EventSource(path);
    source.addEventListener("message", ({ data, lastEventId }: MessageEvent<string>) => {
      const entry = JSON.parse(data) as { type: string; text?: string };
      seen.ids.push(lastEventId.split(".")[1]!);
      seen.text += entry.type === "delta" ? entry.text : "";
      if (entry.type !== "stream.end") return;
      source.close();
      seen.ended = true;
    });
  }, `/v1/streams/${id}/live`);
  const seen = () =>
    page.evaluate(() => (globalThis as unknown as { seen: { ids: string[]; text: string; ended: boolean } }).seen);
  const all = pieces(30);
  for (const [index, piece] of all.entries()) {
    await call.write(piece);
    if (index % 10 !== 9) continue;
    await page.waitForFunction(
      (text) => (globalThis as unknown as { seen: { text: string } }).seen.text === text,
      all.slice(0, index + 1).join(""),
    );
    world.wire.reset();
  }
  call.finish();
  await page.waitForFunction(() => (globalThis as unknown as { seen: { ended: boolean } }).seen.ended);
  const { ids, text } = await seen();
  assert.equal(text, all.join(""));
  assert.deepEqual(
    ids,
    ids.map((_, index) => String(index + 1)),
  );
  assert.equal(world.provider.requests, 1);
});

test(
  "a recorded OpenAI answer: the command, the page and the message show exactly its text, usage and stop reason",
  { skip: fixturesMissing },
  async () => {
    const { body, cuts, expected } = streamFixture("openai/chat-text-gpt-5-nano");
    const replay = await openReplayServer({ body, cuts });
    try {
      await using world = await openWorld({
        providers: { recorded: { kind: "openai-compatible", baseUrl: `${replay.url}/v1`, apiKey: "k" } },
        agents: { default: { models: ["recorded/gpt-5-nano"] } },
      });
      const { stdout } = await run(process.execPath, [CLI, "ask", "say it", "--url", world.proxyUrl]);
      assert.equal(stdout, expected.text);

      const chat = await world.openPage();
      await chat.ask("say it");
      const shown = await chat.ended();
      assert.equal(textOf(shown), expected.text);

      const message = (await (await fetch(`${world.proxyUrl}/v1/streams/${shown.stream}/message`)).json()) as Message;
      assert.equal(textOf(message), expected.text);
      assert.equal(message.end?.reason, "stop");
      const { usage } = expected;
      assert.deepEqual(
        [message.usage.input, message.usage.output, message.usage.reasoning],
        [usage!.input, usage!.output, usage!.reasoning],
      );
      assert.equal(message.usage.final, true);
      assert.equal(replay.requests.length, 2);
    } finally {
      await replay.close();
    }
  },
);
