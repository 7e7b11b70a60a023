import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyMessage, fold, visibleText } from "../../protocol/index.ts";
import type { LogEntry } from "../../protocol/index.ts";
import { readMessage } from "../../widget/read-message.ts";
import { acksOf, inClientWorld, QUICK } from "../fakes/client-world.ts";
import { INC, simpleLog } from "../fakes/random-log.ts";

const words = (count: number): string[] => Array.from({ length: count }, (_, index) => `word ${index} `);

for (const transport of ["ws", "sse"] as const) {
  test(`a log of another incarnation replaces what was read (${transport})`, async () => {
    await inClientWorld(async ({ proxy, connect }) => {
      const stream = proxy.add("s_1", simpleLog(["old", " text"], false));
      const states: string[] = [];
      const feed = connect({ transport }).follow("s_1");
      for await (const { message } of readMessage(feed)) {
        states.push(visibleText(message));
        if (stream.inc !== "i1") continue;
        stream.inc = "i2";
        stream.log = simpleLog(["new"]);
        proxy.cutAll();
      }
      assert.equal(states.at(0), "old text");
      assert.equal(states.at(-1), "new");
      assert.equal(feed.position.inc, "i2");
    });
  });

  test(`a cursor the proxy has not reached is read again from the start (${transport})`, async () => {
    await inClientWorld(async ({ proxy, connect }) => {
      const log = simpleLog(["a", "b"]);
      proxy.add("s_1", log);
      const readings = [];
      for await (const { message } of readMessage(connect({ transport }).follow("s_1", { after: "i1.99" }))) {
        readings.push(message);
      }
      assert.deepEqual(readings.at(-1), fold(emptyMessage(INC), log));
    });
  });

  test(`a cursor that has expired goes on from the message's snapshot (${transport})`, async () => {
    await inClientWorld(async ({ proxy, connect }) => {
      const log = simpleLog(["a", "b", "c"]);
      const stream = proxy.add("s_1", log.slice(0, 7));
      stream.trimmed = 6;
      const states: string[] = [];
      for await (const { message } of readMessage(connect({ transport }).follow("s_1", { after: "i1.5" }))) {
        states.push(visibleText(message));
        proxy.append("s_1", log.slice(stream.log.length));
      }
      assert.deepEqual([states[0], states.at(-1)], ["abc", "abc"]);
    });
  });

  test(`an unknown stream is a final not_found (${transport})`, async () => {
    await inClientWorld(async ({ connect }) => {
      await assert.rejects(
        async () => {
          for await (const batch of connect({ transport }).follow("s_none")) assert.fail(JSON.stringify(batch));
        },
        { code: "not_found" },
      );
    });
  });

  test(`a reader at the end of a stream that is over finishes without an entry (${transport})`, async () => {
    await inClientWorld(async ({ proxy, connect }) => {
      const log = simpleLog(["a"]);
      proxy.add("s_1", log);
      const batches = [];
      for await (const batch of connect({ transport }).follow("s_1", { after: `i1.${log.length}` })) {
        batches.push(batch);
      }
      assert.deepEqual(batches, []);
    });
  });

  test(`text that differs from the proxy's digest is fetched again, out of sight (${transport})`, async () => {
    await inClientWorld(async ({ proxy, connect }) => {
      proxy.add("s_1", simpleLog(["a", "b", "c", "d"]));
      let deliveries = 0;
      proxy.mischief = () => ({ length: 6, what: deliveries++ === 0 ? "corrupt" : "none" });
      const states: string[] = [];
      let divergence = 0;
      const readings = readMessage(connect({ transport }).follow("s_1"), undefined, () => (divergence += 1));
      for await (const { message } of readings) states.push(visibleText(message));
      assert.equal(states.at(-1), "abcd");
      assert.equal(divergence, 1);
      const seen = states.map((text) => text.length);
      assert.deepEqual(
        seen,
        seen.toSorted((a, b) => a - b),
        "the text on screen shrank",
      );
    });
  });

  test(`a digest that is always wrong does not fetch for ever (${transport})`, async () => {
    await inClientWorld(async ({ proxy, connect }) => {
      const log = simpleLog(["a"]);
      proxy.add("s_1", [...log.slice(0, -1), { ...log.at(-1)!, digest: 1 } as LogEntry]);
      let divergence = 0;
      const readings = readMessage(connect({ transport }).follow("s_1"), undefined, () => (divergence += 1));
      let text = "";
      for await (const { message } of readings) text = visibleText(message);
      assert.equal(text, "a");
      assert.equal(divergence, 2);
    });
  });

  test(`a consumer that waits holds the sender back, and everything arrives when it goes on (${transport})`, async () => {
    await inClientWorld(async ({ proxy, connect }) => {
      proxy.windowBytes = 4_096;
      const log = simpleLog(words(3_000));
      proxy.add("s_1", log);
      let entries = 0;
      for await (const batch of connect({ transport, timing: { ...QUICK, silenceMs: 2_000 } }).follow("s_1")) {
        entries += batch.entries.length;
        if (transport === "ws") assert.ok(batch.bytes <= 4_096 + 1_024, `${batch.bytes} bytes at once`);
        await new Promise(setImmediate);
      }
      assert.equal(entries, log.length);
      const acks = acksOf(proxy.frames);
      assert.deepEqual(
        acks,
        acks.toSorted((a, b) => a - b),
      );
      if (transport === "ws") assert.ok(acks.length < log.length / 4, `${acks.length} acks`);
    });
  });
}
