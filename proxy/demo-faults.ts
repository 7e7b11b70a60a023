/** The demo page's switches: real harm to the real sockets of this server, and to the answers of its demo provider. */
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { invalid } from "../protocol/stream-error.ts";
import { isFields } from "../protocol/validate.ts";
import type { DemoProvider } from "./provider/demo.ts";

/**
 * `cut`: every connection but the one that asks is reset. `stall`: they stay open and carry nothing either way for `ms`.
 * `refuse`: as if the proxy were gone for `ms`: all is reset, new connections too. `hang-up`: the demo provider drops
 * the answers it is giving.
 */
const ACTIONS = ["cut", "stall", "refuse", "hang-up"] as const;
type Action = (typeof ACTIONS)[number];

/** A demonstration, not an outage. */
const MAX_MS = 60_000;
const DEFAULT_MS: Readonly<Record<Action, number>> = { cut: 0, stall: 10_000, refuse: 5_000, "hang-up": 0 };

/**
 * Adds `POST /demo/faults {action, ms?}`, which answers 202 `{action, ms, affected}` at once, and `GET` for those who
 * want to know whether it is there. Only for a proxy that nobody but the developer can reach: anyone who can call it
 * can disturb everybody.
 */
export function registerDemoFaults(app: FastifyInstance, demos: readonly DemoProvider[]): void {
  const sockets = new Set<Socket>();
  const closing = new AbortController();
  let refuseUntil = 0;

  app.server.on("connection", (socket: Socket) => {
    if (performance.now() < refuseUntil) return void socket.resetAndDestroy();
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  app.addHook("onClose", () => closing.abort());

  app.get("/demo/faults", () => ({ actions: ACTIONS }));
  app.post("/demo/faults", (request, reply) => {
    const { action, ms } = faultOf(request.body);
    // The page must be able to reach us again: its next request comes on another connection than this one.
    reply.code(202).header("connection", "close");
    if (action === "hang-up") {
      return reply.send({ action, ms, affected: demos.reduce((count, demo) => count + demo.hangUp(), 0) });
    }
    app.server.closeIdleConnections();
    const others = [...sockets].filter((socket) => socket !== request.raw.socket);
    if (action === "stall") for (const socket of others) void stall(socket, ms, closing.signal);
    else for (const socket of others) socket.resetAndDestroy();
    if (action === "refuse") refuseUntil = performance.now() + ms;
    return reply.send({ action, ms, affected: others.length });
  });
}

/** Nothing is read, nothing is sent, and nobody is told: what a connection through a dead network looks like. */
async function stall(socket: Socket, ms: number, signal: AbortSignal): Promise<void> {
  socket.pause();
  socket.cork();
  await delay(ms, undefined, { signal }).catch(() => {});
  socket.uncork();
  socket.resume();
}

/** @throws {StreamError} `invalid_request` */
function faultOf(body: unknown): { readonly action: Action; readonly ms: number } {
  if (!isFields(body)) throw invalid("body", body, "a JSON object");
  const action = ACTIONS.find((name) => name === body["action"]);
  if (action === undefined) throw invalid("action", body["action"], `one of ${ACTIONS.join(", ")}`);
  const ms = body["ms"] ?? DEFAULT_MS[action];
  if (typeof ms !== "number" || !(ms >= 0 && ms <= MAX_MS)) throw invalid("ms", ms, `a number from 0 to ${MAX_MS}`);
  return { action, ms };
}
