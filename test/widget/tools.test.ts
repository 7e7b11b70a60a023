/** Page tools and approvals through the headless client and the real proxy. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { visibleText } from "../../protocol/index.ts";
import type { ToolBlock } from "../../protocol/index.ts";
import { defineTool } from "../../proxy/index.ts";
import { createClient } from "../../widget/client.ts";
import type { Client } from "../../widget/client.ts";
import { NODE_WEBSOCKET } from "../fakes/client-world.ts";
import { calls, fakeProvider, finish, text } from "../fakes/fake-provider.ts";
import type { FakeProvider } from "../fakes/fake-provider.ts";
import { runProxy } from "../fakes/running-proxy.ts";

async function withTools(
  made: readonly (readonly [callId: string, name: string, args: unknown])[],
  run: (client: Client, provider: FakeProvider) => Promise<void>,
): Promise<void> {
  const provider = fakeProvider("p", [calls(...made)], [text("all done"), finish]);
  const pay = defineTool({
    description: "Pays",
    parameters: { type: "object" },
    approval: "always",
    run: () => "paid",
  });
  const proxy = await runProxy([provider], {
    agents: { a: { models: ["p/m"], pageMay: ["tools"], tools: { pay }, show: { toolResults: true } } },
  });
  const client = createClient({ endpoint: proxy.url, WebSocket: NODE_WEBSOCKET });
  try {
    await run(client, provider);
  } finally {
    client.close();
    await proxy.close();
  }
}

const toolsOf = (message: { readonly blocks: readonly { kind: string }[] }): ToolBlock[] =>
  message.blocks.filter((block) => block.kind === "tool") as ToolBlock[];

test("stream() declares its tools, runs what is called, and the answer goes on with the results", async () => {
  const made = [
    ["c1", "look", { at: 1 }],
    ["c2", "fail", {}],
  ] as const;
  await withTools(made, async (client, provider) => {
    const seen: unknown[] = [];
    const message = await client.stream(
      { input: "x" },
      {
        tools: {
          look: { description: "Looks", run: (args) => ({ seen: seen.push(args) }) },
          fail: { description: "Fails", run: () => Promise.reject(new Error("out of order")) },
        },
      },
    ).done;
    assert.equal(visibleText(message), "all done");
    assert.deepEqual(seen, [{ at: 1 }]);
    assert.deepEqual(
      toolsOf(message).map(({ state, result, error }) => ({ state, result: result ?? error })),
      [
        { state: "done", result: { seen: 1 } },
        { state: "failed", result: "out of order" },
      ],
    );
    assert.deepEqual(
      provider.requests[0]?.tools?.map(({ name }) => name),
      ["pay", "look", "fail"],
    );
  });
});

for (const approve of [true, false]) {
  test(`toolResult() ${approve ? "allows" : "denies"} a call that waits for a yes; the other answer is a conflict`, async () => {
    await withTools([["c1", "pay", { usd: 9 }]], async (client) => {
      const answer = client.stream({ input: "x" });
      let asked = false;
      for await (const message of answer) {
        const [call] = toolsOf(message);
        if (call?.state !== "awaiting" || asked) continue;
        asked = true;
        assert.deepEqual(call.args, { usd: 9 });
        await client.toolResult(message.stream, call.callId, { approve });
        await client.toolResult(message.stream, call.callId, { approve });
        await assert.rejects(() => client.toolResult(message.stream, "c1", { approve: !approve }), {
          code: "conflict",
        });
      }
      const [call] = toolsOf(await answer.done);
      assert.deepEqual([call?.state, call?.result], approve ? ["done", "paid"] : ["failed", undefined]);
    });
  });
}
