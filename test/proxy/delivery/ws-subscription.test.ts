import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { emptyMessage, fold, place, reveal } from "../../../protocol/index.ts";
import type { WireEntry } from "../../../protocol/index.ts";
import { showEntry } from "../../../proxy/delivery/audience.ts";
import { WsSubscription } from "../../../proxy/delivery/ws-subscription.ts";
import type { FrameSocket } from "../../../proxy/delivery/ws-subscription.ts";
import { liveStream, payloadOf } from "../../fakes/live-stream.ts";
import { randomAudience } from "../../fakes/random-audience.ts";
import { INC, randomLog } from "../../fakes/random-log.ts";

const turn = () => new Promise(setImmediate);

/** A client on one subscription: applies what comes, and acknowledges when and what it is told to. */
class Client implements FrameSocket {
  isWritable = true;
  readonly entries: WireEntry[] = [];
  readonly sent: { readonly seq: number; readonly bytes: number }[] = [];
  acknowledged = 0;
  ended: number | null = null;

  writable(): boolean {
    return this.isWritable;
  }

  sendRaw(frame: Buffer): void {
    const { e } = JSON.parse(payloadOf(frame)) as { e: WireEntry[] };
    this.entries.push(...e);
    this.sent.push({ seq: e.at(-1)!.seq, bytes: frame.length });
  }

  send(frame: { readonly type: string; readonly seq?: number }): void {
    if (frame.type === "end") this.ended = frame.seq!;
  }

  /** Bytes under way, and the size of the last frame of them. */
  get underWay(): { readonly bytes: number; readonly last: number } {
    const open = this.sent.filter(({ seq }) => seq > this.acknowledged);
    return { bytes: open.reduce((sum, { bytes }) => sum + bytes, 0), last: open.at(-1)?.bytes ?? 0 };
  }
}

test("whatever is acknowledged, lost, repeated or claimed too early: the window holds, and the end is reached", async () => {
  const step = fc.record({
    commit: fc.integer({ min: 0, max: 8 }),
    // Of what has come: nothing, some of it again, all of it, or more than was ever sent.
    ack: fc.constantFrom("none", "old", "some", "all", "ahead"),
    isWritable: fc.boolean(),
    beat: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      randomLog({ ended: true, maxSteps: 40 }),
      randomAudience,
      // From a window that one frame overruns to one that takes everything.
      fc.constantFrom(1, 200, 1_000, 1_000_000),
      fc.array(step, { maxLength: 40 }),
      async (log, audience, windowBytes, steps) => {
        const { feed, commit } = liveStream(audience);
        const client = new Client();
        const subscription = new WsSubscription(1, feed, 0, client, windowBytes, () => {});
        subscription.begin();
        let committed = 0;
        const acknowledge = (seq: number) => {
          client.acknowledged = Math.max(client.acknowledged, seq);
          subscription.acknowledge(seq);
        };
        const look = () => {
          const { bytes, last } = client.underWay;
          assert.ok(bytes - last < windowBytes, `${bytes} bytes under way in a window of ${windowBytes}`);
        };
        for (const { commit: count, ack, isWritable, beat } of steps) {
          const entries = log.slice(committed, (committed += count));
          client.isWritable = isWritable;
          if (isWritable) subscription.wake();
          if (entries.length > 0) commit(entries);
          committed = Math.min(committed, log.length);
          const reached = client.entries.at(-1)?.seq ?? 0;
          if (ack === "old") subscription.acknowledge(Math.floor(client.acknowledged / 2));
          if (ack === "some") acknowledge(Math.floor((client.acknowledged + reached) / 2));
          if (ack === "all") acknowledge(reached);
          // A lie costs only who tells it: what comes next is held to the window again.
          if (ack === "ahead") subscription.acknowledge(reached + 1_000_000);
          if (ack === "ahead") client.acknowledged = Math.max(client.acknowledged, reached);
          if (beat) subscription.head();
          await turn();
          look();
        }
        client.isWritable = true;
        if (committed < log.length) commit(log.slice(committed));
        for (let rounds = 0; client.ended === null; rounds++) {
          assert.ok(rounds < 10 * log.length, "it stands still, although everything is acknowledged");
          acknowledge(client.entries.at(-1)?.seq ?? 0);
          await turn();
          look();
        }
        let cursor = 0;
        for (const entry of client.entries) {
          assert.equal(place(entry, cursor), "apply");
          cursor = entry.seq;
        }
        const shown = reveal(log, (entry) => showEntry(entry, audience), 0);
        assert.deepEqual(fold(emptyMessage(INC), client.entries), fold(emptyMessage(INC), shown));
      },
    ),
    { numRuns: 120 },
  );
});
