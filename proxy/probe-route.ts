/** `GET /v1/probe`: numbered events at known times, so that a reader sees what the path does to a stream (protocol.md §5.6). */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { StreamError } from "../protocol/index.ts";
import { invalid } from "../protocol/stream-error.ts";
import { SSE_HEADERS } from "./delivery/sse-delivery.ts";
import { packageVersion } from "./package-root.ts";

/** Probes under way in one process: each is a timer and a socket, and nobody needs many. */
const MOST_PROBES = 16;
const PROBE_WAIT_MS = 2_000;
/** Milliseconds from the first event to the last: past the idle limits that are common, short of a parked socket. */
const LONGEST_MS = 120_000;
const MOST_EVENTS = 20;
const SHORTEST_MS = 20;
/** Two seconds in all: longer than what buffers are flushed after, short enough to wait for. */
const USUAL: Tempo = { events: 9, everyMs: 250 };
/** What the protocol needs of a request's headers: the first event says which of them came. */
const TOLD_HEADERS = ["authorization", "idempotency-key", "last-event-id", "origin"] as const;

interface Tempo {
  readonly events: number;
  readonly everyMs: number;
}

/** The first event has these facts as well. */
export interface ProbeFacts {
  readonly of: number;
  readonly everyMs: number;
  /** The proxy's. */
  readonly version: string;
  /** A running stream is silent for no longer than this. */
  readonly heartbeatMs: number;
  /** Of the hop that reached the proxy: `1.1`. */
  readonly http: string;
  /** Those of the request's headers that matter and came. */
  readonly received: readonly string[];
}

export interface ProbeEvent {
  /** Counts from 0. */
  readonly probe: number;
  /** When it was written, in milliseconds since the epoch by the proxy's clock. */
  readonly ts: number;
}

export function registerProbe(app: FastifyInstance, heartbeatMs: number): void {
  const version = packageVersion();
  let open = 0;
  app.get<{ Querystring: Readonly<Record<string, string | undefined>> }>(
    "/v1/probe",
    { exposeHeadRoute: false },
    (request, reply) => {
      const tempo = tempoOf(request.query);
      if (open >= MOST_PROBES) {
        const message = `probe: found ${open} under way, expected fewer than ${MOST_PROBES}`;
        throw new StreamError("rate_limited", message, { retryAfterMs: PROBE_WAIT_MS });
      }
      open++;
      reply.hijack();
      reply.raw.on("close", () => open--);
      const facts = { of: tempo.events, everyMs: tempo.everyMs, version, heartbeatMs, ...hopOf(request.raw) };
      sendProbe(reply.raw, reply.getHeaders(), tempo, facts);
    },
  );
}

const hopOf = ({ httpVersion, headers }: IncomingMessage) => ({
  http: httpVersion,
  received: TOLD_HEADERS.filter((name) => headers[name] !== undefined),
});

/** Written as a live stream is, so that it meets what a live stream meets. */
function sendProbe(
  response: ServerResponse,
  headers: Readonly<Record<string, unknown>>,
  { events, everyMs }: Tempo,
  facts: ProbeFacts,
): void {
  response.removeHeader("transfer-encoding");
  response.shouldKeepAlive = false;
  response.writeHead(200, { ...headers, ...SSE_HEADERS } as Record<string, string>);
  let probe = 0;
  const send = () => {
    const event: ProbeEvent = { probe, ts: Date.now() };
    response.write(`data: ${JSON.stringify(probe === 0 ? { ...event, ...facts } : event)}\n\n`);
    if (++probe < events) return;
    clearInterval(timer);
    response.end();
  };
  const timer = setInterval(send, everyMs);
  response.on("close", () => clearInterval(timer));
  send();
}

/** @throws {StreamError} `invalid_request` */
function tempoOf(query: Readonly<Record<string, string | undefined>>): Tempo {
  const events = numberOf(query, "events", 2, MOST_EVENTS) ?? USUAL.events;
  const everyMs = numberOf(query, "everyMs", SHORTEST_MS, LONGEST_MS) ?? USUAL.everyMs;
  if ((events - 1) * everyMs > LONGEST_MS)
    throw invalid("everyMs", everyMs, `at most ${LONGEST_MS} ms from the first event to the last`);
  return { events, everyMs };
}

function numberOf(
  query: Readonly<Record<string, string | undefined>>,
  name: keyof Tempo,
  least: number,
  most: number,
): number | null {
  const given = query[name];
  if (given === undefined) return null;
  const number = Number(given);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw invalid(name, given, `a whole number from ${least} to ${most}`);
}
