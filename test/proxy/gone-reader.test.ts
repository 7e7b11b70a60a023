import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createHttpServer } from "../../proxy/http-server.ts";
import { createLogger } from "../../proxy/observe/logger.ts";
import { registerRoutes } from "../../proxy/routes.ts";
import type { RouteParts } from "../../proxy/routes.ts";
import { fakeProvider, text } from "../fakes/fake-provider.ts";
import { openSocket, runProxy } from "../fakes/running-proxy.ts";
import { parseScrape } from "./observe/scrape.ts";

test("an SSE reader who leaves while the store is asked is no viewer", async (t) => {
  const asked = Promise.withResolvers<void>();
  const found = Promise.withResolvers<{ feed: { ended: boolean; tail: number }; seq: number }>();
  const live: RouteParts["live"] = new Set();
  const app = createHttpServer({
    bodyBytes: 1_000,
    origins: { origins: [], loopbackOnly: true },
    logger: await createLogger("silent", false),
  });
  const closed = Promise.withResolvers<void>();
  let heads = 0;
  app.addHook("onRequest", (_request, reply, done) => {
    t.mock.method(reply.raw, "writeHead", () => heads++);
    reply.raw.once("close", () => closed.resolve());
    done();
  });
  const attach = () => {
    asked.resolve();
    return found.promise;
  };
  registerRoutes(app, { streams: { attach }, live, ownerOf: () => "ann" } as unknown as RouteParts);
  await app.listen({ port: 0, host: "127.0.0.1" });
  try {
    const { port } = app.server.address() as AddressInfo;
    const reader = request({ port, host: "127.0.0.1", path: "/v1/streams/s_1/live" });
    const failed = once(reader, "error");
    reader.end();
    await asked.promise;
    reader.destroy(new Error("the reader leaves"));
    await failed;
    await closed.promise;
    found.resolve({ feed: { ended: false, tail: 1 }, seq: 0 });
    // What follows the store's answer has happened by then.
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([heads, live.size], [0, 0]);
  } finally {
    await app.close();
  }
});

test("a subscription that is taken back while the store is asked is no viewer", async () => {
  const proxy = await runProxy([fakeProvider("p", [text("half"), new Promise(() => {})])]);
  try {
    const { id } = (await (await proxy.post("/v1/streams", { input: "x" })).json()) as { id: string };
    const socket = await openSocket(proxy);
    socket.send({ type: "sub", s: 1, id, after: "0" });
    socket.send({ type: "unsub", s: 1 });
    // Served after the first, so the first is settled by then.
    socket.send({ type: "sub", s: 2, id, after: "0" });
    await socket.next("subbed");
    const { value } = parseScrape(await (await proxy.get("/metrics")).text());
    assert.equal(value("ai_stream_viewers", { transport: "ws" }), 1);
    socket.close();
    await socket.closed;
  } finally {
    await proxy.close();
  }
});
