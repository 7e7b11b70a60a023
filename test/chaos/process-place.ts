/** A proxy as a process of its own, on a file: killed in mid-answer and started again. */
import type { ConfigInput } from "../../proxy/index.ts";
import { runCliProxy } from "../e2e/cli-proxy.ts";
import { COMPILED } from "./compiled.ts";
import type { Place } from "./place.ts";

export async function openProcessPlace(config: ConfigInput): Promise<Place> {
  const proxy = await runCliProxy(config, undefined, COMPILED);
  let lost = 0;
  return {
    port: Number(new URL(proxy.url).port),
    urls: [proxy.url],
    isShared: false,
    get lost() {
      return lost;
    },
    async strike(_kill, whileBroken) {
      lost++;
      await proxy.kill();
      await whileBroken();
      await proxy.restart();
    },
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}
