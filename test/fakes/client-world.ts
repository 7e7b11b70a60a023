/** A fake proxy and clients of it, with times small enough for a test, in the same order as the real ones. */
import { WebSocket } from "ws";
import type { ClientFrame } from "../../protocol/index.ts";
import { createClient } from "../../widget/client.ts";
import type { Client, ClientOptions } from "../../widget/client.ts";
import type { ConnectionView } from "../../widget/chat.ts";
import { FakeProxy } from "./fake-proxy.ts";

/** Milliseconds. */
export const QUICK = { welcomeMs: 60, silenceMs: 80, probeMs: 20, ackMs: 5, idleMs: 1_000, backoff: () => 1 };

export const NODE_WEBSOCKET = WebSocket as unknown as typeof globalThis.WebSocket;

export interface ClientWorld {
  readonly proxy: FakeProxy;
  /** Closed with the world. */
  connect(options?: Partial<ClientOptions>): Client;
}

export async function inClientWorld(run: (world: ClientWorld) => Promise<void>): Promise<void> {
  const proxy = await FakeProxy.open();
  const clients: Client[] = [];
  const connect = (options: Partial<ClientOptions> = {}): Client => {
    const client = createClient({ endpoint: proxy.url, WebSocket: NODE_WEBSOCKET, timing: QUICK, ...options });
    clients.push(client);
    return client;
  };
  try {
    await run({ proxy, connect });
  } finally {
    for (const client of clients) client.close();
    await proxy.close();
  }
}

/** Resolves once the connection's view is as wanted. */
export function untilView({ connection }: Client, isWanted: (view: ConnectionView) => boolean): Promise<void> {
  if (isWanted(connection.view)) return Promise.resolve();
  return new Promise((resolve) => {
    const off = connection.onChange(() => {
      if (!isWanted(connection.view)) return;
      off();
      resolve();
    });
  });
}

/** What a test waits for comes within this, or never. */
const VAIN_MS = 10_000;

/** Resolves once it holds, looking after each turn of the event loop. @throws {Error} when it has not for 10 s */
export async function until(holds: () => boolean): Promise<void> {
  const since = Date.now();
  while (!holds()) {
    if (Date.now() - since > VAIN_MS) throw new Error(`Waited in vain for ${holds.toString()}`);
    await new Promise(setImmediate);
  }
}

/** The seqs a client acknowledged, in order. */
export const acksOf = (frames: readonly ClientFrame[]): number[] =>
  frames.flatMap((frame) => (frame.type === "ack" ? [frame.seq] : []));
