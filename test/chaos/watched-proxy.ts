/** A proxy in a process of its own that says over IPC what it holds. `fork` it with `--expose-gc` and a configuration. */
import { EventEmitter } from "node:events";
import { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { queryObjects } from "node:v8";
import { WebSocket } from "ws";
import { createProxy } from "../../proxy/index.ts";
import type { ConfigInput } from "../../proxy/index.ts";
import { StreamTail } from "../../proxy/stream-log/tail.ts";

/** What is alive after a collection, counted, and its bytes. */
export interface Held {
  readonly sockets: number;
  readonly webSockets: number;
  /** Those that do not keep the process alive included. */
  readonly timers: number;
  readonly abortSignals: number;
  readonly emitters: number;
  readonly tails: number;
  /** Of the process itself. */
  readonly listeners: number;
  /** What keeps the process alive: handles and requests. */
  readonly resources: number;
  /** Objects and their buffers. */
  readonly bytes: number;
}

type Class = Parameters<typeof queryObjects>[0];

const proxy = await createProxy(JSON.parse(process.argv[2]!) as ConfigInput, { env: {}, logLevel: "silent" });
const { url } = await proxy.listen();
const idle = setTimeout(() => {});
const Timer = idle.constructor as Class;
clearTimeout(idle);

process.on("message", () => void held().then((answer) => process.send!(answer)));
process.once("disconnect", () => process.exit());
process.send!({ url });

/** Several rounds: finalizers and external memory are freed one collection after the object. */
async function held(): Promise<Held> {
  for (let round = 0; round < 4; round++) {
    globalThis.gc!();
    await turn();
  }
  const { heapUsed, external } = process.memoryUsage();
  const bytes = heapUsed + external;
  const count = (type: Class) => queryObjects(type, { format: "count" }) as unknown as number;
  return {
    sockets: count(Socket as unknown as Class),
    webSockets: count(WebSocket as unknown as Class),
    timers: count(Timer),
    abortSignals: count(AbortSignal as unknown as Class),
    emitters: count(EventEmitter as unknown as Class),
    tails: count(StreamTail as unknown as Class),
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    resources: process.getActiveResourcesInfo().length,
    bytes,
  };
}
