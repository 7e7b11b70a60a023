import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { WebSocketServer } from "ws";
import { LastingSocket } from "../../../widget/connection/lasting-socket.ts";
import type { LastingSocketOptions } from "../../../widget/connection/lasting-socket.ts";
import { NODE_WEBSOCKET, until } from "../../fakes/client-world.ts";
import { turns } from "../../fakes/turns.ts";

interface World {
  readonly server: WebSocketServer;
  url: string;
  readonly drops: number[];
  opened: number;
  readonly received: string[];
  /** Milliseconds until the next attempt, or null to stop. */
  delay: number | null;
  open(options?: Partial<LastingSocketOptions>, firstDelayMs?: number): LastingSocket;
}

async function inWorld(run: (world: World) => Promise<void>): Promise<void> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const sockets: LastingSocket[] = [];
  const world: World = {
    server,
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    drops: [],
    opened: 0,
    received: [],
    delay: 1,
    open(options, firstDelayMs = 0) {
      const socket = new LastingSocket(
        {
          url: async () => world.url,
          protocol: "test",
          WebSocket: NODE_WEBSOCKET,
          connectMs: 1_000,
          opened: () => (world.opened += 1),
          received: (text) => world.received.push(text),
          dropped: (code) => {
            world.drops.push(code);
            return world.delay;
          },
          ...options,
        },
        firstDelayMs,
      );
      sockets.push(socket);
      return socket;
    },
  };
  try {
    await run(world);
  } finally {
    for (const socket of sockets) socket.close();
    for (const client of server.clients) client.terminate();
    server.close();
  }
}

test("the true close code arrives, and it connects again", async () => {
  await inWorld(async (world) => {
    world.open();
    for (const code of [4001, 4408, 1011]) {
      const [client] = await once(world.server, "connection");
      client.close(code);
    }
    await until(() => world.opened === 4);
    assert.deepEqual(world.drops, [4001, 4408, 1011]);
  });
});

test("a connection that is torn or refused is 1006, not a clean close", async () => {
  await inWorld(async (world) => {
    const { url } = world;
    world.url = "ws://127.0.0.1:9";
    world.open();
    await until(() => world.drops.length === 2);
    world.url = url;
    const [client] = await once(world.server, "connection");
    const before = world.drops.length;
    client.terminate();
    await until(() => world.drops.length === before + 1);
    assert.deepEqual(new Set(world.drops), new Set([1006]));
  });
});

test("null stops for good", async () => {
  await inWorld(async (world) => {
    world.delay = null;
    const socket = world.open();
    const [client] = await once(world.server, "connection");
    client.close(4503);
    await until(() => world.drops.length === 1);
    socket.retryNow();
    socket.drop(4008, "x");
    await turns();
    assert.deepEqual([world.drops, world.opened], [[4503], 1]);
  });
});

test("an address that cannot be had counts as a failed attempt and is asked for again", async () => {
  await inWorld(async (world) => {
    let asked = 0;
    world.open({
      url: async () => {
        if (++asked < 3) throw new Error("no access token");
        return world.url;
      },
    });
    await until(() => world.opened === 1);
    assert.equal(asked, 3);
    assert.equal(world.drops.length, 2);
  });
});

test("retryNow() ends a long wait", async () => {
  await inWorld(async (world) => {
    world.delay = 1_000_000;
    const socket = world.open();
    const [client] = await once(world.server, "connection");
    client.terminate();
    await until(() => world.drops.length === 1);
    await new Promise(setImmediate);
    socket.retryNow();
    await until(() => world.opened === 2);
  });
});

test("drop() gives the attempt up with its code on both sides", async () => {
  await inWorld(async (world) => {
    const socket = world.open();
    const [client] = await once(world.server, "connection");
    await until(() => world.opened === 1);
    socket.drop(4008, "nothing heard");
    const [code] = await once(client, "close");
    await until(() => world.opened === 2);
    assert.equal(code, 4008);
    assert.deepEqual(world.drops, [4008]);
  });
});

test("a server's odd code cannot lock it", async () => {
  await inWorld(async (world) => {
    const socket = world.open();
    await until(() => world.opened === 1);
    socket.drop(7, "r".repeat(500));
    await until(() => world.opened === 2);
    assert.deepEqual(world.drops, [7]);
  });
});

test("nothing is queued: what cannot be sent now is not sent later", async () => {
  await inWorld(async (world) => {
    const arrived: string[] = [];
    world.server.on("connection", (client) => client.on("message", (bytes: Buffer) => arrived.push(String(bytes))));
    const socket = world.open({}, 5);
    assert.equal(socket.send("too early"), false);
    await until(() => world.opened === 1);
    assert.equal(socket.send("now"), true);
    await until(() => arrived.length > 0);
    assert.deepEqual(arrived, ["now"]);
  });
});

test("an attempt that does not open in time is given up", async () => {
  const mute = createServer(() => {}).listen(0, "127.0.0.1");
  await once(mute, "listening");
  const connections: { destroy(): void }[] = [];
  mute.on("connection", (connection) => connections.push(connection));
  await inWorld(async (world) => {
    world.url = `ws://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    world.open({ connectMs: 20 });
    await until(() => world.drops.length === 2);
    assert.deepEqual(world.drops, [1006, 1006]);
  });
  for (const connection of connections) connection.destroy();
  mute.close();
});

test("close() in every state ends all attempts", async () => {
  await inWorld(async (world) => {
    world.open({}, 1_000_000).close();
    world.open().close();
    const open = world.open();
    await until(() => world.opened === 1);
    open.close();
    await until(() => world.server.clients.size === 0);
    await turns();
    assert.deepEqual([world.opened, world.drops], [1, []]);
    assert.equal(open.send("x"), false);
  });
});
