/** A Redis cluster for tests: nodes that share the slots evenly, without replicas. */
import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "redis";
import { startRedisServer } from "./redis-server.ts";

const SLOTS = 16_384;

export interface RedisCluster {
  /** `redis://NODE,NODE…/?cluster=true` */
  readonly url: string;
  close(): Promise<void>;
}

/** Resolves when every node knows where every slot is. */
export async function startRedisCluster(nodes: number): Promise<RedisCluster> {
  const servers = await Promise.all(
    Array.from({ length: nodes }, () => startRedisServer(["--cluster-enabled", "yes"])),
  );
  const clients = await Promise.all(servers.map(({ url }) => createClient({ url, RESP: 2 }).connect()));
  const first = (node: number) => Math.round((node * SLOTS) / nodes);
  for (const [node, client] of clients.entries()) {
    await client.sendCommand(["CLUSTER", "ADDSLOTSRANGE", String(first(node)), String(first(node + 1) - 1)]);
    if (node > 0) await client.sendCommand(["CLUSTER", "MEET", "127.0.0.1", String(servers[0]!.port)]);
  }
  for (const client of clients) {
    while (!(await client.sendCommand<string>(["CLUSTER", "INFO"])).includes("cluster_state:ok")) await delay(20);
    await client.close();
  }
  return {
    url: `redis://${servers.map(({ port }) => `127.0.0.1:${port}`).join(",")}/?cluster=true`,
    close: async () => void (await Promise.all(servers.map((server) => server.close()))),
  };
}
