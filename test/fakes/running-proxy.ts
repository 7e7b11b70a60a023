/** A real proxy on a free port with fake providers, and small clients for it. */
import { once } from "node:events";
import { WebSocket } from "ws";
import { SUBPROTOCOL } from "../../protocol/index.ts";
import type { ClientFrame, ServerFrame } from "../../protocol/index.ts";
import { completeConfig } from "../../proxy/config.ts";
import type { ConfigInput } from "../../proxy/config-schema.ts";
import { createLogger } from "../../proxy/observe/logger.ts";
import type { Provider } from "../../proxy/provider/provider.ts";
import { startProxy } from "../../proxy/server.ts";

export interface RunningProxy {
  readonly url: string;
  close(graceMs?: number): Promise<void>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
}

export async function runProxy(providers: readonly Provider[], input: ConfigInput = {}): Promise<RunningProxy> {
  const config = completeConfig(
    {
      port: 0,
      store: "sqlite::memory:",
      providers: Object.fromEntries(providers.map(({ name }) => [name, { kind: "demo" }])),
      ...input,
    },
    {},
  );
  const byName = new Map(providers.map((provider) => [provider.name, provider]));
  const proxy = await startProxy(config, await createLogger("silent", false), { byName, close: async () => {} });
  const { url } = await proxy.listen();
  return {
    url,
    close: (graceMs = 0) => proxy.close(graceMs),
    get: (path, headers = {}) => fetch(url + path, { headers }),
    post: (path, body, headers = {}) =>
      fetch(url + path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
  };
}

export interface TestSocket {
  send(frame: ClientFrame | Record<string, unknown> | string): void;
  /** Resolves with the next frame of a type; those before it are kept for later calls. */
  next<Type extends ServerFrame["type"]>(type: Type): Promise<Extract<ServerFrame, { type: Type }>>;
  readonly closed: Promise<number>;
  readonly ws: WebSocket;
  close(): void;
}

/** Opens a socket and says hello, unless told not to. */
export async function openSocket(proxy: RunningProxy, { hello = true, headers = {} } = {}): Promise<TestSocket> {
  const ws = new WebSocket(proxy.url.replace("http", "ws") + "/v1/ws", SUBPROTOCOL, { headers });
  const frames: ServerFrame[] = [];
  let wake = () => {};
  ws.on("message", (bytes: Buffer) => {
    frames.push(JSON.parse(bytes.toString()) as ServerFrame);
    wake();
  });
  const closed = once(ws, "close").then(([code]) => code as number);
  await once(ws, "open");
  const socket: TestSocket = {
    ws,
    closed,
    send: (frame) => ws.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    async next(type) {
      for (;;) {
        const index = frames.findIndex((frame) => frame.type === type);
        if (index >= 0) return frames.splice(index, 1)[0] as never;
        if (ws.readyState === ws.CLOSED) throw new Error(`the socket closed before "${type}" came`);
        await Promise.race([new Promise<void>((resolve) => (wake = resolve)), closed]);
      }
    },
    close: () => ws.close(),
  };
  if (hello) {
    socket.send({ type: "hello", v: 1 });
    await socket.next("welcome");
  }
  return socket;
}

export interface SseEvent {
  readonly id: string | null;
  readonly event: string | null;
  readonly data: string;
}

/** All events of a finished SSE body. */
export const parseSse = (body: string): SseEvent[] =>
  body
    .split("\n\n")
    .map((block) => {
      const field = (name: string) =>
        block
          .split("\n")
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2) ?? null;
      return { id: field("id"), event: field("event"), data: field("data") ?? "" };
    })
    .filter(({ data }) => data !== "");
