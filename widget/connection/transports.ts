/** The transports, all at hand: for programs, whose bundler or Node decides what is loaded when. */
import { SseTransport } from "./sse-transport.ts";
import type { Transports } from "./transport.ts";
import { WsTransport } from "./ws-transport.ts";

export const transports: Transports = {
  ws: (host, Socket, firstDelayMs) => new WsTransport(host, Socket, firstDelayMs),
  sse: (host, firstDelayMs) => new SseTransport(host, firstDelayMs),
};
