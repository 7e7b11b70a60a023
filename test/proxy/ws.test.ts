import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, describe, test } from "node:test";
import { WebSocket } from "ws";
import { CLOSE, emptyMessage, fold, visibleText } from "../../protocol/index.ts";
import type { Message, WireEntry } from "../../protocol/index.ts";
import type { Provider } from "../../proxy/provider/provider.ts";
import { fakeProvider, finish, more, settle, text } from "../fakes/fake-provider.ts";
import { openSocket, runProxy } from "../fakes/running-proxy.ts";
import type { RunningProxy, TestSocket } from "../fakes/running-proxy.ts";
import type { ConfigInput } from "../../proxy/config-schema.ts";

const WORDS = Array.from({ length: 30 }, (_, index) => ` word${index}`);
const WORDY = [text("Once"), ...WORDS.map(more), finish];
const WHOLE = "Once" + WORDS.join("");

describe("the WebSocket", () => {
  let proxy: RunningProxy;
  const sockets: TestSocket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.ws.terminate();
    await proxy?.close();
  });

  const serve = async (provider: Provider, input: ConfigInput = {}) => (proxy = await runProxy([provider], input));
  const open = async (options?: Parameters<typeof openSocket>[1]) => {
    const socket = await openSocket(proxy, options);
    sockets.push(socket);
    return socket;
  };
  const start = async (socket: TestSocket, input = "x") => {
    socket.send({ type: "start", rid: "r", input });
    return socket.next("started");
  };

  /** Follows a subscription to its end, acknowledging all, and checks that every entry fits. */
  async function follow(socket: TestSocket, id: string, after: string, message: Message): Promise<Message> {
    socket.send({ type: "sub", s: 1, id, after });
    await socket.next("subbed");
    let folded = message;
    while (folded.end === undefined) {
      const { e } = await socket.next("ev");
      folded = fold(folded, e);
      socket.send({ type: "ack", s: 1, seq: e.at(-1)!.seq });
    }
    const end = await socket.next("end");
    assert.equal(end.seq, Number(folded.cursor.split(".")[1]));
    return folded;
  }

  test("starts, follows and ends a stream; the fold is the answer", async () => {
    await serve(fakeProvider("p", WORDY));
    const socket = await open();
    const { id, cursor } = await start(socket);
    const message = await follow(socket, id, cursor, emptyMessage(cursor.split(".")[0]!));
    assert.deepEqual([visibleText(message), message.status], [WHOLE, "complete"]);
  });

  test("resumes from every cursor with exactly the rest", async () => {
    await serve(fakeProvider("p", WORDY));
    const socket = await open();
    const { id, cursor } = await start(socket);
    const inc = cursor.split(".")[0]!;
    const whole = await follow(socket, id, cursor, emptyMessage(inc));
    const { events } = (await (await proxy.get(`/v1/streams/${id}/events`)).json()) as { events: WireEntry[] };
    for (let seq = 0; seq < events.length; seq++) {
      const known = fold(emptyMessage(inc), events.slice(0, seq));
      assert.deepEqual(await follow(socket, id, `${inc}.${seq}`, known), whole);
    }
  });

  test("two streams on one socket do not mix, and unsub ends only its own", async () => {
    const gate = Promise.withResolvers<void>();
    await serve(fakeProvider("p", [text("first"), gate.promise, finish], [text("second"), gate.promise, finish]));
    const socket = await open();
    const [a, b] = [await start(socket, "a"), await start(socket, "b")];
    socket.send({ type: "sub", s: 1, id: a.id, after: "0" });
    socket.send({ type: "sub", s: 2, id: b.id, after: "0" });
    await socket.next("subbed");
    await socket.next("subbed");
    socket.send({ type: "unsub", s: 1 });
    socket.send({ type: "ping", n: 7 });
    assert.equal((await socket.next("pong")).n, 7);
    gate.resolve();
    assert.equal((await socket.next("end")).s, 2);
  });

  test("a viewer that acknowledges nothing gets its window and one frame more, then the rest merged after an ack", async () => {
    const part = "x".repeat(200);
    const gate = Promise.withResolvers<void>();
    await serve(
      fakeProvider("p", [
        text("begin"),
        gate.promise,
        ...Array.from({ length: 100 }, () => [more(part), settle]).flat(),
        finish,
      ]),
    );
    const socket = await open();
    const { id } = await start(socket);
    socket.send({ type: "sub", s: 1, id, after: "0", window: 4_096 });
    await socket.next("subbed");
    gate.resolve();
    // The stream ends for everybody else while this viewer stands still.
    const other = await open();
    await follow(
      other,
      id,
      "0",
      emptyMessage(((await (await proxy.get(`/v1/streams/${id}`)).json()) as Message).cursor.split(".")[0]!),
    );
    socket.send({ type: "ping", n: 1 });
    await socket.next("pong");
    let bytes = 0;
    let last = 0;
    let text_ = "";
    let merged = 0;
    const take = async () => {
      const frame = await socket.next("ev");
      const { e } = frame;
      bytes += JSON.stringify(frame).length;
      for (const entry of e) {
        assert.equal(entry.seq - (entry.n ?? 1), last);
        last = entry.seq;
        if (entry.type === "delta") [text_, merged] = [text_ + entry.text, merged + (entry.n ?? 1) - 1];
      }
      return e.at(-1)!;
    };
    // What was sent without an ack fits the window and one frame.
    let entry = await take();
    while (bytes < 4_096) entry = await take();
    assert.ok(bytes < 4_096 + 300_000);
    while (entry.type !== "stream.end") {
      socket.send({ type: "ack", s: 1, seq: last });
      entry = await take();
    }
    assert.equal(text_, "begin" + part.repeat(100));
    assert.ok(merged > 0);
  });

  test("heartbeats carry the head's digest, after what is hidden was covered", async () => {
    const { promise: never } = Promise.withResolvers<void>();
    const hidden = [
      { type: "block.start", block: 0, kind: "reasoning" },
      { type: "delta", block: 0, text: "hm" },
    ] as const;
    await serve(fakeProvider("p", [hidden, never]), {
      delivery: { heartbeatMs: 100 },
      agents: { a: { models: ["p/m"] } },
    });
    const socket = await open();
    const { id, cursor } = await start(socket);
    socket.send({ type: "sub", s: 1, id, after: cursor });
    for (;;) {
      const { heads } = await socket.next("ping");
      if (heads === undefined || heads[0]!.seq < 5) continue;
      assert.deepEqual(heads, [{ s: 1, seq: 5, digest: 0 }]);
      break;
    }
    let last = 0;
    while (last < 5) for (const entry of (await socket.next("ev")).e) last = entry.seq;
    socket.send({ type: "cancel", rid: "c", id });
    assert.equal((await socket.next("cancelled")).id, id);
  });

  test("refuses what is not ours before the upgrade", async () => {
    await serve(fakeProvider("p", WORDY));
    const refused = async (path: string, protocol: string, headers = {}) => {
      const ws = new WebSocket(proxy.url.replace("http", "ws") + path, protocol, { headers });
      ws.on("error", () => {});
      const [, response] = await once(ws, "unexpected-response");
      return response.statusCode as number;
    };
    assert.equal(await refused("/v1/ws", "other.v9"), 400);
    assert.equal(await refused("/v1/nothing", "ai-stream.v1"), 404);
    assert.equal(await refused("/v1/ws", "ai-stream.v1", { origin: "https://evil.example" }), 403);
  });

  test("each bad frame is answered where it came from, and the socket and its streams go on", async () => {
    await serve(fakeProvider("p", WORDY));
    const socket = await open();
    const cases: readonly [unknown, string, string][] = [
      ["{", "invalid_request", "frame"],
      [{ type: "jump" }, "invalid_request", "type"],
      [{ type: "sub", s: -1, id: "s", after: "0" }, "invalid_request", "s"],
      [{ type: "sub", s: 4, id: "s_none", after: "0" }, "not_found", "id"],
      [{ type: "sub", s: 4, id: "s_none", after: "x" }, "invalid_request", "after"],
      [{ type: "start", rid: "r", input: "" }, "invalid_request", "input"],
      [{ type: "cancel", rid: "r", id: "s_none" }, "not_found", "id"],
    ];
    for (const [frame, code, field] of cases) {
      socket.send(typeof frame === "string" ? frame : (frame as Record<string, unknown>));
      const { error } = await socket.next("err");
      assert.deepEqual([error.code, error.field], [code, field]);
    }
    const { id, cursor } = await start(socket);
    assert.equal(visibleText(await follow(socket, id, cursor, emptyMessage(cursor.split(".")[0]!))), WHOLE);
  });

  test("closes with the code that tells a client whether to come back", async () => {
    await serve(fakeProvider("p", WORDY));
    const closedBy = async (frame: unknown, options?: { hello: boolean }) => {
      const socket = await open(options);
      if (Buffer.isBuffer(frame)) socket.ws.send(frame, { binary: true });
      else socket.send(typeof frame === "string" ? frame : (frame as Record<string, unknown>));
      return socket.closed;
    };
    assert.equal(await closedBy({ type: "hello", v: 99 }, { hello: false }), CLOSE.version);
    assert.equal(await closedBy({ type: "ping", n: 1 }, { hello: false }), CLOSE.protocol);
    assert.equal(await closedBy(Buffer.from([1, 2, 3])), CLOSE.protocol);
    assert.equal(await closedBy(JSON.stringify({ type: "ping", n: 1, pad: "x".repeat(300_000) })), CLOSE.frameTooBig);
    const socket = await open();
    for (let count = 0; count < 20; count++) socket.send("{");
    assert.equal(await socket.closed, CLOSE.protocol);
  });

  test("a visitor without a token is told so with a code that stops reconnecting", async () => {
    await serve(fakeProvider("p", WORDY), { access: { secret: "0123456789abcdef" } });
    const socket = await open({ hello: false });
    socket.send({ type: "hello", v: 1 });
    assert.equal((await socket.next("err")).error.code, "unauthenticated");
    assert.equal(await socket.closed, CLOSE.unauthenticated);
  });

  test("a proxy that shuts down leaves its streams to the next one, says goodbye and lets clients reconnect", async () => {
    const provider = fakeProvider("p", [text("x"), new Promise<never>(() => {})]);
    await serve(provider);
    const socket = await open();
    const { id, cursor } = await start(socket);
    socket.send({ type: "sub", s: 1, id, after: cursor });
    await socket.next("ev");
    const closing = proxy.close(0);
    assert.equal((await socket.next("bye")).code, CLOSE.draining);
    assert.equal(await socket.closed, CLOSE.draining);
    await closing;
    assert.equal(provider.open, 0);
  });
});
