/** The WebSocket endpoint: refuses before the upgrade what may not connect, and joins each socket to the streams. */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { CLIENT_FRAME_BYTES, StreamError, SUBPROTOCOL } from "../protocol/index.ts";
import { WsConnection } from "./delivery/ws-delivery.ts";
import type { WsOptions, WsService } from "./delivery/ws-delivery.ts";
import { mintId } from "./ids.ts";

/** Read a little over the limit, so that a frame over it is answered with our close code and not ws's own. */
const MAX_PAYLOAD_BYTES = 4 * CLIENT_FRAME_BYTES;

export interface WsServerParts {
  /** @throws {StreamError} for a request that may not connect. */
  readonly admit: (request: IncomingMessage) => void;
  readonly serviceFor: (request: IncomingMessage) => WsService;
  readonly options: Omit<WsOptions, "session">;
}

export interface WsServer {
  /** Says goodbye to every socket. @param retryAfterMs when each is to come back */
  bye(code: number, reason: string, retryAfterMs: () => number): void;
  /** Cuts off whoever has not left. */
  terminate(): void;
  readonly size: number;
  /** Streams that are read over all sockets. */
  readonly viewers: number;
}

export function attachWsServer(server: Server, parts: WsServerParts): WsServer {
  const wss = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // Compression costs memory for each socket and CPU for each token, and a token is too small to gain.
    perMessageDeflate: false,
    maxPayload: MAX_PAYLOAD_BYTES,
    handleProtocols: () => SUBPROTOCOL,
  });
  const connections = new Set<WsConnection>();

  server.on("upgrade", (request, socket, head) => {
    // An error before the WebSocket exists is only this socket's.
    socket.on("error", () => socket.destroy());
    try {
      admit(request, parts);
    } catch (thrown) {
      return refuse(socket, StreamError.from(thrown));
    }
    wss.handleUpgrade(request, socket, head, (ws) => {
      const connection = new WsConnection(ws, socket, parts.serviceFor(request), {
        ...parts.options,
        session: mintId("w"),
      });
      connections.add(connection);
      ws.on("close", () => connections.delete(connection));
    });
  });

  return {
    bye: (code, reason, retryAfterMs) =>
      connections.forEach((connection) => connection.bye(code, reason, retryAfterMs())),
    terminate: () => connections.forEach((connection) => connection.terminate()),
    get size() {
      return connections.size;
    },
    get viewers() {
      let count = 0;
      for (const connection of connections) count += connection.viewers;
      return count;
    },
  };
}

function admit(request: IncomingMessage, parts: WsServerParts): void {
  const path = new URL(request.url ?? "/", "http://proxy").pathname;
  if (path !== "/v1/ws")
    throw new StreamError("not_found", `path: found "${path}", expected /v1/ws`, { field: "path" });
  parts.admit(request);
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  if (!offered.includes(SUBPROTOCOL)) {
    throw new StreamError(
      "invalid_request",
      `Sec-WebSocket-Protocol: found "${offered.join(", ")}", expected ${SUBPROTOCOL}`,
      {
        field: "Sec-WebSocket-Protocol",
      },
    );
  }
}

function refuse(socket: Duplex, error: StreamError): void {
  const body = JSON.stringify({ error });
  socket.end(
    `HTTP/1.1 ${error.http} ${error.code}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
