/** A process: an OpenAI-compatible provider that writes as the model's name says, and tells when it wrote each token. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";

import { answerOf, chatEvents } from "./answer.ts";
import { serve } from "./serve.ts";
import { nowUs, streamOf, TOKENS_PER_SECOND, workloadOf, type Workload } from "./workload.ts";

/** What a provider's TLS stack hands over at a time when it writes faster than the network takes. */
const BLOCK_BYTES = 16_384;

/** When each token of a stream was written, in µs. */
export type SentTimes = Readonly<Record<number, Float64Array>>;

let requests = 0;
let sent: Record<number, Float64Array> = {};
/** Lockstep streams that wait for their reader, by number. */
const gates = new Map<number, () => void>();
const encoded = new Map<string, readonly string[]>();

/** Held streams that wait to be released. */
const held = new Set<() => void>();

process.on("message", (ask) => {
  if (ask === "report") {
    process.send?.({ requests, sent });
    requests = 0;
    sent = {};
  }
  if (ask === "release") {
    for (const release of held) release();
    process.send?.({ released: held.size });
    held.clear();
  }
});

await serve(
  createServer((request, response) => {
    if (request.url === "/gate") openGates(request);
    else answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  }),
);

/** Each byte of this request's body names a stream whose next event is due. */
function openGates(request: IncomingMessage): void {
  request.on("data", (bytes: Buffer) => {
    for (const stream of bytes) gates.get(stream)?.();
  });
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = JSON.parse(Buffer.concat(await request.toArray()).toString("utf8")) as {
    model: string;
    messages: readonly { content: unknown }[];
  };
  requests += 1;
  const workload = workloadOf(body.model);
  const stream = streamOf(body.messages.at(-1)?.content);
  const events = eventsOf(workload);
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  await write(response, events, stream, workload, gone.signal);
}

async function write(
  response: ServerResponse,
  events: readonly string[],
  stream: number,
  { pace, tokens, perSecond = TOKENS_PER_SECOND }: Workload,
  gone: AbortSignal,
): Promise<void> {
  if (pace === "unpaced") return writeBlocks(response, Buffer.from(events.join("")), gone);
  const times = (sent[stream] = new Float64Array(tokens));
  response.write(events[0]);
  if (pace === "held") return writeHalves(response, events, gone);
  const writeToken = (index: number): void => {
    times[index] = nowUs();
    response.write(events[index + 1]);
  };
  if (pace === "paced") await eachPaced(tokens, perSecond, writeToken, gone);
  else await eachGated(stream, tokens, writeToken, gone);
  if (!gone.aborted) response.end(events.slice(1 + tokens).join(""));
}

async function writeBlocks(response: ServerResponse, bytes: Buffer, gone: AbortSignal): Promise<void> {
  for (let at = 0; at < bytes.length && !gone.aborted; at += BLOCK_BYTES) {
    if (!response.write(bytes.subarray(at, at + BLOCK_BYTES))) await once(response, "drain", { signal: gone });
  }
  response.end();
}

function writeHalves(response: ServerResponse, events: readonly string[], gone: AbortSignal): void {
  const half = Math.ceil(events.length / 2);
  const release = (): void => void response.end(events.slice(half).join(""));
  response.write(events.slice(1, half).join(""));
  held.add(release);
  gone.addEventListener("abort", () => held.delete(release), { once: true });
}

/** The first token at once, each other when the reader has the one before it. */
function eachGated(stream: number, tokens: number, write: (index: number) => void, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let index = 0;
    const finish = (): void => {
      gates.delete(stream);
      resolve();
    };
    const next = (): void => (index < tokens ? write(index++) : finish());
    gates.set(stream, next);
    gone.addEventListener("abort", finish, { once: true });
    next();
  });
}

/** On an absolute schedule, each stream with its own phase, so that a late timer does not delay those after it. */
function eachPaced(
  tokens: number,
  perSecond: number,
  write: (index: number) => void,
  gone: AbortSignal,
): Promise<void> {
  const periodMs = 1_000 / perSecond;
  const startMs = performance.now() + Math.random() * periodMs;
  return new Promise((resolve) => {
    let index = 0;
    const next = (): void => {
      if (gone.aborted) return resolve();
      write(index++);
      if (index === tokens) return resolve();
      setTimeout(next, Math.max(0, startMs + index * periodMs - performance.now()));
    };
    setTimeout(next, startMs - performance.now());
  });
}

function eventsOf({ pace, tokens }: Workload): readonly string[] {
  const name = `${pace} ${tokens}`;
  const events = encoded.get(name) ?? chatEvents(answerOf(tokens, pace === "wide"));
  encoded.set(name, events);
  return events;
}
