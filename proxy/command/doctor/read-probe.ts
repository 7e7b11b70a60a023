/** Reads `/v1/probe` as a browser would, and notes when each event came. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { constants, createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { createParser } from "eventsource-parser";
import type { ProbeEvent, ProbeFacts } from "../../probe-route.ts";
import { reasonOf } from "./finding.ts";
import { jsonObject } from "./json-object.ts";
import { ANSWER_MS, refusalOf } from "./path.ts";
import type { Path } from "./path.ts";

/** Sent to see whether they arrive: the proxy says in the first event which did. */
export const SENT_HEADERS = { "last-event-id": "0", "idempotency-key": "doctor" } as const;
/** A probe is a few hundred bytes; what never ends an event is none. */
const TEXT_CHARS = 65_536;

export interface ArrivedEvent extends ProbeEvent {
  /** When it came, in milliseconds since the epoch by our clock. */
  readonly at: number;
}

export interface ProbeReading {
  readonly status: number;
  readonly httpVersion: string;
  readonly headers: IncomingHttpHeaders;
  /** Names of request headers that were sent to see whether they arrive. */
  readonly sent: readonly string[];
  readonly askedAt: number;
  readonly endedAt: number;
  readonly facts: ProbeFacts | null;
  readonly events: readonly ArrivedEvent[];
  /** The proxy's refusal, by its code. */
  readonly refusal: string | null;
  /** Why the connection broke; null when the response ended by itself. */
  readonly broke: string | null;
}

/** @throws {Error} when there was no response at all */
export async function readProbe(path: Path, events: number, everyMs: number): Promise<ProbeReading> {
  const askedAt = Date.now();
  const totalMs = (events - 1) * everyMs;
  const token = path.accessToken === null ? {} : { authorization: `Bearer ${path.accessToken}` };
  const sent = { ...SENT_HEADERS, ...token };
  const response = await path.open(`/v1/probe?events=${events}&everyMs=${everyMs}`, {
    headers: { accept: "text/event-stream", "accept-encoding": "gzip, deflate, br", ...sent },
    // Held back whole, it begins when it has ended.
    timeoutMs: totalMs + ANSWER_MS,
  });
  const { statusCode: status = 0, httpVersion, headers } = response;
  const late = setTimeout(() => response.destroy(new Error("it never ended")), totalMs + ANSWER_MS);
  const noted = await noteEvents(response).finally(() => clearTimeout(late));
  return { status, httpVersion, headers, sent: Object.keys(sent), askedAt, endedAt: Date.now(), ...noted };
}

async function noteEvents(
  response: IncomingMessage,
): Promise<Pick<ProbeReading, "facts" | "events" | "refusal" | "broke">> {
  const events: ArrivedEvent[] = [];
  let facts: ProbeFacts | null = null;
  let text = "";
  let broke: string | null = null;
  const parser = createParser({
    onEvent({ data }) {
      const event = probeEvent(data);
      if (event === null) return;
      if (event.probe === 0) facts = event as ProbeEvent & ProbeFacts;
      events.push({ probe: event.probe, ts: event.ts, at: Date.now() });
    },
    onError() {},
  });
  try {
    for await (const bytes of plain(response).setEncoding("utf8")) {
      text += String(bytes);
      if (text.length > TEXT_CHARS) break;
      parser.feed(String(bytes));
    }
  } catch (thrown) {
    broke = reasonOf(thrown);
  } finally {
    response.destroy();
  }
  return { facts, events, refusal: refusalOf({ json: jsonObject(text) })?.code ?? null, broke };
}

/** What somebody compressed on the way, as it can be read at each moment. */
function plain(response: IncomingMessage): Readable {
  const inflater = inflaterOf(response.headers["content-encoding"]);
  if (inflater === null) return response;
  response.on("error", (error) => inflater.destroy(error));
  return response.pipe(inflater);
}

function inflaterOf(encoding: string | undefined) {
  const finishFlush = constants.Z_SYNC_FLUSH;
  if (encoding === "gzip") return createGunzip({ finishFlush });
  if (encoding === "deflate") return createInflate({ finishFlush });
  if (encoding === "br") return createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH });
  return null;
}

function probeEvent(data: string): ProbeEvent | null {
  const event = jsonObject(data) as Partial<ProbeEvent> | null;
  return typeof event?.probe === "number" && typeof event.ts === "number" ? (event as ProbeEvent) : null;
}
