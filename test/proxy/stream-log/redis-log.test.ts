import { randomUUID } from "node:crypto";
import { after, before, describe } from "node:test";
import { openRedisLog } from "../../../proxy/stream-log/redis-log.ts";
import { ledgerContract } from "../../contracts/ledger.contract.ts";
import { ownershipContract } from "../../contracts/ownership.contract.ts";
import { replicasContract } from "../../contracts/replicas.contract.ts";
import { streamLogContract } from "../../contracts/stream-log.contract.ts";
import { visitsContract } from "../../contracts/visits.contract.ts";
import { startRedisCluster } from "../../fakes/redis-cluster.ts";
import type { RedisCluster } from "../../fakes/redis-cluster.ts";
import { findRedisServer, withoutAnyRedis, withoutRedis } from "../../fakes/redis-server.ts";
import type { RedisServer } from "../../fakes/redis-server.ts";

const newPrefix = () => `prefix=${randomUUID()}:`;

describe("the Redis store", { skip: withoutAnyRedis }, () => {
  let server: Pick<RedisServer, "url" | "close">;
  before(async () => {
    server = await findRedisServer();
  });
  after(() => server.close());

  const newUrl = () => `${server.url}?${newPrefix()}`;

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
  visitsContract("redis", () => openRedisLog(newUrl()));
  streamLogContract("redis", (options) => openRedisLog(newUrl(), options));
});

describe("the Redis store on a cluster", { skip: withoutRedis }, () => {
  let cluster: RedisCluster;
  before(async () => {
    cluster = await startRedisCluster(3);
  });
  after(() => cluster.close());

  const newUrl = () => `${cluster.url}&${newPrefix()}`;

  ledgerContract("redis cluster", async () => {
    const url = newUrl();
    return { log: await openRedisLog(url), again: () => openRedisLog(url) };
  });
  replicasContract("redis cluster", async () => {
    const url = newUrl();
    return { one: await openRedisLog(url), other: await openRedisLog(url) };
  });
  visitsContract("redis cluster", () => openRedisLog(newUrl()));
  streamLogContract("redis cluster", (options) => openRedisLog(newUrl(), options));
});
