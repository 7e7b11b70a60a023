import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import { openTcpFaults } from "./tcp-faults.ts";

test("bytes pass unchanged in both directions, and an end passes too", async () => {
  await using target = await openTarget();
  await using faults = await openTcpFaults(target.port);
  const client = await connectTo(faults.port);
  const server = await target.next();
  client.end("question");
  assert.equal(await textOf(server), "question");
  const answer = Buffer.alloc(300_000, "0123456789");
  server.end(answer);
  assert((await textOf(client)) === answer.toString(), "the answer differs");
  assert.equal(faults.bytesToClients, 300_000);
  assert.equal(faults.accepted, 1);
});

test("reset() resets both ends of every connection", async () => {
  await using target = await openTarget();
  await using faults = await openTcpFaults(target.port);
  const client = await connectTo(faults.port);
  const server = await target.next();
  const errors = Promise.all([once(client, "error"), once(server, "error")]);
  client.resume();
  server.resume();
  assert.equal(faults.reset(), 1);
  for (const [error] of await errors) assert.equal(error.code, "ECONNRESET");
});

test("kill() swallows both directions and tells nobody; a later connection works", async () => {
  await using target = await openTarget();
  await using faults = await openTcpFaults(target.port);
  const client = await connectTo(faults.port);
  const server = await target.next();
  assert.equal(faults.kill(), 1);
  const heard: string[] = [];
  for (const socket of [client, server]) {
    socket.on("data", (bytes: Buffer) => heard.push(bytes.toString()));
    socket.on("close", () => heard.push("closed"));
  }
  client.write("lost");
  server.write("lost");
  client.destroy();

  const later = await connectTo(faults.port);
  const laterServer = await target.next();
  later.end("hello");
  assert.equal(await textOf(laterServer), "hello");
  assert.deepEqual(
    heard.filter((what) => what !== "closed"),
    [],
  );
  assert.equal(server.destroyed, false);
});

test("refuse() resets new connections until it is switched off", async () => {
  await using target = await openTarget();
  await using faults = await openTcpFaults(target.port);
  faults.refuse(true);
  const refused = connect(faults.port, "127.0.0.1");
  const [error] = await once(refused, "error");
  assert.equal(error.code, "ECONNRESET");
  assert.equal(faults.refused, 1);
  faults.refuse(false);
  (await connectTo(faults.port)).destroy();
  assert.equal(faults.accepted, 1);
});

test("cutAfter() lets exactly so many bytes through, whatever the writes", async () => {
  for (const sizes of [[10], [3, 3, 3, 3], [6, 1, 1, 1, 1], [7, 20]]) {
    await using target = await openTarget();
    await using faults = await openTcpFaults(target.port);
    const client = await connectTo(faults.port);
    const server = await target.next();
    server.on("error", () => {});
    const cut = faults.cutAfter(7);
    const received = textOf(client);
    for (const size of sizes) server.write("x".repeat(size));
    await cut;
    assert.equal(await received, "x".repeat(7));
  }
});

test("slow() keeps every byte and their order", async () => {
  await using target = await openTarget();
  await using faults = await openTcpFaults(target.port);
  faults.slow(20_000);
  const client = await connectTo(faults.port);
  const startedAt = performance.now();
  (await target.next()).end("0123456789".repeat(200));
  assert.equal(await textOf(client), "0123456789".repeat(200));
  assert(performance.now() - startedAt >= 80, "2,000 bytes at 20,000 a second take 100 ms");
});

test("stall() holds everything back, the end too, and loses nothing of it", async () => {
  await using target = await openTarget();
  await using faults = await openTcpFaults(target.port);
  const client = await connectTo(faults.port);
  const server = await target.next();
  server.write("before ");
  const [before] = (await once(client, "data")) as [Buffer];
  faults.stall(true);
  server.end("while it lasts");
  // What comes over a line that is not stalled comes later than what would have come over this one.
  await using other = await openTcpFaults(target.port);
  const witness = await connectTo(other.port);
  (await target.next()).end("seen");
  assert.equal(await textOf(witness), "seen");
  assert.equal(faults.bytesToClients, "before ".length);
  faults.stall(false);
  assert.equal(before.toString() + (await textOf(client)), "before while it lasts");
});

interface Target extends AsyncDisposable {
  readonly port: number;
  /** The next connection, in order. */
  next(): Promise<Socket>;
}

async function openTarget(): Promise<Target> {
  const sockets: Socket[] = [];
  const waiting: ((socket: Socket) => void)[] = [];
  const all = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    all.add(socket);
    const first = waiting.shift();
    if (first === undefined) sockets.push(socket);
    else first(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    next: () =>
      new Promise((resolve) => {
        const first = sockets.shift();
        if (first === undefined) waiting.push(resolve);
        else resolve(first);
      }),
    async [Symbol.asyncDispose]() {
      for (const socket of all) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

async function connectTo(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  return socket;
}

/** All that comes until the end; the socket can still be written to afterwards. */
async function textOf(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (bytes: Buffer) => (text += bytes.toString()));
  await once(socket, "end");
  return text;
}
