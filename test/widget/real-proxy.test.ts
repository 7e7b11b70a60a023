import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocket } from "ws";
import { visibleText } from "../../protocol/index.ts";
import { createClient } from "../../widget/client.ts";
import type { Client } from "../../widget/client.ts";
import type { Timing } from "../../widget/connection/transport.ts";
import { fakeProvider, finish, more, text } from "../fakes/fake-provider.ts";
import type { FakeProvider, Script } from "../fakes/fake-provider.ts";
import { runProxy } from "../fakes/running-proxy.ts";
import { openTcpFaults } from "../fakes/tcp-faults.ts";
import type { TcpFaults } from "../fakes/tcp-faults.ts";

/** The client against the real proxy, through a network that a test can break. */
interface World {
  readonly client: Client;
  readonly network: TcpFaults;
  readonly provider: FakeProvider;
}

async function inWorld(
  transport: "ws" | "sse",
  script: Script,
  timing: Partial<Timing>,
  run: (world: World) => Promise<void>,
): Promise<void> {
  const provider = fakeProvider("scripted", script);
  const proxy = await runProxy([provider]);
  const network = await openTcpFaults(Number(new URL(proxy.url).port));
  const client = createClient({
    endpoint: network.url,
    transport,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    timing: { welcomeMs: 200, silenceMs: 300, backoff: () => 5, ...timing },
  });
  try {
    await run({ client, network, provider });
  } finally {
    client.close();
    await network.close();
    await proxy.close();
  }
}

/** Steps the provider takes when the test opens their gates. */
function gates(count: number): { readonly open: (() => void)[]; readonly closed: Promise<void>[] } {
  const all = Array.from({ length: count }, () => Promise.withResolvers<void>());
  return { open: all.map(({ resolve }) => resolve), closed: all.map(({ promise }) => promise) };
}

for (const transport of ["ws", "sse"] as const) {
  test(`five resets in one answer: the text is whole, the provider was asked once (${transport})`, async () => {
    const { open, closed } = gates(5);
    const script = [text("0 "), ...closed.flatMap((gate, index) => [gate, more(`${index + 1} `)]), finish];
    await inWorld(transport, script, {}, async ({ client, network, provider }) => {
      const answer = client.stream({ input: "count" });
      let next = 0;
      for await (const message of answer) {
        if (!visibleText(message).endsWith(`${next} `) || next >= open.length) continue;
        assert.ok(network.reset() > 0);
        open[next]!();
        next += 1;
      }
      const message = await answer.done;
      assert.equal(visibleText(message), "0 1 2 3 4 5 ");
      assert.equal(message.status, "complete");
      assert.equal(provider.requests.length, 1);
    });
  });

  test(`a connection that is dead without a word is given up and the answer goes on (${transport})`, async () => {
    const { open, closed } = gates(1);
    await inWorld(transport, [text("a"), closed[0]!, more("b"), finish], {}, async ({ client, network }) => {
      const answer = client.stream({ input: "x" });
      for await (const message of answer) {
        if (visibleText(message) !== "a") continue;
        network.kill();
        open[0]!();
      }
      assert.equal(visibleText(await answer.done), "ab");
    });
  });

  test(`a connection that died just before its device woke is given up soon after (${transport})`, async () => {
    const { open, closed } = gates(1);
    const patient = { silenceMs: 600_000, probeMs: 50 };
    await inWorld(transport, [text("a"), closed[0]!, more("b"), finish], patient, async ({ client, network }) => {
      const answer = client.stream({ input: "x" });
      for await (const message of answer) {
        if (visibleText(message) !== "a") continue;
        network.kill();
        open[0]!();
        client.connection.reconnect();
      }
      assert.equal(visibleText(await answer.done), "ab");
    });
  });

  test(`cancel() ends the answer, and its end comes in the stream (${transport})`, async () => {
    await inWorld(transport, [text("a"), gates(1).closed[0]!], {}, async ({ client, provider }) => {
      const answer = client.stream({ input: "x" });
      for await (const message of answer) if (visibleText(message) === "a") await client.cancel(message.stream);
      const message = await answer.done;
      assert.equal(message.status, "cancelled");
      assert.equal(visibleText(message), "a");
      assert.equal(provider.open, 0);
    });
  });
}

test("the same sendId is one answer, and a conversation remembers its turns", async () => {
  await inWorld("ws", [text("hello"), finish], {}, async ({ client, provider }) => {
    const [first, again] = await Promise.all([
      client.start({ input: "x", sendId: "send-1" }),
      client.start({ input: "x", sendId: "send-1" }),
    ]);
    assert.equal(first.id, again.id);
    await client.stream({ input: "x", sendId: "send-1" }).done;
    assert.equal(provider.requests.length, 1);
    const { messages, head } = await client.conversation(first.conversation);
    assert.deepEqual(
      messages.map(({ role, parent }) => [role, parent]),
      [
        ["user", null],
        ["assistant", messages[0]?.id],
      ],
    );
    assert.equal(head, first.message);
    assert.equal(visibleText(await client.message(first.id)), "hello");
  });
});

test("an unknown agent and an unknown stream are refused by name", async () => {
  await inWorld("ws", [text("a"), finish], {}, async ({ client }) => {
    await assert.rejects(() => client.start({ input: "x", agent: "nobody" }), { name: "StreamError" });
    await assert.rejects(
      async () => {
        for await (const batch of client.follow("s_nothing")) assert.fail(JSON.stringify(batch));
      },
      { code: "not_found" },
    );
    assert.equal((await client.agents()).length, 1);
  });
});
