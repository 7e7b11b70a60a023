import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { ownSocket, streamSocket } from "../../../widget/connection/stream-socket.ts";
import type { WebSocketStreamLike } from "../../../widget/connection/stream-socket.ts";

/** A stream whose other side a test plays. */
function fakeStream() {
  const opened = Promise.withResolvers<Awaited<WebSocketStreamLike["opened"]>>();
  const closed = Promise.withResolvers<Awaited<WebSocketStreamLike["closed"]>>();
  const sent: string[] = [];
  const asked: unknown[] = [];
  let pulled = 0;
  let controller!: ReadableStreamDefaultController<unknown>;
  const readable = new ReadableStream<unknown>(
    { start: (given) => void (controller = given), pull: () => void pulled++ },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<string>({ write: (text) => void sent.push(text) });
  class Stream implements WebSocketStreamLike {
    readonly opened = opened.promise;
    readonly closed = closed.promise;
    constructor(...args: unknown[]) {
      asked.push(args);
    }
    close(info?: object): void {
      asked.push(info);
      controller.close();
      closed.resolve(info ?? {});
    }
  }
  const open = () => opened.resolve({ readable, writable, protocol: "p1" });
  return {
    Socket: streamSocket(Stream),
    open,
    opened,
    closed,
    sent,
    asked,
    controller: () => controller,
    pulls: () => pulled,
  };
}

test("opens, sends, receives and closes as a WebSocket does", async () => {
  const fake = fakeStream();
  const socket = new fake.Socket("ws://host/v1", "p1");
  assert.equal(socket.readyState, fake.Socket.CONNECTING);
  const open = once(socket, "open");
  fake.open();
  await open;
  assert.deepEqual([socket.readyState, socket.protocol], [fake.Socket.OPEN, "p1"]);
  const message = once(socket, "message") as Promise<[MessageEvent]>;
  fake.controller().enqueue("hello");
  assert.equal((await message)[0].data, "hello");
  socket.send("hi");
  const close = once(socket, "close") as Promise<[CloseEvent]>;
  socket.close(4001, "bye");
  socket.close();
  const [event] = await close;
  assert.deepEqual([event.code, event.reason, event.wasClean, socket.readyState], [4001, "bye", true, 3]);
  assert.deepEqual(fake.sent, ["hi"]);
  assert.deepEqual(fake.asked, [["ws://host/v1", { protocols: ["p1"] }], { closeCode: 4001, reason: "bye" }]);
});

test("tells the other side's code, and 1006 with an error for a connection that breaks or never opens", async () => {
  const polite = fakeStream();
  const told = once(new polite.Socket("ws://host"), "close") as Promise<[CloseEvent]>;
  polite.open();
  polite.controller().close();
  polite.closed.resolve({ closeCode: 4543, reason: "no" });
  assert.deepEqual([(await told)[0].code, (await told)[0].reason], [4543, "no"]);

  const broken = fakeStream();
  const socket = new broken.Socket("ws://host");
  const failed = Promise.all([once(socket, "error"), once(socket, "close") as Promise<[CloseEvent]>]);
  broken.open();
  broken.controller().error(new Error("lost"));
  broken.closed.reject(new Error("lost"));
  assert.equal((await failed)[1][0].code, 1006);

  const refused = fakeStream();
  const none = new refused.Socket("ws://host");
  const ended = once(none, "close") as Promise<[CloseEvent]>;
  refused.opened.reject(new Error("403"));
  refused.closed.reject(new Error("403"));
  assert.equal((await ended)[0].code, 1006);
  none.send("into the void");
});

test("reads on only when what came was taken: a busy page holds the sender back", async () => {
  const fake = fakeStream();
  const socket = new fake.Socket("ws://host");
  const open = once(socket, "open");
  fake.open();
  await open;
  const pulls: number[] = [];
  socket.addEventListener("message", () => pulls.push(fake.pulls()));
  const first = once(socket, "message");
  fake.controller().enqueue("a");
  await first;
  assert.deepEqual(pulls, [1], "one pull for one message");
  socket.close();
  await once(socket, "close");
});

test("a browser without it, and a page that has replaced its WebSocket, keep theirs", () => {
  const globals = globalThis as { WebSocket?: unknown; WebSocketStream?: unknown };
  const plain = globals.WebSocket;
  assert.equal(ownSocket(), plain);
  globals.WebSocketStream = class {};
  try {
    globals.WebSocket = class Watched {};
    assert.equal(ownSocket(), globals.WebSocket);
  } finally {
    globals.WebSocket = plain;
    delete globals.WebSocketStream;
  }
});
