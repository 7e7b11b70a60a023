import assert from "node:assert/strict";
import { test } from "node:test";
import { CLOSE, crc32, emptyMessage, fold, visibleText } from "../../../protocol/index.ts";
import type { LogEntry } from "../../../protocol/index.ts";
import { readMessage } from "../../../widget/read-message.ts";
import { inClientWorld, QUICK, until, untilView } from "../../fakes/client-world.ts";
import { INC, simpleLog } from "../../fakes/random-log.ts";

const words = (count: number): string[] => Array.from({ length: count }, (_, index) => `word ${index} `);
const acksOf = (frames: readonly { type: string }[]): number[] =>
  frames.flatMap((frame) => (frame.type === "ack" ? [(frame as unknown as { seq: number }).seq] : []));

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
      assert.deepEqual(seen, seen.toSorted(), "the text on screen shrank");
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

test("what was applied is acknowledged even when nothing more comes", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    const log = simpleLog(["a", "b"]);
    proxy.add("s_1", log.slice(0, 6));
    const answer = (async () => {
      for await (const batch of connect({ transport: "ws" }).follow("s_1")) assert.ok(batch.bytes > 0);
    })();
    await until(() => acksOf(proxy.frames).includes(6));
    proxy.append("s_1", log.slice(6));
    await answer;
  });
});

test("the digest in a heartbeat is compared where the reader stands", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    const log = simpleLog(["a", "b"]);
    proxy.add("s_1", log.slice(0, 6));
    let divergence = 0;
    const readings = readMessage(connect({ transport: "ws" }).follow("s_1"), undefined, () => {
      divergence += 1;
      proxy.append("s_1", log.slice(6));
    });
    for await (const { message } of readings) {
      if (message.end !== undefined || divergence > 0) continue;
      proxy.broadcast({ type: "ping", n: 1, heads: [{ s: 1, seq: 6, digest: crc32("ab") }] });
      proxy.broadcast({ type: "ping", n: 2, heads: [{ s: 1, seq: 6, digest: crc32("xy") }] });
    }
    assert.equal(divergence, 1);
  });
});

test("a fatal close code ends everything with its error and nothing is tried again", async () => {
  const codes = { [CLOSE.forbidden]: "forbidden", [CLOSE.unauthenticated]: "unauthenticated", 4599: "invalid_request" };
  for (const [code, expected] of Object.entries(codes)) {
    await inClientWorld(async ({ proxy, connect }) => {
      proxy.add("s_1", simpleLog(["a"], false));
      const client = connect();
      await assert.rejects(
        async () => {
          for await (const _batch of client.follow("s_1")) proxy.closeAll(Number(code));
        },
        { code: expected },
      );
      assert.equal(client.connection.view.state, "failed");
      assert.equal(client.connection.view.error?.code, expected);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(proxy.attempts.ws, 1);
    });
  }
});

test("the server's word on when to come back wins over the back-off", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    const log = simpleLog(["a", "b"]);
    proxy.add("s_1", log.slice(0, 5));
    const client = connect({ transport: "ws", timing: { ...QUICK, backoff: () => 600_000 } });
    const delays: (number | undefined)[] = [];
    client.connection.onChange(() => delays.push(client.connection.view.retryInMs));
    let isFirst = true;
    for await (const batch of client.follow("s_1")) {
      if (!isFirst || batch.entries.length === 0) continue;
      isFirst = false;
      proxy.broadcast({ type: "bye", code: CLOSE.draining, reason: "draining", retryAfterMs: 7 });
      proxy.append("s_1", log.slice(5));
    }
    assert.ok(delays.includes(7));
  });
});

test("a frame that cannot be read costs the attempt, not the stream", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    const log = simpleLog(["a", "b"]);
    proxy.add("s_1", log.slice(0, 5));
    let text = "";
    for await (const { message } of readMessage(connect({ transport: "ws" }).follow("s_1"))) {
      if (text === "") proxy.broadcast("<html>");
      text = visibleText(message);
      await until(() => proxy.attempts.ws === 2);
      proxy.append("s_1", log.slice(proxy.streams.get("s_1")!.log.length));
    }
    assert.equal(text, "ab");
  });
});

