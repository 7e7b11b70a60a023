import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import fastify from "fastify";
import type { StreamError } from "../../protocol/index.ts";
import { registerDemoFaults } from "../../proxy/demo-faults.ts";
import { demoProvider } from "../../proxy/provider/demo.ts";
import type { DemoProvider } from "../../proxy/provider/demo.ts";

test("cut resets every other connection and answers the one that asked", async () => {
  await using server = await openServer();
  const [first, second] = [await server.openLive(), await server.openLive()];
  const errors = Promise.all([once(first.client, "error"), once(second.client, "error")]);
  assert.deepEqual(await server.post({ action: "cut" }), { status: 202, body: { action: "cut", ms: 0, affected: 2 } });
  for (const [error] of await errors) assert.equal(error.code, "ECONNRESET");
});

test("stall keeps connections open and silent both ways for its time, then everything arrives", async () => {
  await using server = await openServer();
  const live = await server.openLive();
  let text = "";
  live.client.on("data", (bytes: Buffer) => (text += bytes.toString()));
  const { body } = await server.post({ action: "stall", ms: 150 });
  assert.deepEqual(body, { action: "stall", ms: 150, affected: 1 });
  const stalledAt = performance.now();
  for (let n = 0; n < 100; n++) live.response.write(`event ${n}\n`);
  await once(live.client, "data");
  assert(performance.now() - stalledAt > 100, "the first byte came while the connection was stalled");
  live.response.end("last");
  await once(live.client, "end");
  for (let n = 0; n < 100; n++) assert(text.includes(`event ${n}\n`));
  assert(text.endsWith("last\r\n0\r\n\r\n"));
});

test("refuse resets what is open and what comes, until its time is over", async () => {
  await using server = await openServer();
  const live = await server.openLive();
  const reset = once(live.client, "error");
  await server.post({ action: "refuse", ms: 150 });
  assert.equal((await reset)[0].code, "ECONNRESET");
  const [error] = await once(connect(server.port, "127.0.0.1"), "error");
  assert.equal(error.code, "ECONNRESET");
  await server.openLiveWhenAccepted();
});

test("hang-up drops the answers of the demo provider", async () => {
  const demo = demoProvider("demo");
  await using server = await openServer([demo]);
  const timers = { connectMs: 0, firstContentMs: 0, livenessMs: 0, betweenContentMs: 0 };
  const answer = demo.stream({ model: "slow", messages: [], tools: [] }, timers, new AbortController().signal);
  const hungUp = assert.rejects(answer.next(), { code: "upstream_truncated" });
  assert.equal((await server.post({ action: "hang-up" })).body.affected, 1);
  await hungUp;
});

test("a bad fault is refused naming the field, what was found and what is expected", async () => {
  await using server = await openServer();
  for (const [body, field] of [
    [{}, "action"],
    [{ action: "explode" }, "action"],
    [{ action: "stall", ms: -1 }, "ms"],
    [{ action: "stall", ms: 1e9 }, "ms"],
    [{ action: "stall", ms: "5" }, "ms"],
    [[], "body"],
  ] as const) {
    const { status, body: answer } = await server.post(body);
    assert.equal(status, 400);
    assert.equal(answer.field, field);
    assert.match(String(answer.message), new RegExp(`^${field}: found .+, expected .+`));
  }
});

test("closing the server ends a stall", async () => {
  const server = await openServer();
  await server.openLive();
  await server.post({ action: "stall", ms: 60_000 });
  await server[Symbol.asyncDispose]();
});

interface Live {
  readonly client: Socket;
  readonly response: ServerResponse;
}

async function openServer(demos: readonly DemoProvider[] = []) {
  const app = fastify({ forceCloseConnections: true });
  app.setErrorHandler((error: StreamError, _request, reply) => reply.code(error.http).send(error.toJSON()));
  const responses: ((response: ServerResponse) => void)[] = [];
  app.get("/live", (_request, reply) => {
    reply.hijack();
    reply.raw.write("hello\n");
    responses.shift()!(reply.raw);
  });
  registerDemoFaults(app, demos);
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;

  async function openLive(): Promise<Live> {
    const client = connect(port, "127.0.0.1");
    const { promise, resolve } = Promise.withResolvers<ServerResponse>();
    responses.push(resolve);
    client.write("GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    await once(client, "readable").catch((error: unknown) => {
      responses.pop();
      throw error;
    });
    return { client, response: await promise };
  }

  return {
    port,
    openLive,
    /** Asks again and again while it is refused. */
    async openLiveWhenAccepted(): Promise<Live> {
      for (;;) {
        const live = await openLive().catch(() => null);
        if (live !== null) return live;
      }
    },
    async post(body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
      const response = await fetch(`http://127.0.0.1:${port}/demo/faults`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
}
