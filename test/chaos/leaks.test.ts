/** Ten thousand answers through one process: read, dropped, cancelled, over SSE and WebSocket. Nothing of them stays. */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { SUBPROTOCOL } from "../../protocol/index.ts";
import type { ServerFrame } from "../../protocol/index.ts";
import { openScriptedProvider } from "../fakes/scripted-provider.ts";
import type { ScriptedProvider } from "../fakes/scripted-provider.ts";
import { checkNothingOpen } from "./aftermath.ts";
import { configOf } from "./place.ts";
import type { Held } from "./watched-proxy.ts";

const STREAMS = 10_000;
/** Before the first look: what a process keeps for ever (compiled code, pools, tables of names) is there then. */
const WARM_UP = 2_000;
const AT_ONCE = 40;
/** Bytes a stream may leave behind, code that was compiled meanwhile included: less than its record takes, or its text. */
const BYTES_EACH = 150;
/** Objects of a kind more or less, of all streams together: what timers of the runtime's own happen to be armed. */
const SLACK = 12;

test(`${STREAMS.toLocaleString("en")} answers leave no socket, timer, listener or memory behind`, async () => {
  await using provider = await openScriptedProvider();
  void answer(provider);
  const folder = mkdtempSync(join(tmpdir(), "ai-stream-leaks-"));
  const config = { ...configOf({ mode: "fresh" }, provider.baseUrl), store: `sqlite:${join(folder, "ai-stream.db")}` };
  const child = fork(fileURLToPath(new URL("watched-proxy.ts", import.meta.url)), [JSON.stringify(config)], {
    // Counting objects by their class is new in V8's own interface; the warning would be the only output.
    execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"],
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 2 * AT_ONCE });
  try {
    const [{ url }] = (await once(child, "message")) as [{ url: string }];
    const look = async (): Promise<Held> => {
      agent.destroy();
      await checkNothingOpen([url]);
      // Connections that were kept alive are on their way out: looks go on while that shows.
      for (let held: Held | null = null; ;) {
        const earlier: Held | null = held;
        child.send("look");
        [held] = (await once(child, "message")) as [Held];
        if (earlier !== null && held.sockets >= earlier.sockets && held.timers >= earlier.timers) return held;
      }
    };
    await ask(url, agent, 0, WARM_UP);
    const before = await look();
    await ask(url, agent, WARM_UP, WARM_UP + STREAMS);
    const after = await look();

    const { bytes: bytesBefore, ...objectsBefore } = before;
    const { bytes: bytesAfter, ...objectsAfter } = after;
    const grown = bytesAfter - bytesBefore;
    console.log(`chaos: ${STREAMS} streams, ${(grown / STREAMS).toFixed(1)} bytes each stay`);
    console.log(`chaos: before ${JSON.stringify(before)}`);
    console.log(`chaos: after  ${JSON.stringify(after)}`);
    for (const [kind, count] of Object.entries(objectsAfter)) {
      const most = objectsBefore[kind as keyof typeof objectsBefore] + SLACK;
      assert(count <= most, `${kind}: ${count} after ${STREAMS} streams, expected at most ${most}`);
    }
    assert.equal(after.tails, 0);
    assert.equal(after.webSockets, 0);
    assert(grown <= STREAMS * BYTES_EACH, `${grown} bytes stay, expected at most ${STREAMS * BYTES_EACH}`);
  } finally {
    agent.destroy();
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A few words to everybody; who wants to cancel has the time to. */
async function answer(provider: ScriptedProvider): Promise<void> {
  for (;;) {
    const call = await provider.next();
    const isHeld = String(call.body.messages.at(-1)!.content).startsWith("hold");
    void call.write("one ", "two ", "three").then(() => (isHeld ? undefined : call.finish()));
  }
}

async function ask(url: string, agent: Agent, from: number, to: number): Promise<void> {
  let next = from;
  const work = async () => {
    while (next < to) {
      const index = next++;
      // In every twenty: one cancelled, one whose reader leaves in mid-answer, two over a socket of their own.
      if (index % 20 === 0) await readCancelled(url, agent);
      else if (index % 20 === 1) await readDropped(url, agent);
      else if (index % 20 < 4) await readSocket(url, agent);
      else await readWhole(url, agent);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function readWhole(url: string, agent: Agent): Promise<void> {
  const id = await start(url, agent, "say");
  const body = await readText(await send(`${url}/v1/streams/${id}/live?after=0`, agent));
  assert.match(body, /"type":"stream.end"/);
}

async function readCancelled(url: string, agent: Agent): Promise<void> {
  const id = await start(url, agent, "hold");
  const live = await send(`${url}/v1/streams/${id}/live?after=0`, agent);
  const body = readText(live);
  await once(live, "readable");
  await readText(await send(`${url}/v1/streams/${id}/cancel`, agent, {}));
  assert.match(await body, /"reason":"cancelled"/);
}

async function readDropped(url: string, agent: Agent): Promise<void> {
  const id = await start(url, agent, "say");
  const live = await send(`${url}/v1/streams/${id}/live?after=0`, agent);
  const closed = once(live, "close");
  live.destroy();
  await closed;
}

async function readSocket(url: string, agent: Agent): Promise<void> {
  const id = await start(url, agent, "say");
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/ws`, SUBPROTOCOL);
  const closed = once(socket, "close");
  socket.on("open", () => socket.send(JSON.stringify({ type: "hello", v: 1 })));
  socket.on("message", (bytes: Buffer) => {
    const frame = JSON.parse(bytes.toString()) as ServerFrame;
    if (frame.type === "welcome") socket.send(JSON.stringify({ type: "sub", s: 1, id, after: "0" }));
    if (frame.type === "end" || (frame.type === "ev" && frame.e.at(-1)?.type === "stream.end")) socket.close();
  });
  await closed;
}

async function start(url: string, agent: Agent, input: string): Promise<string> {
  const body = await readText(await send(`${url}/v1/streams`, agent, { input }));
  return (JSON.parse(body) as { id: string }).id;
}

/** A GET, or a POST when there is a body. */
async function send(url: string, agent: Agent, body?: object): Promise<IncomingMessage> {
  const method = body === undefined ? "GET" : "POST";
  const headers = { "content-type": "application/json" };
  const asked = request(url, { agent, method, ...(body === undefined ? {} : { headers }) });
  asked.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  assert(response.statusCode! < 300, `${method} ${url}: ${response.statusCode}`);
  return response;
}
