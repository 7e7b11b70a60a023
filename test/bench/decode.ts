/** What decoding costs: our framing and decoder beside the official SDK's own iterator, on the same bytes from memory. */
import { ours, sdks } from "./decode-readers.ts";
import type { Read, Reader } from "./decode-readers.ts";
import { WIRES, wireBody } from "./wire-bodies.ts";
import type { Wire, WireBody } from "./wire-bodies.ts";

export interface DecodeResult {
  readonly wire: Wire;
  readonly source: string;
  /** Of one reading of the body. */
  readonly events: number;
  readonly oursUs: number;
  /** Null where no official SDK reads this wire for us. */
  readonly sdkUs: number | null;
}

/** What a fast socket delivers at a time. */
const PIECE_BYTES = 16_384;

/**
 * Every wire once by both, whoever is first in one round being second in the next.
 * @param events at least so many are read of each body
 * @throws {Error} when a reader does not find the text that is there, or both find another number of events
 */
export async function decodeRound(round: number, events: number, recorded?: boolean): Promise<DecodeResult[]> {
  const results: DecodeResult[] = [];
  for (const wire of WIRES) {
    const body = wireBody(wire, recorded);
    const readers = [ours[wire], ...(sdks[wire] === null ? [] : [sdks[wire]])];
    const read = new Map<Reader, Read>();
    for (const reader of round % 2 === 0 ? readers : readers.toReversed()) {
      read.set(reader, await readTimes(reader, body, events));
    }
    const [us, sdk] = readers.map((reader) => read.get(reader)!);
    if (sdk !== undefined && sdk.events !== us!.events) {
      throw new Error(`${wire}: our reader found ${us!.events} events, the SDK ${sdk.events}`);
    }
    const { source } = body;
    results.push({ wire, source, events: us!.events, oursUs: us!.cpuUs, sdkUs: sdk?.cpuUs ?? null });
  }
  return results;
}

/** Reads the body until so many events were read. `cpuUs` of the result is per event. */
async function readTimes(reader: Reader, { body, text, source }: WireBody, atLeast: number): Promise<Read> {
  const pieces = piecesOf(body);
  let events = 0;
  let cpuUs = 0;
  for (;;) {
    const read = await reader(pieces);
    if (read.text !== text) throw new Error(`${source}: the text read is not the text that is there`);
    events += read.events;
    cpuUs += read.cpuUs;
    if (events >= atLeast) return { ...read, cpuUs: cpuUs / events };
  }
}

export const piecesOf = (body: Uint8Array): Uint8Array[] =>
  Array.from({ length: Math.ceil(body.length / PIECE_BYTES) }, (_, index) =>
    body.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES),
  );
