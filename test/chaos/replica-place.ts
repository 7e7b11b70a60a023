/** Two proxies as processes on one Redis, behind a plain balancer: the owner dies, leaves or freezes, the other dies, Redis dies. */
import { setTimeout as delay } from "node:timers/promises";
import type { ConfigInput } from "../../proxy/index.ts";
import { runCliProxy } from "../e2e/cli-proxy.ts";
import { openBalancer } from "../fakes/balancer.ts";
import { startRedisServer } from "../fakes/redis-server.ts";
import { COMPILED } from "./compiled.ts";
import { streamsWrittenBy } from "./aftermath.ts";
import type { Place } from "./place.ts";
import type { PlaceFault } from "./schedule.ts";

/** How often is looked whether the other has taken over: milliseconds. */
const LOOK_MS = 50;

export async function openReplicaPlace(config: ConfigInput): Promise<Place> {
  await using stack = new AsyncDisposableStack();
  const redis = await startRedisServer();
  stack.defer(() => redis.close());
  const replicas = await Promise.all([
    runCliProxy(config, `${redis.url}/0`, COMPILED),
    runCliProxy(config, `${redis.url}/0`, COMPILED),
  ]);
  for (const replica of replicas) stack.use(replica);
  const balancer = stack.use(await openBalancer(replicas.map(({ url }) => Number(new URL(url).port))));
  const open = stack.move();
  let lost = 0;

  /** The replica that writes the stream, or else any. */
  async function owner(): Promise<number> {
    const written = await Promise.all(replicas.map(({ url }) => streamsWrittenBy(url)));
    return Math.max(
      0,
      written.findIndex((count) => count > 0),
    );
  }

  async function strike(fault: PlaceFault, whileBroken: () => Promise<void>): Promise<void> {
    lost++;
    switch (fault.do) {
      case "kill redis":
        await redis.kill();
        await whileBroken();
        return redis.start();
      case "freeze redis":
        redis.pause();
        await whileBroken();
        return redis.resume();
      case "freeze owner": {
        const at = await owner();
        replicas[at]!.freeze(true);
        await whileBroken();
        while ((await streamsWrittenBy(replicas[1 - at]!.url)) === 0) await delay(LOOK_MS);
        return replicas[at]!.freeze(false);
      }
      default: {
        const at = await owner();
        const replica = replicas[fault.do === "kill other" ? 1 - at : at]!;
        await replica.kill(fault.do === "drain owner" ? "SIGTERM" : "SIGKILL");
        await whileBroken();
        return replica.restart();
      }
    }
  }

  return {
    port: balancer.port,
    urls: replicas.map(({ url }) => url),
    isShared: true,
    get lost() {
      return lost;
    },
    strike,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
