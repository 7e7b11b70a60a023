import assert from "node:assert/strict";
import { test } from "node:test";
import { visibleText } from "../../../protocol/index.ts";
import { Connection } from "../../../widget/connection/connection.ts";
import { LateTransport } from "../../../widget/connection/late-transport.ts";
import { ProxyApi } from "../../../widget/connection/proxy-api.ts";
import type { StreamReader, Transport, TransportHost, Transports } from "../../../widget/connection/transport.ts";
import { transports } from "../../../widget/connection/transports.ts";
import { Feed } from "../../../widget/feed.ts";
import { readMessage } from "../../../widget/read-message.ts";
import { NODE_WEBSOCKET, QUICK, until } from "../../fakes/client-world.ts";
import { FakeProxy } from "../../fakes/fake-proxy.ts";
import { simpleLog } from "../../fakes/random-log.ts";
import { turns } from "../../fakes/turns.ts";

/** Writes down what it is asked to do. */
class NotedTransport implements Transport {
  readonly kind = "ws";
  readonly calls: string[] = [];
  attach({ id }: StreamReader): void {
    this.calls.push(`attach ${id}`);
  }
  detach({ id }: StreamReader): void {
    this.calls.push(`detach ${id}`);
  }
  applied({ id }: StreamReader, seq: number): void {
    this.calls.push(`applied ${id} ${seq}`);
  }
  wake(): void {
    this.calls.push("wake");
  }
  close(): void {
    this.calls.push("close");
  }
}

const reader = (id: string): StreamReader => ({ id }) as StreamReader;

/** A host that lets it be tried again `times` times, after `delayMs`. */
function hostOf(times: number, delayMs = 0): { readonly host: TransportHost; readonly calls: string[] } {
  const calls: string[] = [];
  const host = {
    attempting: () => void calls.push("attempting"),
    dropped: ({ worked }: { worked: boolean }) => {
      calls.push(`dropped ${worked}`);
      return times-- > 0 ? delayMs : null;
    },
  };
  return { host: host as TransportHost, calls };
}

test("readers that came before the code did are attached to it, those that left are not", async () => {
  const inner = new NotedTransport();
  const loading = Promise.withResolvers<() => Transport>();
  const { host, calls } = hostOf(0);
  const late = new LateTransport("ws", host, 0, () => loading.promise);
  const [gone, stays] = [reader("gone"), reader("stays")];
  late.attach(gone);
  late.attach(stays);
  late.detach(gone);
  late.wake();
  late.applied(stays, 1, 1);
  loading.resolve(() => inner);
  await turns(3);
  assert.deepEqual(inner.calls, ["attach stays"]);
  late.applied(stays, 2, 1);
  late.wake();
  late.attach(gone);
  late.close();
  assert.deepEqual(inner.calls, ["attach stays", "applied stays 2", "wake", "attach gone", "close"]);
  assert.deepEqual(calls, ["attempting"]);
});

test("what cannot be loaded is an attempt that reached nobody, and is tried again as long as the connection says", async () => {
  const inner = new NotedTransport();
  let attempts = 0;
  const { host, calls } = hostOf(5);
  const late = new LateTransport("sse", host, 0, async () => {
    if (++attempts < 3) throw new TypeError("Failed to fetch dynamically imported module");
    return () => inner;
  });
  late.attach(reader("s_1"));
  await turns(10);
  assert.deepEqual(calls, ["attempting", "dropped false", "attempting", "dropped false", "attempting"]);
  assert.deepEqual(inner.calls, ["attach s_1"]);
});

test("one that was replaced or closed meanwhile is not used", async () => {
  const inner = new NotedTransport();
  const replaced = hostOf(0);
  const never = new LateTransport("ws", replaced.host, 0, () => Promise.reject(new TypeError("no")));
  await turns(10);
  assert.deepEqual(replaced.calls, ["attempting", "dropped false"]);
  never.close();
  const loading = Promise.withResolvers<() => Transport>();
  const late = new LateTransport("ws", hostOf(5).host, 0, () => loading.promise);
  late.attach(reader("s_1"));
  await turns(3);
  late.close();
  loading.resolve(() => inner);
  await turns(3);
  assert.deepEqual(inner.calls, []);
});

test("a part that takes too long counts as one that cannot be loaded", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const inner = new NotedTransport();
  const loading = Promise.withResolvers<() => Transport>();
  const { host, calls } = hostOf(5);
  const late = new LateTransport("ws", host, 0, () => loading.promise);
  await turns(3);
  t.mock.timers.tick(10_000);
  await turns(3);
  assert.deepEqual(calls, ["attempting", "dropped false", "attempting"]);
  loading.resolve(() => inner);
  late.attach(reader("s_1"));
  await turns(3);
  assert.deepEqual(inner.calls, ["attach s_1"]);
});

test("waking ends the wait before the next attempt", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { host, calls } = hostOf(5, 60_000);
  const late = new LateTransport("ws", host, 60_000, () => Promise.reject(new TypeError("no")));
  await turns(3);
  assert.deepEqual(calls, []);
  late.wake();
  await turns(3);
  assert.deepEqual(calls, ["attempting", "dropped false"]);
  late.wake();
  await turns(3);
  assert.equal(calls.length, 4);
  late.close();
});

/** Reads a stream of which the second half comes only when the reader has lost its transport. */
async function readThrough(made: (proxy: FakeProxy) => Transports): Promise<{ text: string; kind: string | null }> {
  const proxy = await FakeProxy.open();
  const log = simpleLog(["a", "b", "c", "d"]);
  proxy.add("s_1", log.slice(0, 6));
  const connection = new Connection({
    api: new ProxyApi({ endpoint: proxy.url }),
    transports: made(proxy),
    WebSocket: NODE_WEBSOCKET,
    timing: { ...QUICK, welcomeMs: 500, silenceMs: 2_000 },
  });
  let text = "";
  try {
    const reading = (async () => {
      for await (const { message } of readMessage(new Feed(connection, "s_1"))) text = visibleText(message);
    })();
    await until(() => text !== "");
    proxy.upgrades = "refuse";
    proxy.cutAll();
    await until(() => connection.view.transport === "sse" && connection.view.state === "open");
    proxy.append("s_1", log.slice(6));
    await reading;
    return { text, kind: connection.view.transport };
  } finally {
    connection.close();
    await proxy.close();
  }
}

test("falling back in mid-answer to a transport that cannot be loaded at first loses nothing", async () => {
  let loads = 0;
  const late: Transports = {
    ws: transports.ws,
    sse: (host, delayMs) =>
      new LateTransport("sse", host, delayMs, async () => {
        if (++loads < 2) throw new TypeError("Failed to fetch dynamically imported module");
        return () => transports.sse(host, 0);
      }),
  };
  const { text } = await readThrough(() => late);
  assert.equal(text, "abcd");
  assert.ok(loads >= 2);
});

test("the transport that would take over is fetched once an answer comes, and only then", async () => {
  const prepared: string[] = [];
  const { text } = await readThrough(() => ({ ...transports, prepare: (kind) => prepared.push(kind) }));
  assert.equal(text, "abcd");
  assert.deepEqual(prepared, ["ws", "sse"]);
});