test("auto: SSE takes over where upgrades are refused, and the tab remembers it", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    proxy.upgrades = "refuse";
    proxy.add("s_1", simpleLog(["a"]));
    for (const expected of [2, 2]) {
      const client = connect({ getAccessToken: () => "own connection" });
      for await (const batch of client.follow("s_1")) assert.ok(batch.entries.length > 0);
      assert.equal(proxy.attempts.ws, expected);
    }
  });
});

test("auto: where neither comes through they take turns until one does", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    proxy.upgrades = "refuse";
    proxy.http = ({ url }) => (url?.includes("/live") ? "cut" : null);
    proxy.add("s_1", simpleLog(["a"]));
    const client = connect();
    const kinds = new Set<string | null>();
    client.connection.onChange(() => kinds.add(client.connection.view.transport));
    const read = (async () => {
      for await (const batch of client.follow("s_1")) assert.ok(batch.entries.length > 0);
    })();
    await until(() => proxy.attempts.ws >= 4 && kinds.has("sse"));
    proxy.upgrades = "accept";
    await read;
    assert.equal(proxy.attempts.sse, 0);
  });
});

test("clients of one endpoint share one socket, which closes after the last one", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    proxy.add("s_1", simpleLog(["a"], false));
    proxy.add("s_2", simpleLog(["b"], false));
    const [one, two] = [connect(), connect()];
    assert.equal(one.connection, two.connection);
    const stop = new AbortController();
    const read = async (id: string, client: typeof one) => {
      for await (const batch of client.follow(id, { signal: stop.signal })) assert.ok(batch.entries.length > 0);
    };
    const reading = Promise.all([read("s_1", one), read("s_2", two)]);
    await until(() => proxy.viewers === 2);
    assert.equal(proxy.attempts.ws, 1);
    stop.abort();
    await reading;
    one.close();
    await new Promise(setImmediate);
    assert.equal(two.connection.view.state, "open");
    two.close();
    await until(() => two.connection.view.state === "idle");
    assert.notEqual(connect().connection, two.connection);
  });
});

test("the access token is asked for before each attempt, and one that is not to be had is waited for", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    const log = simpleLog(["a", "b"]);
    proxy.add("s_1", log.slice(0, 5));
    let asked = 0;
    const getAccessToken = async (): Promise<string> => {
      asked += 1;
      if (asked === 1) throw new Error("not signed in yet");
      return `token ${asked}`;
    };
    let isFirst = true;
    for await (const batch of connect({ transport: "ws", getAccessToken }).follow("s_1")) {
      if (!isFirst || batch.entries.length === 0) continue;
      isFirst = false;
      proxy.cutAll();
      proxy.append("s_1", log.slice(5));
    }
    const hellos = proxy.frames.filter((frame) => frame.type === "hello");
    assert.deepEqual(
      hellos.map((frame) => frame.type === "hello" && frame.accessToken),
      ["token 2", "token 3"],
    );
  });
});

test("a socket nobody reads from is closed after a while", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    proxy.add("s_1", simpleLog(["a"]));
    const client = connect({ transport: "ws", timing: { ...QUICK, idleMs: 10 } });
    for await (const batch of client.follow("s_1")) assert.ok(batch.entries.length > 0);
    assert.equal(client.connection.view.state, "open");
    await untilView(client, ({ state }) => state === "idle");
  });
});

test("aborting ends the iteration without an error and leaves the stream alone", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    proxy.add("s_1", simpleLog(["a"], false));
    const stop = new AbortController();
    for await (const batch of connect().follow("s_1", { signal: stop.signal })) {
      if (batch.entries.length > 0) stop.abort();
    }
    await until(() => proxy.viewers === 0);
    assert.deepEqual(proxy.cancelled, []);
  });
});
