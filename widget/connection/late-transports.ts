/** The transports of a page: each is loaded when it is first used, or when it may be needed soon. */
import { LateTransport } from "./late-transport.ts";
import type { Transports } from "./transport.ts";

const load = {
  ws: () => import("./ws-transport.ts"),
  sse: () => import("./sse-transport.ts"),
};

export const lateTransports: Transports = {
  ws: (host, Socket, firstDelayMs) =>
    new LateTransport("ws", host, firstDelayMs, async () => {
      const { WsTransport } = await load.ws();
      return () => new WsTransport(host, Socket, 0);
    }),
  sse: (host, firstDelayMs) =>
    new LateTransport("sse", host, firstDelayMs, async () => {
      const { SseTransport } = await load.sse();
      return () => new SseTransport(host, 0);
    }),
  prepare(kind) {
    // What cannot be loaded now is tried again when it is needed.
    load[kind]().catch(() => {});
  },
};
