/** Two proxies on one Redis: started on one, watched on the other, stopped, answered and deleted from either. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, afterEach, before, describe, test } from "node:test";
import { createClient } from "redis";
import type { Message, WireEntry } from "../../protocol/index.ts";
import { emptyMessage, fold, StreamError, visibleText } from "../../protocol/index.ts";
import type { ConfigInput } from "../../proxy/config-schema.ts";
import type { Provider } from "../../proxy/provider/provider.ts";
import { calls, fakeProvider, finish, more, settle, text } from "../fakes/fake-provider.ts";
import { startRedisServer, withoutRedis } from "../fakes/redis-server.ts";
import type { RedisServer } from "../fakes/redis-server.ts";
import { openSocket, parseSse, runProxy } from "../fakes/running-proxy.ts";
import type { RunningProxy } from "../fakes/running-proxy.ts";

type Started = { id: string; cursor: string };

/** A lost stream is looked for every tenth of a second. */
const SOON = { resilience: { leaseMs: 300 } };

/** An SSE reader, from the start. */
class Watcher {
  readonly #response: Promise<Response>;
  #body = "";
  #over = false;
  readonly #reading: Promise<void>;

  constructor(proxy: RunningProxy, id: string) {
    this.#response = proxy.get(`/v1/streams/${id}/live`);
    this.#reading = this.#read();
  }

  get said(): string {
    return visibleText(this.entries.reduce((message, entry) => fold(message, [entry]), emptyMessage("i") as Message));
  }

  get entries(): WireEntry[] {
    const whole = this.#body.slice(0, this.#body.lastIndexOf("\n\n") + 2);
    return parseSse(whole).flatMap(({ event, data }) => (event === null ? [JSON.parse(data) as WireEntry] : []));
  }

