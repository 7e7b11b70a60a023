import assert from "node:assert/strict";
import { test } from "node:test";
import { isStreamError } from "../../../protocol/index.ts";
import { openRedisLog } from "../../../proxy/stream-log/redis-log.ts";
import { parseRedisUrl } from "../../../proxy/stream-log/redis-url.ts";

test("a store's URL says where, as whom, and what is shared", () => {
  assert.deepEqual(parseRedisUrl("redis://cache"), {
    ...{ tls: false, hosts: [{ host: "cache", port: 6379 }], database: 0, cluster: false, prefix: "ai-stream:" },
  });
  assert.deepEqual(parseRedisUrl("rediss://me:p%40ss:word@10.0.0.1:7000/3?prefix=a:"), {
    ...{ tls: true, hosts: [{ host: "10.0.0.1", port: 7000 }], database: 3, cluster: false, prefix: "a:" },
    ...{ username: "me", password: "p@ss:word" },
  });
  const { hosts, cluster, password } = parseRedisUrl("redis://:secret@a,b:7001,[::1]:7002/?cluster=true");
  assert.deepEqual([cluster, password], [true, "secret"]);
  assert.deepEqual(hosts, [
    { host: "a", port: 6379 },
    { host: "b", port: 7001 },
    { host: "::1", port: 7002 },
  ]);
});

test("a URL that is wrong is refused without repeating the password", () => {
  const wrong = [
    "redis://",
    "http://me:secret@host",
    "redis://me:secret@a,b",
    "redis://me:secret@a/2?cluster=true",
    "redis://me:secret@a/?password=secret",
    "redis://me:%secret@a",
    "redis://me:secret@a:port",
  ];
  for (const url of wrong) {
    assert.throws(
      () => parseRedisUrl(url),
      (thrown: unknown) => isStreamError(thrown) && thrown.code === "invalid_request" && !/secret/.test(thrown.message),
      url,
    );
  }
});

test("a server that cannot be reached is named, its password is not", async () => {
  await assert.rejects(
    openRedisLog("redis://me:secret@127.0.0.1:1", { openMs: 50 }),
    (thrown: unknown) =>
      isStreamError(thrown) &&
      thrown.code === "storage_unavailable" &&
      thrown.message.includes("127.0.0.1:1") &&
      !/secret/.test(`${thrown.message} ${String(thrown.cause)}`),
  );
});
