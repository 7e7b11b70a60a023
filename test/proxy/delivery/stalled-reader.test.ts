import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { CLOSE, emptyMessage, fold, visibleText } from "../../../protocol/index.ts";
import type { WireEntry } from "../../../protocol/index.ts";
import type { Heartbeat } from "../../../proxy/delivery/heartbeat.ts";
import { deliverSse } from "../../../proxy/delivery/sse-delivery.ts";
import { WsSubscription } from "../../../proxy/delivery/ws-subscription.ts";
import { ALL, liveStream } from "../../fakes/live-stream.ts";
import { INC } from "../../fakes/random-log.ts";
import { parseSse } from "../../fakes/running-proxy.ts";

const TEXT = "word ".repeat(200);
/** Of a thousand characters each: 24 MB, many times what the kernel takes for a reader that takes nothing. */
const DELTAS = 24_000;
const MIB = 1_048_576;

/** Readers of one live stream over HTTP, and the server's side of each. */
async function sseServer(t: TestContext, rotateMs = Infinity) {
  const stream = liveStream(ALL);
  // The tests beat it themselves.
  const beats: (() => void)[] = [];
  const heartbeat = { add: (beat: () => void) => (beats.push(beat), () => {}) } as unknown as Heartbeat;
  const responses: ServerResponse[] = [];
  const server = createServer((request, response) => {
    responses.push(response);
    const after = Number(/after=(\d+)/.exec(request.url!)![1]);
    deliverSse(stream.feed, after, response, {}, { heartbeat, rotateMs });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close().closeAllConnections());
  const open = async (after = 0) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/?after=${after}`;
    const [response] = (await once(get(url, { agent: false }), "response")) as [IncomingMessage];
    return { response, socket: responses.at(-1)!.socket! };
  };
  return { ...stream, beats, open };
}

/** Everything that was sent, once the response has ended. */
const bodyOf = async (response: IncomingMessage): Promise<string> =>
  Buffer.concat((await response.toArray()) as Buffer[]).toString();

const entriesOf = (body: string): WireEntry[] =>
  parseSse(body).flatMap(({ event, data }) => (event === null ? [JSON.parse(data) as WireEntry] : []));

test("a stalled SSE reader costs the same however far the stream grows, slows nobody, and gets the rest merged", async (t) => {
  const { open, commit, tail } = await sseServer(t);
  const [stalled, reading] = [await open(), await open()];
  const read = bodyOf(reading.response);
  commit([{ type: "block.start", block: 0, kind: "text", seq: 1, ts: 0 }]);
  const heldAt: number[] = [];
  for (let seq = 2; seq <= DELTAS + 1; seq++) {
    commit([{ type: "delta", block: 0, kind: "text", text: TEXT, seq, ts: 0 }]);
    // The reader that reads is at the tail all the time.
    if (seq % 100 === 0) await turn();
    if (seq === DELTAS / 2 || seq === DELTAS) heldAt.push(stalled.socket.writableLength);
  }
  commit([{ type: "block.end", block: 0, seq: DELTAS + 2, ts: 0 }]);
  commit([
    {
      ...{ type: "stream.end", reason: "stop", usage: { input: 0, output: 0, final: true } },
      ...{ timings: { totalMs: 1 }, digest: 0, seq: DELTAS + 3, ts: 0 },
    },
  ]);
  assert.equal(heldAt[0], heldAt[1], "what waits for it does not grow");
  assert.ok(heldAt[0]! < MIB, `${heldAt[0]} bytes wait`);
  const whole = fold(emptyMessage(INC), entriesOf(await read));
  assert.equal(visibleText(whole).length, DELTAS * TEXT.length, "the other had all of it meanwhile");
  const late = entriesOf(await bodyOf(stalled.response));
  assert.deepEqual(fold(emptyMessage(INC), late), whole);
  assert.ok(late.some((entry) => (entry.n ?? 1) > 1) && late.length < DELTAS, `${late.length} events`);
  assert.equal(tail.furthest, null, "nobody watches any more");
});

test("an SSE response that has lasted long enough says goodbye and ends; the next goes on from its cursor", async (t) => {
  const { open, commit, beats } = await sseServer(t, 0);
  const first = await open();
  const body = bodyOf(first.response);
  commit([{ type: "block.start", block: 0, kind: "text", seq: 1, ts: 0 }]);
  for (const beat of beats.splice(0)) beat();
  const events = parseSse(await body);
  const bye = events.at(-1)!;
  const { code, retryAfterMs } = JSON.parse(bye.data) as { code: number; retryAfterMs: number };
  assert.deepEqual([bye.event, bye.id, code, retryAfterMs], ["bye", null, CLOSE.rotated, 0]);
  const cursor = Number(events.at(-2)!.id!.split(".")[1]);
  const second = await open(cursor);
  const rest = bodyOf(second.response);
  commit([{ type: "delta", block: 0, kind: "text", text: "a", seq: 2, ts: 0 }]);
  for (const beat of beats) beat();
  assert.deepEqual(
    entriesOf(await rest).map(({ seq }) => seq),
    [2],
  );
});

test("an SSE reader who takes nothing more, not even the goodbye, is cut off", async (t) => {
  const { open, commit, beats } = await sseServer(t, 0);
  const { response, socket } = await open();
  // Cut off before its body is whole.
  response.on("error", () => {});
  const closed = once(socket, "close");
  for (let seq = 1; !socket.writableNeedDrain; seq++) {
    commit([{ type: "delta", block: 0, kind: "text", text: TEXT, seq, ts: 0 }]);
    if (seq % 100 === 0) await turn();
  }
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const beat of beats) beat();
  t.mock.timers.tick(9_999);
  await turn();
  assert.equal(socket.destroyed, false);
  t.mock.timers.tick(1);
  await closed;
});

test("a WebSocket viewer that acknowledges nothing costs its window, however far the stream grows", async () => {
  const { feed, commit } = liveStream(ALL);
  const windowBytes = 65_536;
  let sent = 0;
  const socket = { writable: () => true, sendRaw: (frame: Buffer) => void (sent += frame.length), send() {} };
  const subscription = new WsSubscription(1, feed, 0, socket, windowBytes, () => {});
  subscription.begin();
  commit([{ type: "block.start", block: 0, kind: "text", seq: 1, ts: 0 }]);
  const sentAt: number[] = [];
  for (let seq = 2; seq <= DELTAS; seq++) {
    commit([{ type: "delta", block: 0, kind: "text", text: TEXT, seq, ts: 0 }]);
    if (seq % 1_000 === 0) await turn();
    if (seq === DELTAS / 2 || seq === DELTAS) sentAt.push(sent);
  }
  assert.equal(sentAt[0], sentAt[1]);
  assert.ok(sent >= windowBytes && sent < windowBytes + 2 * TEXT.length, `${sent} bytes`);
  subscription.stop();
});