  /** What it was told besides the log. */
  get notes(): string[] {
    const told = parseSse(this.#body).filter(({ event }) => event === "status");
    return told.map(({ data }) => (JSON.parse(data) as { phase: string }).phase);
  }

  /** The id of the last event. */
  get cursor(): string {
    return parseSse(this.#body).findLast(({ id }) => id !== null)!.id!;
  }

  async says(expected: string): Promise<void> {
    while (this.said !== expected) {
      assert.ok(!this.#over, `it ended with ${JSON.stringify(this.said)}`);
      await settle();
    }
  }

  /** Resolves with what it has when the response ends. */
  async ended(): Promise<string> {
    await this.#reading;
    return this.said;
  }

  async #read(): Promise<void> {
    const { body } = await this.#response;
    for await (const part of body!.pipeThrough(new TextDecoderStream())) this.#body += part;
    this.#over = true;
  }
}

describe("two proxies on one Redis", { skip: withoutRedis }, () => {
  let server: RedisServer;
  const proxies: RunningProxy[] = [];
  before(async () => {
    server = await startRedisServer();
  });
  after(() => server.close());
  afterEach(async () => {
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
  });

  const serve = async (provider: Provider, input: ConfigInput = {}) => {
    const store = `${server.url}/?prefix=${randomUUID()}:`;
    proxies.push(...(await Promise.all([1, 2].map(() => runProxy([provider], { store, ...input })))));
    return proxies as [RunningProxy, RunningProxy];
  };
  const startAt = async (proxy: RunningProxy, body: object = {}) =>
    (await (await proxy.post("/v1/streams", { input: "x", ...body })).json()) as Started;
  const messageAt = async (proxy: RunningProxy, id: string) =>
    (await (await proxy.get(`/v1/streams/${id}/message`)).json()) as Message;

  test("a reader elsewhere who takes nothing holds the provider up as one here would, until it takes", async () => {
    const gate = Promise.withResolvers<void>();
    let given = 0;
    const provider = fakeProvider("p");
    provider.stream = async function* () {
      yield text("begin");
      await gate.promise;
      for (; given < 300; given++) {
        yield more("word ".repeat(100));
        await settle();
      }
      yield finish;
    };
    const [one, other] = await serve(provider, { backpressure: { maxLeadEvents: 50 } });
    const { id } = await startAt(one);
    const socket = await openSocket(other);
    socket.send({ type: "sub", s: 1, id, after: "0", window: 4_096 });
    await socket.next("ev");
    // The writer knows of it once it is told, which is seen by its refusing to run ahead.
    while (!(await heardOf(id))) await settle();
    gate.resolve();
    while (given < 40) await settle();
    for (let round = 0; round < 30; round++) await one.get("/healthz");
    assert.ok(given < 250, `${given} of 300 were read ahead of its only reader`);
    const ended = new Promise<void>((resolve) =>
      socket.ws.on("message", (bytes: Buffer) => {
        const frame = JSON.parse(bytes.toString()) as { type: string; e?: WireEntry[] };
        if (frame.type === "ev") socket.send({ type: "ack", s: 1, seq: frame.e!.at(-1)!.seq });
        if (frame.type === "end") resolve();
      }),
    );
    socket.send({ type: "ack", s: 1, seq: 1_000_000 });
    await ended;
    assert.equal(given, 300);
    socket.close();
  });

  test("a server that has lost what it had acknowledged: readers of both are told, and end with one whole text", async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const provider = fakeProvider(
      "p",
      [text("one"), gates[0]!.promise, more(" two"), gates[1]!.promise, more(" three"), finish],
      [text("whole again"), finish],
    );
    const [one, other] = await serve(provider, SOON);
    const { id } = await startAt(one);
    const watchers = [new Watcher(one, id), new Watcher(other, id)];
    for (const watcher of watchers) await watcher.says("one");
    const back = server.remember();
    gates[0]!.resolve();
    for (const watcher of watchers) await watcher.says("one two");
    await server.kill();
    back();
    await server.start();
    gates[1]!.resolve();
    for (const [index, watcher] of watchers.entries()) {
      assert.equal(await watcher.ended(), "one two", "nothing of another incarnation follows");
      const proxy = proxies[1 - index]!;
      const refused = await proxy.get(`/v1/streams/${id}/live?after=${watcher.cursor}`);
      assert.equal(refused.status, 409);
      assert.equal(await new Watcher(proxy, id).ended(), "whole again");
    }
  });

  test("an answer is handed over when its proxy leaves, and read to its end where it was followed", async () => {
    const provider = fakeProvider("p", [text("half"), new Promise<never>(() => {})], [text("whole"), finish]);
    const [one, other] = await serve(provider);
    const { id } = await startAt(one);
    const watcher = new Watcher(other, id);
    await watcher.says("half");
    await one.close(0);
    assert.equal(await watcher.ended(), "whole");
    assert.equal((await messageAt(other, id)).attempts, 2);
  });

  test("a reader elsewhere is told that the provider is asked again, as one here is", async () => {
    const gate = Promise.withResolvers<void>();
    const failure = new StreamError("provider_overloaded", "busy", { retryAfterMs: 50 });
    const [one, other] = await serve(fakeProvider("p", [gate.promise, failure], [text("whole"), finish]));
    const { id } = await startAt(one);
    const watchers = [new Watcher(one, id), new Watcher(other, id)];
    for (const watcher of watchers) while (watcher.entries.length === 0) await settle();
    while ((await subscribersOf(`*note:${id}`)) === 0) await settle();
    gate.resolve();
    for (const watcher of watchers) {
      assert.equal(await watcher.ended(), "whole");
      assert.deepEqual(watcher.notes, ["retrying"]);
    }
  });

  test("what a proxy says itself costs one command of the store for each commit", async () => {
    let watcher: Watcher | null = null;
    const provider = fakeProvider("p");
    provider.stream = async function* () {
      yield text("begin ");
      for (let word = 0; word < 50; word++) {
        // One commit each: what came before it is read.
        while (!watcher?.said.endsWith(word === 0 ? "begin " : ` ${word - 1} `)) await settle();
        yield more(` ${word} `);
      }
      yield finish;
    };
    const [one] = await serve(provider);
    const { id } = await startAt(one);
    const before = await callsOf("evalsha");
    watcher = new Watcher(one, id);
    await watcher.ended();
    const calls = (await callsOf("evalsha")) - before;
    // Beside the commits: the end, what it settles, a renewal of the lease.
    assert.ok(calls >= 50 && calls < 75, `${calls} scripts for 50 words`);
  });

  test("many cancellations from both sides race the end: one terminal, told the same on both", async () => {
    const gate = Promise.withResolvers<void>();
    const [one, other] = await serve(fakeProvider("p", [text("half"), gate.promise, more(" more"), finish]));
    const { id } = await startAt(one);
    const watchers = [new Watcher(one, id), new Watcher(other, id)];
    await Promise.all(watchers.map((watcher) => watcher.says("half")));
    const cancel = () => [one, other].map((proxy) => proxy.post(`/v1/streams/${id}/cancel`, {}));
    const cancelled = [...cancel(), ...cancel()];
    gate.resolve();
    for (const response of await Promise.all(cancelled)) assert.equal(response.status, 202);
    const [here, there] = await Promise.all(watchers.map((watcher) => watcher.ended()));
    assert.equal(here, there);
    for (const watcher of watchers) assert.equal(watcher.entries.filter(({ type }) => type === "stream.end").length, 1);
    assert.deepEqual(await messageAt(one, id), await messageAt(other, id));
  });

  test("of opposite decisions from both sides one counts, and whoever gave the other is told", async () => {
    const look = { name: "look", description: "looks", parameters: { type: "object" } };
    const script = [calls(["c1", "look", {}])];
    for (let race = 0; race < 2; race++) {
      const provider = fakeProvider("p", script, [text("done"), finish]);
      const agents = { a: { models: ["p/m"], pageMay: ["tools"] as const, show: { toolResults: true } } };
      const [one, other] = await serve(provider, { agents: agents as never });
      const { id } = await startAt(one, { tools: [look] });
      const waits = async (proxy: RunningProxy) =>
        (await messageAt(proxy, id)).blocks.some((block) => block.kind === "tool" && block.state === "running");
      while (!(await waits(other))) await settle();
      const answer = (proxy: RunningProxy, result: string) => proxy.post(`/v1/streams/${id}/tools/c1`, { result });
      const replies = await Promise.all([answer(one, "here"), answer(other, "there")]);
      assert.deepEqual(
        replies.map(({ status }) => status).sort((a, b) => a - b),
        [202, 409],
      );
      assert.equal(await new Watcher(other, id).ended(), "done");
      const [block] = (await messageAt(one, id)).blocks;
      assert.equal(block?.kind === "tool" && block.result, replies[0]!.status === 202 ? "here" : "there");
      // The one that counted may be said again, on either side.
      const [won, lost] = replies[0]!.status === 202 ? ["here", "there"] : ["there", "here"];
      assert.deepEqual([(await answer(other, won!)).status, (await answer(one, lost!)).status], [202, 409]);
      await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
    }
  });

  test("a stream that is deleted on one side is over for who watches it on the other", async () => {
    const [one, other] = await serve(fakeProvider("p", [text("half"), new Promise<never>(() => {})]));
    const { id } = await startAt(one);
    const watcher = new Watcher(other, id);
    await watcher.says("half");
    assert.equal((await fetch(`${one.url}/v1/streams/${id}`, { method: "DELETE" })).status, 204);
    assert.equal(await watcher.ended(), "half");
    assert.equal((await other.get(`/v1/streams/${id}/live`)).status, 404);
  });

  test("a send id starts one stream on both sides at once; with another body it is refused", async () => {
    const [one, other] = await serve(fakeProvider("p", [text("once"), finish]));
    const send = (proxy: RunningProxy, input: string) =>
      proxy.post("/v1/streams", { input }, { "idempotency-key": "k" });
    const replies = await Promise.all([one, other, one, other].map((proxy) => send(proxy, "same")));
    assert.deepEqual(
      replies.map(({ status }) => status).sort((a, b) => a - b),
      [200, 200, 200, 201],
    );
    const ids = await Promise.all(replies.map(async (reply) => ((await reply.json()) as Started).id));
    assert.equal(new Set(ids).size, 1);
    assert.deepEqual([(await send(one, "another")).status, (await send(other, "another")).status], [409, 409]);
  });

  /** Channels of a pattern that somebody listens to. */
  async function subscribersOf(pattern: string): Promise<number> {
    const client = createClient({ url: server.url });
    await client.connect();
    const channels = await client.pubSubChannels(pattern);
    await client.close();
    return channels.length;
  }

  /** How often a command was called at the server so far. */
  async function callsOf(command: string): Promise<number> {
    const client = createClient({ url: server.url });
    await client.connect();
    const info = await client.info("commandstats");
    await client.close();
    return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(info)?.[1] ?? 0);
  }

  /** True once the writer of a stream has been told that somebody watches it elsewhere. */
  async function heardOf(id: string): Promise<boolean> {
    const client = createClient({ url: server.url });
    await client.connect();
    const keys = await client.keys(`*viewers:${id}`);
    await client.close();
    return keys.length > 0;
  }
});
