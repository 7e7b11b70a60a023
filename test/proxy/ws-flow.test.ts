import assert from "node:assert/strict";
import { rmSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, mock, test } from "node:test";
import { CLOSE, SUBSCRIPTIONS_PER_SOCKET } from "../../protocol/index.ts";
import type { ServerFrame } from "../../protocol/index.ts";
import { mintAccessToken } from "../../proxy/guard/access-token.ts";
import type { Provider } from "../../proxy/provider/provider.ts";
import { openSqliteLog } from "../../proxy/stream-log/sqlite-log.ts";
import type { ConfigInput } from "../../proxy/config-schema.ts";
import { fakeProvider, finish, more, settle, text } from "../fakes/fake-provider.ts";
import { openSocket, parseSse, runProxy } from "../fakes/running-proxy.ts";
import type { RunningProxy, TestSocket } from "../fakes/running-proxy.ts";

/** A thousand parts of two thousand characters: eight windows of the largest size. */
const LONG = [text("begin"), ...Array.from({ length: 1_000 }, () => [more("x".repeat(2_000)), settle]).flat(), finish];

describe("flow on a WebSocket", () => {
  let proxy: RunningProxy;
  const sockets: TestSocket[] = [];
  afterEach(async () => {
    mock.timers.reset();
    for (const socket of sockets.splice(0)) socket.ws.terminate();
    await proxy?.close();
  });

  const serve = async (provider: Provider, input: ConfigInput = {}) => (proxy = await runProxy([provider], input));
  const open = async () => {
    const socket = await openSocket(proxy);
    sockets.push(socket);
    return socket;
  };
  const start = async (socket: TestSocket, input = "x") => {
    socket.send({ type: "start", rid: "r", input });
    return socket.next("started");
  };
  /** Time passes for the proxy's clock; its timers go on as they are. */
  const passTime = (ms: number) => mock.timers.tick(ms);

  test("a long backlog on a socket holds up no other stream of it", async () => {
    await serve(fakeProvider("p", LONG, [text("short"), finish]));
    const socket = await open();
    const [long, short] = [await start(socket), await start(socket)];
    for (const { id } of [long, short]) await (await proxy.get(`/v1/streams/${id}/live`)).text();
    const ended: number[] = [];
    let longFrames = 0;
    const done = Promise.withResolvers<void>();
    socket.ws.on("message", (bytes: Buffer) => {
      const frame = JSON.parse(bytes.toString()) as ServerFrame;
      if (frame.type === "ev") {
        socket.send({ type: "ack", s: frame.s, seq: frame.e.at(-1)!.seq });
        if (frame.s === 1 && ended.length === 0) longFrames++;
      }
      if (frame.type === "end" && ended.push(frame.s) === 2) done.resolve();
    });
    socket.send({ type: "sub", s: 1, id: long.id, after: "0" });
    socket.send({ type: "sub", s: 2, id: short.id, after: "0" });
    await done.promise;
    assert.deepEqual(ended, [2, 1]);
    assert.ok(longFrames < 20, `${longFrames} frames of the other came before`);
  });

  test("a viewer that owes an ack for a minute is told that it is slow; one whose window has room owes none", async () => {
    mock.timers.enable({ apis: ["Date"], now: Date.now() });
    await serve(fakeProvider("p", LONG, [text("short"), new Promise<never>(() => {})]), {
      delivery: { heartbeatMs: 100 },
    });
    const [slow, idle] = [await open(), await open()];
    const { id } = await start(slow);
    slow.send({ type: "sub", s: 1, id, after: "0", window: 4_096 });
    const other = await start(idle);
    idle.send({ type: "sub", s: 1, id: other.id, after: "0" });
    await Promise.all([slow.next("ev"), idle.next("ev")]);
    await (await proxy.get(`/v1/streams/${id}/live`)).text();
    for (const ms of [30_000, 30_500]) {
      passTime(ms);
      // Both are heard: neither is silent.
      for (const socket of [slow, idle]) {
        if (socket.ws.readyState !== socket.ws.OPEN) continue;
        socket.send({ type: "ping", n: ms });
        await Promise.race([socket.next("pong"), socket.closed]);
      }
    }
    assert.equal(await slow.closed, CLOSE.slow);
    idle.send({ type: "ping", n: 1 });
    assert.equal((await idle.next("pong")).type, "pong");
  });

  test("a socket that has lasted long enough is asked to come again, and goes on where it was", async () => {
    mock.timers.enable({ apis: ["Date"], now: Date.now() });
    const gate = Promise.withResolvers<void>();
    await serve(fakeProvider("p", [text("one"), gate.promise, more(" two"), finish]), {
      delivery: { heartbeatMs: 100, rotateMs: 20_000 },
    });
    const first = await open();
    const { id, cursor } = await start(first);
    first.send({ type: "sub", s: 1, id, after: cursor });
    let last = 0;
    let said = "";
    while (said !== "one") {
      for (const entry of (await first.next("ev")).e) {
        last = entry.seq;
        if (entry.type === "delta") said += entry.text;
      }
    }
    passTime(20_001);
    const bye = await first.next("bye");
    assert.deepEqual([bye.code, bye.retryAfterMs], [CLOSE.rotated, 0], "at once: nothing is wrong");
    assert.equal(await first.closed, CLOSE.rotated);
    const second = await open();
    second.send({ type: "sub", s: 1, id, after: `${cursor.split(".")[0]}.${last}` });
    gate.resolve();
    for (let isOver = false; !isOver;) {
      for (const entry of (await second.next("ev")).e) {
        assert.equal(entry.seq - (entry.n ?? 1), last);
        last = entry.seq;
        if (entry.type === "delta") said += entry.text;
        isOver = entry.type === "stream.end";
      }
    }
    assert.equal(said, "one two");
  });

  test("a socket reads so many streams at most, also when all are asked for at once", async () => {
    await serve(fakeProvider("p", [text("half"), new Promise<never>(() => {})]));
    const socket = await open();
    const { id } = await start(socket);
    for (let s = 1; s <= SUBSCRIPTIONS_PER_SOCKET + 1; s++) socket.send({ type: "sub", s, id, after: "0" });
    const refused = await socket.next("err");
    assert.deepEqual([refused.s, refused.error.code], [SUBSCRIPTIONS_PER_SOCKET + 1, "rate_limited"]);
    socket.send({ type: "unsub", s: 1 });
    socket.send({ type: "sub", s: 1_000, id, after: "0" });
    while ((await socket.next("subbed")).s !== 1_000);
  });

  test("a socket outlives its access token only with another one of the same visitor", async () => {
    mock.timers.enable({ apis: ["Date"], now: Date.now() });
    const secret = "0123456789abcdef";
    await serve(fakeProvider("p", [text("half"), new Promise<never>(() => {})]), {
      access: { secret, origins: ["https://example.com"], total: { usdPerDay: 1 } },
      delivery: { heartbeatMs: 100 },
    });
    const token = (seconds: number, sub = "ann") =>
      mintAccessToken({ sub, exp: Math.floor(Date.now() / 1_000) + seconds }, secret);
    const [renewing, leaving] = [await openSocket(proxy, { hello: false }), await openSocket(proxy, { hello: false })];
    sockets.push(renewing, leaving);
    for (const socket of sockets) {
      socket.send({ type: "hello", v: 1, accessToken: token(20) });
      await socket.next("welcome");
    }
    renewing.send({ type: "auth", accessToken: token(60) });
    renewing.send({ type: "ping", n: 1 });
    await renewing.next("pong");
    passTime(21_000);
    const bye = await leaving.next("bye");
    assert.deepEqual([bye.code, bye.retryAfterMs], [CLOSE.accessTokenExpired, 0]);
    assert.equal(await leaving.closed, CLOSE.accessTokenExpired);
    renewing.send({ type: "ping", n: 2 });
    assert.equal((await renewing.next("pong")).n, 2);
  });

  test("readers are asked to come back each at another time when the proxy goes", async () => {
    await serve(fakeProvider("p", [text("half"), new Promise<never>(() => {})]));
    const opened = await Promise.all(Array.from({ length: 8 }, open));
    const { id } = await start(opened[0]!);
    const live = await proxy.get(`/v1/streams/${id}/live`);
    const closing = proxy.close();
    const byes = await Promise.all(opened.map((socket) => socket.next("bye")));
    const last = parseSse(await live.text()).at(-1)!;
    await closing;
    const sse = JSON.parse(last.data) as { code: number; retryAfterMs: number };
    for (const { code, retryAfterMs } of [...byes, sse]) {
      assert.equal(code, CLOSE.draining);
      assert.ok(retryAfterMs! >= 250 && retryAfterMs! <= 10_250, `${retryAfterMs} ms`);
    }
    assert.ok(new Set(byes.map(({ retryAfterMs }) => retryAfterMs)).size > 4);
  });

  test("a proxy that goes does not wait for a reader who is not there any more", async () => {
    await serve(fakeProvider("p", [text("half"), new Promise<never>(() => {})]));
    const gone = await open();
    // Takes no goodbye and says none.
    gone.ws.pause();
    const answer = new AbortController();
    const patience = setTimeout(() => answer.abort(), 10_000);
    const late = new Promise<never>((_, reject) =>
      answer.signal.addEventListener("abort", () => reject(new Error("it waits for its reader"))),
    );
    await Promise.race([proxy.close(), late]);
    clearTimeout(patience);
  });

  test("every resume answer comes on the socket too, and it stays open", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "ai-stream-resume-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const store = `sqlite:${join(folder, "s.db")}`;
    await serve(fakeProvider("p", [text("one"), finish]), { store });
    const socket = await open();
    const { id, cursor } = await start(socket);
    const inc = cursor.split(".")[0]!;
    await (await proxy.get(`/v1/streams/${id}/live`)).text();
    const { tail } = (await (await proxy.get(`/v1/streams/${id}`)).json()) as { tail: number };
    const answer = async (s: number, stream: string, after: string) => {
      socket.send({ type: "sub", s, id: stream, after });
      return (await socket.next("err")).error.code;
    };
    assert.equal(await answer(1, id, `${inc}.${tail + 1}`), "cursor_ahead");
    assert.equal(await answer(2, id, "other.1"), "incarnation_changed");
    assert.equal(await answer(3, "s_unknown", "0"), "not_found");
    // As retention does, once the stream has ended long ago.
    await proxy.close();
    const log = openSqliteLog(join(folder, "s.db"));
    await log.trim({ streamsBefore: Number.MAX_SAFE_INTEGER, conversationsBefore: 0 });
    await log.close();
    await serve(fakeProvider("p", [text("one"), finish]), { store });
    const again = await open();
    again.send({ type: "sub", s: 1, id, after: "0" });
    assert.equal((await again.next("err")).error.code, "cursor_expired");
    const page = await proxy.get(`/v1/streams/${id}/events?after=0`);
    assert.equal(page.status, 410);
    const message = await proxy.get(`/v1/streams/${id}/message`);
    assert.equal(((await message.json()) as { status: string }).status, "complete", "what is said instead");
  });
});
