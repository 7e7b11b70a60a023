import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { visibleText } from "../../../protocol/index.ts";
import { StreamTools } from "../../../proxy/agent/stream-tools.ts";
import { ToolInbox } from "../../../proxy/agent/tool-inbox.ts";
import { Feed } from "../../../proxy/delivery/feed.ts";
import { Viewer } from "../../../proxy/delivery/viewer.ts";
import { createProvider } from "../../../proxy/provider/create-provider.ts";
import { HttpTransport } from "../../../proxy/provider/http-transport.ts";
import type { Provider } from "../../../proxy/provider/provider.ts";
import { Fence } from "../../../proxy/pump/fence.ts";
import { pump } from "../../../proxy/pump/pump.ts";
import { openSqliteLog } from "../../../proxy/stream-log/sqlite-log.ts";
import type { StreamLog } from "../../../proxy/stream-log/stream-log.ts";
import { StreamTail } from "../../../proxy/stream-log/tail.ts";
import { newStream } from "../../contracts/new-stream.ts";
import { fakeAnswer } from "../../fakes/fake-answer.ts";
import { fakeProvider, finish, more, settle, text } from "../../fakes/fake-provider.ts";
import { ALL } from "../../fakes/live-stream.ts";

/** 46 MiB on the wire: many times what the kernel's buffers on both sides may hold. */
const EVENTS = 12_000;
const WORD = "x".repeat(4_000);
/** Unsent bytes in the provider's own process from which on its socket takes nothing: what a write returns false at, and more. */
const STUCK_BYTES = 1_048_576;
const MARKS = { capacityEvents: 1_000, high: 0.8, low: 0.3 };
const MIB = 1_048_576;

const chat = (delta: object, finishReason: string | null = null): string =>
  `data: ${JSON.stringify({ id: "c", model: "m", choices: [{ index: 0, delta, finish_reason: finishReason }] })}\n\n`;

/** A provider that writes as fast as its socket takes it, and tells how that goes. */
async function fastProvider(t: TestContext) {
  const stuck = Promise.withResolvers<ServerResponse>();
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" });
    const event = chat({ content: WORD });
    let written = 0;
    const more = () => {
      while (written < EVENTS) {
        written++;
        response.write(event);
        if ((response.socket?.writableLength ?? 0) < STUCK_BYTES) continue;
        stuck.resolve(response);
        response.once("drain", more);
        return;
      }
      response.end(`${chat({}, "stop")}data: [DONE]\n\n`);
    };
    more();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, stuck: stuck.promise };
}

const neverStopped = () => ({ stop: new AbortController(), fence: new Fence() });

/** A stream that has begun, and its live end. */
async function begun(log: StreamLog) {
  const start = newStream();
  const { record } = await log.createStream(start);
  const tail = new StreamTail(record);
  tail.publish(start.first);
  return { record, tail };
}

const answerOf = (provider: Provider, { record }: StreamTail) =>
  fakeAnswer([provider], {
    tools: new StreamTools({
      ...{ stream: record.id, own: {}, page: [], inbox: new ToolInbox(), waitMs: 1, resultChars: 100 },
      onFailure: assert.fail,
    }),
  });

test("while the store holds its commits the provider's own send is blocked; then every character comes", async (t) => {
  const { url, stuck } = await fastProvider(t);
  const transport = new HttpTransport();
  const log = openSqliteLog(":memory:");
  t.after(() => Promise.all([transport.close(), log.close()]));
  const gate = Promise.withResolvers<void>();
  let mostEvents = 0;
  const slow: StreamLog = Object.create(log, {
    append: {
      async value(...args: Parameters<StreamLog["append"]>) {
        mostEvents = Math.max(mostEvents, args[2].chars / WORD.length);
        // The attempt's own beginning passes: the provider must be asked at all.
        if (args[2].entries.some(({ type }) => type === "delta")) await gate.promise;
        return log.append(...args);
      },
    },
  });
  const { tail } = await begun(log);
  const config = { kind: "openai-compatible", baseUrl: url, apiKey: "k", api: "chat" } as const;
  const provider = createProvider("p", config, { transport });
  const answer = answerOf(provider, tail);
  const options = { log: slow, tail, marks: MARKS, totalMs: 60_000 };
  const pumping = pump(async () => answer, options, neverStopped());

  const { socket } = await stuck;
  const sent = () => socket!.bytesWritten - socket!.writableLength;
  // Whatever anybody could still take is taken: only then the socket stands still.
  for (let before = -1; before < sent();) {
    before = sent();
    for (let count = 0; count < 1_000; count++) await turn();
  }
  const atStandstill = sent();
  assert.ok(socket!.writableLength >= STUCK_BYTES, "the provider cannot get rid of what it wrote");
  assert.ok(atStandstill < 0.25 * EVENTS * WORD.length, `the provider could send ${atStandstill} bytes`);
  t.diagnostic(
    `the provider could send ${(atStandstill / MIB).toFixed(2)} MiB of ${((EVENTS * WORD.length) / MIB).toFixed(0)}`,
  );

  gate.resolve();
  await pumping;
  assert.equal(tail.message.end?.reason, "stop", JSON.stringify(tail.message.end));
  assert.equal(visibleText(tail.message), WORD.repeat(EVENTS));
  // High watermark, and what one read brings at most beyond it.
  const bound = MARKS.high * MARKS.capacityEvents + 200;
  assert.ok(mostEvents <= bound, `${mostEvents} events waited for one commit`);
  t.diagnostic(`at most ${Math.ceil(mostEvents)} events waited for one commit`);
});

test("a stream runs no further ahead of its furthest viewer than maxLeadEvents, and a viewer who leaves holds nothing up", async (t) => {
  const log = openSqliteLog(":memory:");
  t.after(() => log.close());
  const { record, tail } = await begun(log);
  let pulled = 0;
  const provider = fakeProvider("p");
  provider.stream = async function* () {
    yield text("x");
    for (; pulled < 500; pulled++) {
      // Each committed by itself: none is joined to another.
      await settle();
      yield more("x");
    }
    yield finish;
  };
  const taken: number[] = [];
  const transport = {
    isOpen: true,
    ready: () => transport.isOpen,
    send: (parcel: { readonly last: number }) => void taken.push(parcel.last),
    note() {},
    end() {},
    fail: assert.fail,
  };
  const marks = { ...MARKS, maxLeadEvents: 50 };
  const reader = new Viewer(new Feed(record, log, ALL, tail), 0, transport);
  reader.begin();
  const pumping = pump(async () => answerOf(provider, tail), { log, tail, marks, totalMs: 60_000 }, neverStopped());
  const until = async (condition: () => boolean) => {
    while (!condition()) await turn();
  };
  await until(() => pulled >= 200);
  transport.isOpen = false;
  const stoppedAt = reader.cursor;
  await until(() => tail.seq > stoppedAt + 50);
  const pulledThen = pulled;
  for (let count = 0; count < 1_000; count++) await turn();
  assert.equal(pulled, pulledThen, "the provider is not read");
  assert.ok(tail.seq <= stoppedAt + 52, `${tail.seq - stoppedAt} events ahead`);
  transport.isOpen = true;
  reader.wake();
  await until(() => pulled >= 400);
  transport.isOpen = false;
  await until(() => tail.seq > reader.cursor + 50);
  reader.stop();
  await pumping;
  assert.equal(visibleText(tail.message), "x".repeat(501));
});
