import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { emptyMessage, fold, visibleText } from "../../protocol/index.ts";
import type { LogEntry, Message, ToolBlock, WireEntry } from "../../protocol/index.ts";
import { defineTool } from "../../proxy/agent/define-tool.ts";
import type { ConfigInput } from "../../proxy/config-schema.ts";
import { demoProvider } from "../../proxy/provider/demo.ts";
import type { Provider, ProviderEvent } from "../../proxy/provider/provider.ts";
import { calls, fakeProvider, finish, text } from "../fakes/fake-provider.ts";
import { openSocket, parseSse, runProxy } from "../fakes/running-proxy.ts";
import type { RunningProxy } from "../fakes/running-proxy.ts";

type Started = { id: string; conversation: string; message: string; cursor: string };
type ErrorBody = { error: { code: string; field?: string } };
type AgentInput = NonNullable<ConfigInput["agents"]>[string];

const LOOK = { name: "look", description: "looks at the page", parameters: { type: "object" } };
const said = (answer: string) => [text(answer), finish];

describe("tools over HTTP and WebSocket", () => {
  let proxy: RunningProxy;
  afterEach(() => proxy?.close());

  const serve = async (providers: readonly Provider[], agent: Partial<AgentInput> = {}, config: ConfigInput = {}) => {
    const models = providers.map(({ name }) => `${name}/m`);
    const agents = { a: { models, pageMay: ["tools"] as const, ...agent } };
    return (proxy = await runProxy(providers, { ...config, agents: agents as never }));
  };
  const start = async (body: object) =>
    (await (await proxy.post("/v1/streams", { input: "q", ...body })).json()) as Started;
  const whole = async (id: string) => parseSse(await (await proxy.get(`/v1/streams/${id}/live`)).text());
  const messageOf = async (id: string) => (await (await proxy.get(`/v1/streams/${id}/message`)).json()) as Message;
  const answer = (id: string, callId: string, body: object) =>
    proxy.post(`/v1/streams/${id}/tools/${encodeURIComponent(callId)}`, body);
  const toolsOf = (message: Message) => message.blocks.filter((block): block is ToolBlock => block.kind === "tool");

  /** Reads the live stream until a call waits there, by its id or its tool's name, as a page does. */
  async function waitsFor(id: string, call: string): Promise<LogEntry> {
    const leaving = new AbortController();
    const response = await fetch(`${proxy.url}/v1/streams/${id}/live`, { signal: leaving.signal });
    let body = "";
    try {
      for await (const bytes of response.body!.pipeThrough(new TextDecoderStream())) {
        body += bytes;
        const entries = parseSse(body.slice(0, body.lastIndexOf("\n\n") + 2)).map(
          ({ data }) => JSON.parse(data) as LogEntry,
        );
        const found = entries.find((entry) => entry.type === "tool.start" && [entry.callId, entry.name].includes(call));
        if (found !== undefined) return found;
      }
      throw new Error(`the stream ended before ${call} waited`);
    } finally {
      leaving.abort();
    }
  }

  test("a page runs its tool: it sees the arguments, the first result wins, and the answer goes on", async () => {
    const provider = fakeProvider("p", [calls(["c/1", "look", { at: "map" }])], said("I see."));
    await serve([provider]);
    const { id } = await start({ tools: [LOOK] });
    const waiting = await waitsFor(id, "c/1");
    assert.deepEqual(waiting.type === "tool.start" && [waiting.runsOn, waiting.args], ["page", { at: "map" }]);
    const shown = toolsOf(await messageOf(id))[0]!;
    assert.deepEqual([shown.state, shown.runsOn, shown.args, shown.argsText], ["running", "page", { at: "map" }, ""]);

    const first = await answer(id, "c/1", { result: { n: 1 } });
    assert.deepEqual([first.status, await first.json()], [202, { id, callId: "c/1" }]);
    await whole(id);
    // Also after the end: a page whose connection was cut repeats what it sent.
    for (const [body, status, code] of [
      [{ result: { n: 1 } }, 202, undefined],
      [{ result: { n: 2 } }, 409, "conflict"],
      [{ error: "late" }, 409, "conflict"],
      [{ approve: true }, 409, "conflict"],
    ] as const) {
      const again = await answer(id, "c/1", body);
      assert.deepEqual([again.status, ((await again.json()) as Partial<ErrorBody>).error?.code], [status, code]);
    }
    const message = await messageOf(id);
    assert.deepEqual([message.status, visibleText(message), message.steps], ["complete", "I see.", 2]);
    assert.equal(provider.requests[1]!.messages.at(-1)?.role, "tool");
  });

  test("every bad outcome gets its code and field, and the call goes on waiting", async () => {
    await serve([fakeProvider("p", [calls(["c", "look", {}])], said("ok"))]);
    const { id } = await start({ tools: [LOOK] });
    await waitsFor(id, "c");
    for (const [path, body, status, code, field] of [
      [`${id}/tools/other`, { result: 1 }, 404, "not_found", "callId"],
      ["s_none/tools/c", { result: 1 }, 404, "not_found", "id"],
      [`${id}/tools/c`, {}, 400, "invalid_request", "result"],
      [`${id}/tools/c`, { result: 1, error: "x" }, 400, "invalid_request", "result"],
      [`${id}/tools/c`, { error: 7 }, 400, "invalid_request", "error"],
      [`${id}/tools/c`, { approve: "yes" }, 400, "invalid_request", "approve"],
      [`${id}/tools/c`, { approve: true }, 400, "invalid_request", "approve"],
      [`${id}/tools/c`, "[]", 400, "invalid_request", "body"],
    ] as const) {
      const response = await proxy.post(`/v1/streams/${path}`, body);
      const { error } = (await response.json()) as ErrorBody;
      assert.deepEqual([response.status, error.code, error.field], [status, code, field], JSON.stringify(body));
    }
    assert.equal((await answer(id, "c", { result: null })).status, 202);
    await whole(id);
    assert.equal((await messageOf(id)).status, "complete");
  });

  test("what is not allowed is refused before anything starts", async () => {
    const own = { look: defineTool({ description: "d", parameters: {}, run: () => 1 }) };
    await serve([fakeProvider("p", said("ok"))], { tools: own });
    const refused = async (tools: object[]) => {
      const response = await proxy.post("/v1/streams", { input: "q", tools });
      return [response.status, ((await response.json()) as ErrorBody).error.field];
    };
    assert.deepEqual(await refused([LOOK]), [400, "tools[0].name"]);
    const other = { ...LOOK, name: "other" };
    assert.deepEqual(await refused([other, other]), [400, "tools[1].name"]);
    await proxy.close();
    await serve([fakeProvider("p", said("ok"))], { pageMay: [] });
    assert.deepEqual(await refused([LOOK]), [403, "tools"]);
  });

  test("approval over WebSocket, from another connection than the one that started", async () => {
    let ran = 0;
    const pay = defineTool({ description: "pays", parameters: {}, approval: "always", run: () => ++ran });
    await serve([fakeProvider("p", [calls(["c", "pay", { euros: 5 }])], said("Paid."))], { tools: { pay } });
    const { id, cursor } = await start({});
    await using sockets = new AsyncDisposableStack();
    const open = async () => sockets.adopt(await openSocket(proxy), (socket) => socket.ws.terminate());
    const [viewer, other] = [await open(), await open()];
    viewer.send({ type: "sub", s: 1, id, after: cursor });
    const entries: WireEntry[] = [];
    while (!entries.some(({ type }) => type === "tool.start")) entries.push(...(await viewer.next("ev")).e);
    const asked = entries.find((entry) => entry.type === "tool.start")!;
    assert.deepEqual(asked.type === "tool.start" && [asked.approval, asked.args], [true, { euros: 5 }]);

    other.send({ type: "tool", rid: "r1", id, callId: "c", result: 1 });
    assert.deepEqual((await other.next("err")).error.field, "approve");
    other.send({ type: "tool", rid: "r2", id, callId: "c", approve: true });
    assert.deepEqual(await other.next("tooled"), { type: "tooled", rid: "r2", id, callId: "c" });
    other.send({ type: "tool", rid: "r3", id, callId: "c", approve: false });
    const { rid, error } = await other.next("err");
    assert.deepEqual([rid, error.code], ["r3", "conflict"]);
    while (entries.at(-1)!.type !== "stream.end") entries.push(...(await viewer.next("ev")).e);
    const message = fold(emptyMessage(cursor.split(".")[0]!), entries);
    assert.deepEqual([visibleText(message), ran, toolsOf(message)[0]!.state], ["Paid.", 1, "done"]);
    // The result is not this agent's to show; the arguments a person decided about were.
    assert.deepEqual([toolsOf(message)[0]!.result, toolsOf(message)[0]!.args], [undefined, { euros: 5 }]);
    other.send({ type: "tool", rid: "r4", id, callId: "c", approve: true });
    assert.equal((await other.next("tooled")).rid, "r4");
  });

  test("somebody else's call is not found", async () => {
    await serve(
      [fakeProvider("p", [calls(["c", "look", {}])], said("ok"))],
      {},
      {
        access: { secret: "0123456789abcdef", origins: ["https://a.example"] },
      },
    );
    const origin = { origin: "https://a.example" };
    const visit = async () => {
      const response = await proxy.post("/v1/visitors", {}, origin);
      const { accessToken } = (await response.json()) as { accessToken: string };
      return { ...origin, authorization: `Bearer ${accessToken}` };
    };
    const [ann, bob] = [await visit(), await visit()];
    const started = await proxy.post("/v1/streams", { input: "q", tools: [LOOK] }, ann);
    const { id } = (await started.json()) as Started;
    const path = `/v1/streams/${id}/tools/c`;
    assert.equal((await proxy.post(path, { result: 1 }, bob)).status, 404);
    assert.equal((await proxy.post(path, { result: 1 })).status, 401);
    await proxy.post(`/v1/streams/${id}/cancel`, {}, ann);
  });

  test("a provider's own records come back to it in the next turn and reach no viewer in any form", async () => {
    const thinking: ProviderEvent[] = [
      { type: "block.start", block: 0, kind: "reasoning" },
      { type: "delta", block: 0, text: "hm" },
      { type: "block.end", block: 0 },
      { type: "native", value: { signature: "SIGNATURE" } },
    ];
    const call: ProviderEvent[] = [
      { type: "block.start", block: 1, kind: "tool", name: "add", callId: "c" },
      { type: "delta", block: 1, text: "{}" },
      { type: "block.end", block: 1, args: {} },
      { type: "finish", reason: "tool_calls", raw: null },
    ];
    const provider = fakeProvider("p", [[...thinking, ...call]], said("one"), said("two"));
    const add = defineTool({ description: "adds", parameters: {}, run: () => ({ sum: 3 }) });
    const show = { reasoning: true, toolArguments: true, toolResults: true, usage: true, cost: true, model: true };
    await serve([provider], { tools: { add }, show });
    const first = await start({});
    const live = JSON.stringify(await whole(first.id));
    const second = await start({ conversation: first.conversation });
    await whole(second.id);

    const asked = provider.requests[2]!.messages;
    assert.deepEqual(asked.slice(0, -1), [
      ...provider.requests[1]!.messages,
      { role: "assistant", parts: [{ type: "text", text: "one" }] },
    ]);
    assert.deepEqual(asked[1], {
      role: "assistant",
      parts: [
        { type: "reasoning", text: "hm" },
        { type: "native", provider: "p", value: { signature: "SIGNATURE" } },
        { type: "tool-call", callId: "c", name: "add", argsText: "{}" },
      ],
    });
    const read = async (path: string) => (await proxy.get(path)).text();
    const rest = await Promise.all([
      ...["", "/events", "/message", "/live?after=0"].map((path) => read(`/v1/streams/${first.id}${path}`)),
      read(`/v1/conversations/${first.conversation}`),
      read("/v1/conversations"),
    ]);
    const socket = await openSocket(proxy);
    socket.send({ type: "sub", s: 1, id: first.id, after: "0" });
    const frames: WireEntry[] = [];
    while (frames.at(-1)?.type !== "stream.end") {
      frames.push(...(await socket.next("ev")).e);
      socket.send({ type: "ack", s: 1, seq: frames.at(-1)!.seq });
    }
    socket.ws.terminate();
    for (const shown of [live, ...rest, JSON.stringify(frames)]) assert.doesNotMatch(shown, /SIGNATURE|native/);
    assert.match(live, /sum/);
  });

  test("the same script answers the same in batch as streamed", async () => {
    const script = [[calls(["c", "add", {}])], said("sum")];
    const add = defineTool({ description: "adds", parameters: {}, run: () => 3 });
    await serve([fakeProvider("p", ...script, ...script)], { tools: { add }, show: { toolResults: true } });
    const streamed = await start({});
    await whole(streamed.id);
    const batch = (await (await proxy.post("/v1/streams", { input: "q" }, { prefer: "wait" })).json()) as Message;
    const content = ({ id: _i, stream: _s, conversation: _c, cursor: _u, timings: _t, ...rest }: Message) => ({
      ...rest,
      blocks: rest.blocks.map((block) => (block.kind === "tool" ? { ...block, ms: 0, seq: 0 } : { ...block, seq: 0 })),
    });
    assert.deepEqual(content(batch), content(await messageOf(streamed.id)));
  });

  test("the demo's agent takes three steps: two tools side by side, one of the page and one with approval, an answer", async () => {
    const tools = {
      weather: defineTool({ description: "weather", parameters: {}, run: () => "sunny" }),
      time: defineTool({ description: "time", parameters: {}, run: () => "noon" }),
      pay: defineTool({ description: "pays", parameters: {}, approval: "always", run: () => "paid" }),
    };
    await serve([demoProvider("demo")], { models: ["demo/fast"], tools });
    const { id } = await start({ input: "Be an agent", tools: [LOOK] });
    await Promise.all([waitsFor(id, "pay"), waitsFor(id, "look")]);
    const waiting = toolsOf(await messageOf(id)).filter(({ state }) => state === "awaiting" || state === "running");
    for (const { callId, runsOn } of waiting) {
      assert.equal((await answer(id, callId, runsOn === "page" ? { result: "a map" } : { approve: true })).status, 202);
    }
    await whole(id);
    const message = await messageOf(id);
    assert.deepEqual([message.status, message.steps], ["complete", 3]);
    assert.match(visibleText(message), /`weather` answered: sunny[\s\S]*noon[\s\S]*paid[\s\S]*a map/);
    assert.equal(new Set(toolsOf(message).map(({ callId }) => callId)).size, 4);
  });
});
