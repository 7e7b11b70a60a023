/** The ways in which a provider that took the request can fail to answer it. */
import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Bytes, InBandError, Wire } from "./wires/wire.ts";

export interface FaultyCall {
  readonly wire: Wire;
  readonly response: ServerResponse;
  /** The first part of the answer. */
  readonly partial: string;
  /** Resolves when a reader has seen something of this answer. */
  readonly shown: Promise<void>;
}

export type Misbehaviour = (call: FaultyCall) => Promise<void> | void;

/** Keeps the connection and never says a word. */
export const sayNothing: Misbehaviour = () => {};

/** Says that an answer comes, and no more. */
export const headersOnly: Misbehaviour = (call) => begin(call);

/** Between two pings: many in each of the proxy's timers. */
const PING_MS = 20;

/** Says again and again that it is there. */
export const onlyPings: Misbehaviour = (call) => {
  begin(call);
  const { response, wire } = call;
  const timer = setInterval(() => response.write(wire.ping), PING_MS);
  response.on("close", () => clearInterval(timer));
};

export const stallInTheMiddle: Misbehaviour = (call) => sayPartial(call);

export const resetInTheMiddle: Misbehaviour = async (call) => {
  await sayPartial(call);
  call.response.socket?.resetAndDestroy();
};

/** A regular end of the body, in which only the format's own ending is missing. */
export const endInTheMiddle: Misbehaviour = async (call) => {
  await sayPartial(call);
  call.response.end();
};

/** A regular end without a word of the answer. */
export const endAtOnce: Misbehaviour = (call) => {
  begin(call);
  call.response.end();
};

export const halfAnEvent: Misbehaviour = async (call) => {
  await sayPartial(call);
  const event = Buffer.from(call.wire.said("never whole"));
  call.response.end(event.subarray(0, event.length >> 1));
};

/** An error in the stream before the answer has begun. */
export const errorAtOnce =
  (error: InBandError): Misbehaviour =>
  (call) => {
    begin(call);
    call.response.end(call.wire.inBand[error]);
  };

export const errorInTheMiddle =
  (error: InBandError): Misbehaviour =>
  async (call) => {
    await sayPartial(call);
    call.response.end(call.wire.inBand[error]);
  };

export const refuseWith =
  (status: number): Misbehaviour =>
  ({ response, wire }) => {
    const { headers, body } = wire.refusal(status);
    response.writeHead(status, headers).end(body);
  };

/** Somebody's sign-in page. */
export const htmlPage: Misbehaviour = ({ response }) => {
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
  response.end("<!doctype html><title>Sign in</title><p>Please sign in to the network to go on.</p>\n\n");
};

/** A server of another kind under the same address. */
export const otherType: Misbehaviour = ({ response }) => {
  response.writeHead(200, { "content-type": "application/xml" });
  response.end('<?xml version="1.0"?>\n<status>ok</status>\n');
};

/** More than any event may have. */
const ENDLESS_BYTES = 40_000_000;
const FILLING = Buffer.alloc(65_536, "x");

export const endlessLine: Misbehaviour = async (call) => {
  begin(call);
  await pipeline(endless(call.wire), call.response);
};

function* endless({ endless: start }: Wire): Generator<Uint8Array> {
  yield Buffer.from(start);
  for (let sent = 0; sent < ENDLESS_BYTES; sent += FILLING.length) yield FILLING;
}

/** No deflate stream, and the same every time. */
const GARBAGE = Uint8Array.from({ length: 4_096 }, (_, index) => (index * index * 31 + index * 7) & 0xff);

/** Compressed though nobody asked, and damaged on the way. */
export const gzipGarbage: Misbehaviour = ({ response, wire }) => {
  response.writeHead(200, { "content-type": wire.type, "content-encoding": "gzip" });
  response.end(Buffer.concat([Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3), GARBAGE]));
};

function begin({ response, wire }: FaultyCall): void {
  response.writeHead(200, { "content-type": wire.type });
  response.flushHeaders();
}

/** Resolves when a reader has seen the partial answer, so that what follows comes after content for certain. */
async function sayPartial(call: FaultyCall): Promise<void> {
  begin(call);
  const { response, wire, partial, shown } = call;
  const parts: Bytes[] = [wire.opening, wire.said(partial)];
  response.write(Buffer.concat(parts.map((part) => Buffer.from(part))));
  await shown;
}
