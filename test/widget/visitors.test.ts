/** A page without a token of its own at a closed proxy. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { visibleText } from "../../protocol/index.ts";
import { mintAccessToken } from "../../proxy/guard/access-token.ts";
import { createClient } from "../../widget/client.ts";
import type { Client, ClientOptions } from "../../widget/client.ts";
import { originMemory } from "../../widget/connection/memory.ts";
import { inClientWorld, NODE_WEBSOCKET, untilView } from "../fakes/client-world.ts";
import { fakeProvider, finish, text } from "../fakes/fake-provider.ts";
import { simpleLog } from "../fakes/random-log.ts";
import { runProxy } from "../fakes/running-proxy.ts";

const SECRET = "0123456789abcdef";

interface World {
  readonly url: string;
  /** `METHOD /path status` of every request of the clients. */
  readonly requests: string[];
  connect(options?: Partial<ClientOptions>): Client;
}

async function atClosedProxy(run: (world: World) => Promise<void>, access: object = {}): Promise<void> {
  const proxy = await runProxy([fakeProvider("p", [text("hello"), finish])], {
    access: { secret: SECRET, origins: [], ...access },
  });
  const clients: Client[] = [];
  const requests: string[] = [];
  const watched: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    requests.push(`${init?.method ?? "GET"} ${new URL(String(input)).pathname} ${response.status}`);
    return response;
  };
  const connect = (options: Partial<ClientOptions> = {}): Client => {
    const client = createClient({ endpoint: proxy.url, fetch: watched, WebSocket: NODE_WEBSOCKET, ...options });
    clients.push(client);
    return client;
  };
  try {
    await run({ url: proxy.url, requests, connect });
  } finally {
    for (const client of clients) client.close();
    await proxy.close();
  }
}

for (const transport of ["ws", "sse"] as const) {
  test(`a visitor is let in, once, and the next client is the same visitor (${transport})`, async () => {
    await atClosedProxy(async ({ requests, connect }) => {
      const message = await connect({ transport }).stream({ input: "x" }).done;
      assert.equal(visibleText(message), "hello");
      const again = connect({ transport, timing: {} });
      assert.equal((await again.conversation(message.conversation)).messages.length, 2);
      assert.equal(requests.filter((line) => line.includes("/visitors")).length, 1);
      assert.equal(requests.filter((line) => line.endsWith("401")).length, 1);
    });
  });

  test(`a visitor who comes back after their token expired finds their conversation (${transport})`, async () => {
    await atClosedProxy(async ({ url, connect }) => {
      const name = `visitor:${url}`;
      const first = await connect({ transport }).stream({ input: "x" }).done;
      const { accessToken } = JSON.parse(originMemory.recall(name)!) as { accessToken: string };
      const { sub } = JSON.parse(Buffer.from(accessToken.split(".")[1]!, "base64url").toString()) as { sub: string };
      const expired = mintAccessToken({ sub, exp: Math.floor(Date.now() / 1_000) - 7_200 }, SECRET);
      originMemory.remember(name, JSON.stringify({ accessToken: expired, expiresAt: 0, renewedAt: 0 }));
      const { conversation } = first;
      const second = await connect({ transport, timing: {} }).stream({ input: "y", conversation }).done;
      assert.equal(second.conversation, conversation);
    });
  });
}

test("a signed-in user's token is used as it is, and not turned into a visitor when it is refused", async () => {
  await atClosedProxy(async ({ requests, connect }) => {
    const accessToken = mintAccessToken({ sub: "ann", exp: Math.floor(Date.now() / 1_000) + 60 }, SECRET);
    assert.equal(visibleText(await connect({ accessToken }).stream({ input: "x" }).done), "hello");
    await assert.rejects(() => connect({ accessToken: "forged" }).start({ input: "x" }), { code: "unauthenticated" });
    let asked = 0;
    const getAccessToken = (): string => (++asked === 1 ? "stale" : accessToken);
    await connect({ getAccessToken }).start({ input: "x" });
    assert.equal(asked, 2);
    assert.deepEqual(
      requests.filter((line) => line.includes("/visitors")),
      [],
    );
  });
});

test("where visitors are not let in the proxy's words arrive, after one try", async () => {
  await atClosedProxy(
    async ({ requests, connect }) => {
      const client = connect({ transport: "ws" });
      const said = { code: "forbidden", message: /access\.anonymous is off/ };
      await assert.rejects(() => client.start({ input: "x" }), said);
      assert.deepEqual(requests, ["POST /v1/streams 401", "POST /v1/visitors 403"]);
      client.connection.open();
      await untilView(client, ({ state }) => state === "failed");
      assert.match(client.connection.view.error?.message ?? "", /access\.anonymous is off/);
    },
    { anonymous: false },
  );
});

test("a proxy that refuses every token is not asked for ever", async () => {
  let requests = 0;
  const client = createClient({
    endpoint: "http://closed.example",
    fetch: async (input) => {
      requests += 1;
      if (String(input).endsWith("/visitors")) return Response.json({ accessToken: `t${requests}`, expiresAt: 9e12 });
      return Response.json({ error: { code: "unauthenticated", message: "no", retryable: false } }, { status: 401 });
    },
  });
  await assert.rejects(() => client.start({ input: "x" }), { code: "unauthenticated" });
  assert.equal(requests, 3);
  client.close();
});

test("a socket closed over its token comes back at once with another, unnoticed; closed again at once it fails", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    proxy.add("s_1", simpleLog(["half"], false));
    let asked = 0;
    const client = connect({ transport: "ws", getAccessToken: () => `t${++asked}` });
    const states = new Set<string>();
    client.connection.onChange(() => states.add(client.connection.view.state));
    let texts = 0;
    const reading = (async () => {
      for await (const batch of client.follow("s_1")) {
        texts += batch.entries.length;
        if (proxy.attempts.ws === 1) proxy.closeAll(4041);
        else proxy.append("s_1", []);
      }
    })();
    const rejected = assert.rejects(reading, { code: "unauthenticated" });
    while (proxy.frames.filter(({ type }) => type === "sub").length < 2) await new Promise(setImmediate);
    assert.deepEqual([...states], ["connecting", "open"]);
    proxy.closeAll(4541);
    await rejected;
    assert.equal(proxy.attempts.ws, 2);
    assert.equal(asked, 2);
    assert.ok(texts > 0);
    assert.deepEqual(
      proxy.frames.map((frame) => (frame.type === "hello" ? frame.accessToken : "")).filter((token) => token !== ""),
      ["t1", "t2"],
    );
  });
});
