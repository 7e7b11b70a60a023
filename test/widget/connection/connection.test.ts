import assert from "node:assert/strict";
import { test } from "node:test";
import { CLOSE, crc32, visibleText } from "../../../protocol/index.ts";
import { readMessage } from "../../../widget/read-message.ts";
import { acksOf, inClientWorld, QUICK, until, untilView } from "../../fakes/client-world.ts";
import { simpleLog } from "../../fakes/random-log.ts";
import { turns } from "../../fakes/turns.ts";

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
      const client = connect({ accessToken: "the page's own" });
      await assert.rejects(
        async () => {
          for await (const _batch of client.follow("s_1")) proxy.closeAll(Number(code));
        },
        { code: expected },
      );
      assert.equal(client.connection.view.state, "failed");
      assert.equal(client.connection.view.error?.code, expected);
      await turns();
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
      // A refusal comes at once; on a busy machine an event may not come within the usual 60 ms.
      const timing = { ...QUICK, welcomeMs: 2_000, silenceMs: 3_000 };
      const client = connect({ getAccessToken: () => "own connection", timing });
      for await (const batch of client.follow("s_1")) assert.ok(batch.entries.length > 0);
      assert.equal(proxy.attempts.ws, expected);
    }
  });
});

test("what does not come through is named: no upgrades, until one does", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    proxy.upgrades = "refuse";
    const log = simpleLog(["a", "b"]);
    proxy.add("s_1", log.slice(0, 5));
    const client = connect({ getAccessToken: () => "named" });
    const reading = (async () => {
      for await (const batch of client.follow("s_1")) assert.ok(batch.bytes > 0);
    })();
    await untilView(client, ({ state }) => state === "open");
    assert.deepEqual(client.connection.view, { state: "open", transport: "sse", detail: "upgrade_blocked" });
    proxy.append("s_1", log.slice(5));
    await reading;
    const plain = connect({ transport: "sse", getAccessToken: () => "chosen" });
    const views: unknown[] = [];
    plain.connection.onChange(() => views.push(plain.connection.view.detail));
    for await (const batch of plain.follow("s_1")) assert.ok(batch.bytes > 0);
    assert.ok(
      views.every((detail) => detail === undefined),
      "who chose SSE is not told that it is needed",
    );
  });
});

test("auto: no wait is announced where SSE takes over at once", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    proxy.upgrades = "refuse";
    proxy.add("s_1", simpleLog(["a"]));
    const client = connect({ getAccessToken: () => "a connection of its own" });
    const views: string[] = [];
    client.connection.onChange(() => {
      const { state, transport, retryInMs, retryAt } = client.connection.view;
      assert.equal(retryInMs === undefined, retryAt === undefined);
      views.push(`${state} ${transport} ${retryInMs ?? "now"}`);
    });
    for await (const batch of client.follow("s_1")) assert.ok(batch.entries.length > 0);
    assert.deepEqual(views, [
      "connecting ws now",
      "waiting ws 1",
      "connecting ws now",
      "waiting ws now",
      "connecting sse now",
      "open sse now",
      "idle null now",
    ]);
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
