/** Answers in the background over a socket: what is asked of the provider, and that a broken answer is the whole answer. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, suite, test } from "node:test";
import { StreamError } from "../../../protocol/index.ts";
import { createProvider } from "../../../proxy/provider/create-provider.ts";
import { HttpTransport } from "../../../proxy/provider/http-transport.ts";
import type { Provider, ProviderEvent, Received, ResumePoint } from "../../../proxy/provider/provider.ts";
import { PATIENT, REQUEST } from "../../fakes/ask-provider.ts";
import { openBackgroundServer } from "../../fakes/background-server.ts";
import type { BackgroundServer } from "../../fakes/background-server.ts";
import { answerOf } from "./decoding.ts";

const TRANSCRIPT = readFileSync(join(import.meta.dirname, "transcripts/openai-responses.sse"), "utf8");
const TEXT = "Bateaux à quai 🛥️ 港へ";
const KEYS = ["key-aaaaaa", "key-bbbbbb"];

/** What a reader has of one answer, over all connections. */
class Reader {
  readonly events: ProviderEvent[] = [];
  resume: ResumePoint | null = null;
  error: StreamError | null = null;

  get received(): Received {
    const received = new Map<number, number>();
    for (const event of this.events) {
      if (event.type === "block.start") received.set(event.block, 0);
      if (event.type === "delta") received.set(event.block, received.get(event.block)! + event.text.length);
    }
    return received;
  }

  /** @param onEvents called with each batch; leaves the answer when it says so */
  async read(
    batches: AsyncIterable<readonly ProviderEvent[]>,
    onEvents: (events: readonly ProviderEvent[]) => boolean | void = () => {},
  ): Promise<void> {
    this.error = null;
    try {
      for await (const batch of batches) {
        for (const event of batch) {
          if (event.type === "resumable") this.resume = event.resume;
          else this.events.push(event);
        }
        if (onEvents(batch) === false) break;
      }
    } catch (thrown) {
      assert.ok(thrown instanceof StreamError, String(thrown));
      this.error = thrown;
    }
  }
}

