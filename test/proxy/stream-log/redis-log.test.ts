import { after, before, describe } from "node:test";
import { openRedisLog } from "../../../proxy/stream-log/redis-log.ts";
import { ledgerContract } from "../../contracts/ledger.contract.ts";
import { ownershipContract } from "../../contracts/ownership.contract.ts";
import { replicasContract } from "../../contracts/replicas.contract.ts";
import { streamLogContract } from "../../contracts/stream-log.contract.ts";
import { startRedisServer, withoutRedis } from "../../fakes/redis-server.ts";
import type { RedisServer } from "../../fakes/redis-server.ts";

describe("the Redis store", { skip: withoutRedis }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startRedisServer();
  });
  after(() => server.close());

  let stores = 0;
  const newUrl = () => `${server.url}/?prefix=t${++stores}:`;

  ledgerContract("redis", async () => {
    const url = newUrl();
    return { log: await openRedisLog(url), again: () => openRedisLog(url) };
  });
  replicasContract("redis", async () => {
    const url = newUrl();
    return { one: await openRedisLog(url), other: await openRedisLog(url) };
  });
  ownershipContract("redis", (views) => {
    const url = newUrl();
    return Promise.all(Array.from({ length: views }, () => openRedisLog(url)));
  });
  streamLogContract("redis", (options) => openRedisLog(newUrl(), options));
});
