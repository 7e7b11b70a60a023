/** A running stream without a proxy: a test commits its entries, viewers send to a transport that reads the bytes back. */
import assert from "node:assert/strict";
import type { LogEntry, StatusNote, WireEntry } from "../../protocol/index.ts";
import type { Audience } from "../../proxy/delivery/audience.ts";
import { Feed } from "../../proxy/delivery/feed.ts";
import type { Parcel } from "../../proxy/delivery/parcel.ts";
import type { ViewerTransport } from "../../proxy/delivery/viewer.ts";
import { encodeWireEntry } from "../../proxy/stream-log/batch.ts";
import type { Batch } from "../../proxy/stream-log/batch.ts";
import type { StreamLog, StreamRecord } from "../../proxy/stream-log/stream-log.ts";
import { StreamTail } from "../../proxy/stream-log/tail.ts";
import { INC } from "./random-log.ts";

/** Sees everything. */
export const ALL: Audience = {
  reasoning: true,
  toolArguments: true,
  toolResults: true,
  usage: true,
  cost: true,
  model: true,
  route: true,
};

const recordAt = (tail: number): StreamRecord => ({
  id: "s",
  inc: INC,
  term: 1,
  owner: "o",
  agent: "a",
  conversation: "c",
  message: "m",
  parent: "p",
  createdAt: 0,
  status: "running",
  tail,
  first: 1,
});

/** A stream whose entries a test commits, with as much of a store as reading needs. */
export function liveStream(audience: Audience, keepsPartials = false) {
  const stored: LogEntry[] = [];
  const tail = new StreamTail(recordAt(0));
  let first: number | null = 1;
  const read = async (_id: string, after: number, limit: number) =>
    stored.filter(({ seq }) => seq > after && seq >= (first ?? Infinity)).slice(0, limit);
  const findStream = async () => (first === null ? null : { ...tail.record, first });
  const feed = new Feed(tail.record, { read, findStream } as unknown as StreamLog, audience, tail, keepsPartials);
  const commit = (entries: readonly LogEntry[]): void => {
    stored.push(...entries);
    const lines = entries.map(encodeWireEntry);
    const chars = lines.join("").length;
    const batch: Batch = { first: entries[0]!.seq, last: entries.at(-1)!.seq, entries, lines, chars };
    tail.publish(batch);
  };
  /** As retention does: entries before `seq` go; with null the stream. */
  const trim = (seq: number | null): void => void (first = seq);
  return { feed, tail, commit, trim };
}

/** Takes what it is sent as long as it is open, and reads it back from the bytes both transports would send. */
export class TestTransport implements ViewerTransport {
  open = true;
  entries: WireEntry[] = [];
  ended: number | null = null;
  failure: unknown = null;

  ready(): boolean {
    return this.open;
  }
  send(parcel: Parcel): void {
    const overWs = (JSON.parse(payloadOf(parcel.frame(1))) as { e: WireEntry[] }).e;
    const overSse = parcel.sse
      .toString()
      .split("\n\n")
      .filter(Boolean)
      .map((event) => {
        const [id, data] = event.split("\n");
        const entry = JSON.parse(data!.slice("data: ".length)) as WireEntry;
        assert.equal(id, `id: ${INC}.${entry.seq}`);
        return entry;
      });
    assert.deepEqual(overWs, overSse);
    this.entries.push(...overWs);
  }
  note(_note: StatusNote): void {}
  end(seq: number): void {
    this.ended = seq;
  }
  fail(error: unknown): void {
    this.failure = error;
  }
}

/** The text of an unmasked WebSocket frame. */
export function payloadOf(frame: Buffer): string {
  assert.equal(frame[0], 0x81);
  const [length, head] =
    frame[1]! < 126
      ? [frame[1]!, 2]
      : frame[1] === 126
        ? [frame.readUInt16BE(2), 4]
        : [Number(frame.readBigUInt64BE(2)), 10];
  assert.equal(frame.length, head + length);
  return frame.toString("utf8", head);
}