suite("an answer in the background", () => {
  let transport: HttpTransport;
  let server: BackgroundServer;
  before(() => (transport = new HttpTransport()));
  after(() => transport.close());
  beforeEach(async () => (server = await openBackgroundServer(TRANSCRIPT)));
  afterEach(() => server.close());

  const never = new AbortController().signal;
  const background = (): Provider =>
    createProvider(
      "mine",
      { kind: "openai", baseUrl: server.url, apiKeys: KEYS, background: true },
      { transport, env: {} },
    );
  const goOn = (provider: Provider, reader: Reader, signal = never, key = provider.keys?.keys[0]) =>
    provider.reattach!(reader.resume!, reader.received, REQUEST, PATIENT, signal, key);
  const asked = (): string[] => server.requests.map(({ method, url }) => `${method} ${url}`);
  const requested = async (count: number): Promise<void> => {
    while (server.requests.length < count) await new Promise(setImmediate);
  };

  test("is created to be kept, and tells early where it can be taken up", async () => {
    const reader = new Reader();
    await reader.read(background().stream(REQUEST, PATIENT, never));
    const { background: kept, store, stream } = JSON.parse(server.requests[0]!.body) as Record<string, unknown>;
    assert.deepEqual([kept, store, stream], [true, true, true]);
    assert.deepEqual([reader.error, reader.resume], [null, { id: "resp_1_1" }]);
    assert.equal(answerOf(reader.events).text, TEXT);
    assert.deepEqual(server.cancelled, []);
  });

  test("nothing is kept, and nothing promised, unless it is configured", async () => {
    const provider = createProvider(
      "mine",
      { kind: "openai", baseUrl: server.url, apiKey: "k" },
      { transport, env: {} },
    );
    const reader = new Reader();
    await reader.read(provider.stream(REQUEST, PATIENT, never));
    assert.deepEqual([reader.resume, provider.reattach], [null, undefined]);
    assert.equal((JSON.parse(server.requests[0]!.body) as Record<string, unknown>)["store"], false);
  });

  test("a compatible server that speaks Responses may keep answers, too", () => {
    const config = { kind: "openai-compatible", baseUrl: server.url, api: "responses", background: true } as const;
    assert.notEqual(createProvider("mine", config, { transport, env: {} }).reattach, undefined);
  });

  for (const ending of ["end", "fin", "reset"] as const) {
    test(`broken by ${ending} at any of many bytes, it goes on from the last event and is whole`, async () => {
      const whole = new Reader();
      await whole.read(background().stream(REQUEST, PATIENT, never));
      const provider = background();
      for (let bytes = 200; bytes < TRANSCRIPT.length; bytes += 97) {
        server.cutNext([bytes], ending);
        const reader = new Reader();
        await reader.read(provider.stream(REQUEST, PATIENT, never));
        assert.equal(reader.error?.code, "upstream_truncated", `cut after ${bytes} bytes`);
        await reader.read(goOn(provider, reader));
        assert.equal(reader.error, null);
        assert.deepEqual(answerOf(reader.events), answerOf(whole.events), `cut after ${bytes} bytes`);
      }
      const reopened = server.requests.filter(({ method }) => method === "GET");
      assert.ok(reopened.length > 20);
      for (const { url, headers } of reopened) {
        assert.match(url, /^\/responses\/resp_1_\d+\?stream=true&starting_after=\d+$/);
        assert.equal(headers["accept-encoding"], "identity");
      }
      assert.deepEqual(server.cancelled, []);
    });
  }

  test("breaks again and again, and is still whole", async () => {
    server.cutNext([700, 300, 0, 500]);
    const provider = background();
    const reader = new Reader();
    await reader.read(provider.stream(REQUEST, PATIENT, never));
    while (reader.error !== null) await reader.read(goOn(provider, reader));
    assert.equal(answerOf(reader.events).text, TEXT);
    assert.equal(server.requests.length, 5);
  });

  test("another process, which has less than the provider sent, reads it from its start and tells only what is new", async () => {
    server.cutNext([1_400]);
    const reader = new Reader();
    await reader.read(background().stream(REQUEST, PATIENT, never));
    // The last batches were lost with the process.
    const last = reader.events.findLastIndex(({ type }) => type === "delta");
    const { text: lost } = reader.events[last] as { text: string };
    reader.events.splice(last, Infinity, { type: "delta", block: 1, text: lost.slice(0, 4) });
    await reader.read(goOn(background(), reader));
    assert.equal(asked().at(-1), "GET /responses/resp_1_1?stream=true");
    assert.equal(answerOf(reader.events).text, TEXT);
  });

  test("an answer that is gone is provider_not_found", async () => {
    server.cutNext([900]);
    const provider = background();
    const reader = new Reader();
    await reader.read(provider.stream(REQUEST, PATIENT, never));
    server.forget();
    await reader.read(goOn(provider, reader));
    assert.equal(reader.error?.code, "provider_not_found");
  });

  test("a stop reaches the provider once, with the key the answer belongs to", async () => {
    server.allow(7);
    const provider = background();
    const stop = new AbortController();
    const reader = new Reader();
    const [, second] = provider.keys!.keys;
    await reader.read(provider.stream(REQUEST, PATIENT, stop.signal, second), (events) => {
      if (events.some(({ type }) => type === "delta")) stop.abort(new StreamError("cancelled", "stopped"));
    });
    assert.equal(reader.error?.code, "cancelled");
    await requested(2);
    assert.deepEqual(asked(), ["POST /responses", "POST /responses/resp_1_1/cancel"]);
    assert.equal(server.requests[1]!.headers.authorization, `Bearer ${KEYS[1]}`);
    assert.deepEqual(server.cancelled, ["resp_1_1"]);
  });

  test("a stop while it is taken up again reaches the provider, too", async () => {
    server.cutNext([900]);
    const provider = background();
    const reader = new Reader();
    await reader.read(provider.stream(REQUEST, PATIENT, never));
    const stop = new AbortController();
    server.allow(0);
    const going = reader.read(goOn(provider, reader, stop.signal));
    await requested(2);
    stop.abort();
    await going;
    await requested(3);
    assert.deepEqual(server.cancelled, ["resp_1_1"]);
  });

  test("a reader that leaves has the answer stopped: nobody pays for what nobody reads", async () => {
    server.allow(7);
    await new Reader().read(background().stream(REQUEST, PATIENT, never), () => false);
    await requested(2);
    assert.deepEqual(server.cancelled, ["resp_1_1"]);
  });

  test("an answer that says nothing in time is stopped: another one is asked for", async () => {
    server.allow(2);
    const reader = new Reader();
    await reader.read(background().stream(REQUEST, { ...PATIENT, firstContentMs: 30 }, never));
    assert.equal(reader.error?.code, "first_token_timeout");
    await requested(2);
    assert.deepEqual(server.cancelled, ["resp_1_1"]);
  });

  test("a writer that lost its log leaves the answer to whoever goes on with it", async () => {
    server.allow(7);
    const stop = new AbortController();
    const reader = new Reader();
    await reader.read(background().stream(REQUEST, PATIENT, stop.signal), () =>
      stop.abort(new StreamError("conflict", "another writes")),
    );
    assert.equal(reader.error?.code, "cancelled");
    await server.quiet();
    server.allow(Infinity);
    await reader.read(goOn(background(), reader));
    assert.equal(answerOf(reader.events).text, TEXT);
    assert.deepEqual(server.cancelled, []);
  });

  test("a broken answer that is given up is stopped with the key it belongs to, and is read from its start if asked for again", async () => {
    server.cutNext([900]);
    const provider = background();
    const [, second] = provider.keys!.keys;
    const reader = new Reader();
    await reader.read(provider.stream(REQUEST, PATIENT, never, second));
    provider.abandon!(reader.resume!, second!);
    await requested(2);
    assert.deepEqual(asked(), ["POST /responses", "POST /responses/resp_1_1/cancel"]);
    assert.equal(server.requests[1]!.headers.authorization, `Bearer ${KEYS[1]}`);
    await reader.read(goOn(provider, reader));
    assert.equal(asked().at(-1), "GET /responses/resp_1_1?stream=true");
  });

  test("giving an answer up never fails, whatever becomes of it at the provider", async () => {
    server.cutNext([900]);
    const provider = background();
    const reader = new Reader();
    await reader.read(provider.stream(REQUEST, PATIENT, never));
    server.forget();
    provider.abandon!(reader.resume!, provider.keys!.keys[0]!);
    await requested(2);
    await server.quiet();
  });

  test("a stop that the provider does not take changes nothing for the reader", async () => {
    server.allow(7);
    const stop = new AbortController();
    const reader = new Reader();
    await reader.read(background().stream(REQUEST, PATIENT, stop.signal), () => {
      server.forget();
      stop.abort();
    });
    assert.equal(reader.error?.code, "cancelled");
    await requested(2);
  });
});
