/** What every provider that speaks HTTP keeps, shown against a local server that replays its transcript. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { HttpTransport } from "../../proxy/provider/http-transport.ts";
import type { Provider } from "../../proxy/provider/provider.ts";
import { PATIENT, REQUEST, collect, failsWith } from "../fakes/ask-provider.ts";
import { openReplayServer } from "../fakes/replay-server.ts";
import type { Replay, ReplayRequest, ReplayServer } from "../fakes/replay-server.ts";
import { answerOf } from "../proxy/provider/decoding.ts";
import { turns } from "../fakes/turns.ts";

export interface ProviderCase {
  readonly name: string;
  /** Asks the server at `url`, with the key `KEY`. */
  readonly create: (url: string, transport: HttpTransport) => Provider;
  readonly contentType: string;
  /** Says `TEXT`, with or without thoughts and a call of the tool `tide` for Sète; 40 tokens in, 25 out. */
  readonly transcript: Uint8Array;
  /** The body of a failed request, as this provider words it. */
  readonly unauthorized: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: string;
  };
  /** False where the response headers are part of connecting. */
  readonly headersWithContent: boolean;
}

export const KEY = "test-key-0123456789";
export const TEXT = "Bateaux à quai 🛥️ 港へ";

/** A socket of a call that was left must be gone by then (design: cancel reaches the provider's socket at once). */
const CLOSED_MS = 100;

export function providerContract(provided: ProviderCase): void {
  const { name, transcript, contentType } = provided;
  /** About the middle of the transcript, where content has come and much is missing. */
  const half = Math.floor(transcript.length / 2);
  const replay = (rest: Partial<Replay> = {}): Replay => ({
    body: transcript,
    headers: { "content-type": contentType },
    ...rest,
  });

  suite(`provider contract: ${name}`, () => {
    let transport: HttpTransport;
    before(() => (transport = new HttpTransport()));
    after(() => transport.close());

    /** Runs with a server of its own that is quiet before it is closed. */
    const against = (
      reply: Replay | ((request: ReplayRequest) => Replay | Promise<Replay>),
      run: (provider: Provider, server: ReplayServer) => Promise<void>,
    ) =>
      async function (): Promise<void> {
        const server = await openReplayServer(reply);
        try {
          await run(provided.create(server.url, transport), server);
        } finally {
          await server.close();
        }
      };

    test(
      "says what the provider said, in one request, and ends after finish",
      against(replay(), async (provider, server) => {
        const { events, error } = await collect(provider);
        const answer = answerOf(events);
        assert.equal(error, null);
        assert.equal(answer.text, TEXT);
        for (const call of answer.toolCalls) assert.deepEqual(JSON.parse(call.arguments), { port: "Sète" });
        assert.ok(answer.finish !== null);
        if (answer.usage !== null) assert.deepEqual([answer.usage.input, answer.usage.output], [40, 25]);
        assert.equal(server.requests.length, 1);
        assert.equal(server.requests[0]!.headers["accept-encoding"], "identity");
      }),
    );

    test(
      "the same however the bytes are cut into packets",
      against(replay({ cuts: everyNth(transcript.length, 23) }), async (provider) => {
        const { events, error } = await collect(provider);
        assert.equal(error, null);
        assert.equal(answerOf(events).text, TEXT);
      }),
    );

    test(
      "calls one after the other share sockets",
      against(replay(), async (provider, server) => {
        for (let call = 0; call < 6; call++) await collect(provider);
        // A call may begin before the end of the last response's body has come.
        assert.ok(server.acceptedSockets <= 2, `${server.acceptedSockets} sockets for 6 calls`);
      }),
    );

    for (const ending of ["end", "fin", "reset"] as const) {
      test(
        `an answer cut by ${ending} keeps what came and is upstream_truncated`,
        against(replay({ body: transcript.subarray(0, half), ending }), async (provider, server) => {
          const { events, error } = await collect(provider);
          assert.equal(error?.code, "upstream_truncated");
          assert.ok(events.length > 0);
          assert.equal(answerOf(events).finish, null);
          assert.equal(server.requests.length, 1);
        }),
      );
    }

    test(
      "aborting closes the provider's socket at once and is cancelled",
      against(replay({ body: transcript.subarray(0, half), ending: "hang" }), async (provider, server) => {
        const stop = new AbortController();
        let stoppedAt = 0;
        const { error } = await collect(provider, PATIENT, stop, () => {
          stoppedAt = performance.now();
          stop.abort(new Error("stopped"));
        });
        await server.quiet();
        assert.equal(error?.code, "cancelled");
        assert.ok(performance.now() - stoppedAt < CLOSED_MS, `closed after ${performance.now() - stoppedAt} ms`);
      }),
    );

    test(
      "aborting before the response headers closes the socket as well",
      against(
        () => new Promise<Replay>(() => {}),
        async (provider, server) => {
          const stop = new AbortController();
          const asked = collect(provider, PATIENT, stop);
          while (server.requests.length === 0) await new Promise(setImmediate);
          stop.abort();
          assert.equal((await asked).error?.code, "cancelled");
          await server.quiet();
        },
      ),
    );

    test(
      "a reader that leaves closes the socket",
      against(replay({ body: transcript.subarray(0, half), ending: "hang" }), async (provider, server) => {
        for await (const _ of provider.stream(REQUEST, PATIENT, new AbortController().signal)) break;
        await server.quiet();
      }),
    );

    test(
      "silence after content is idle_timeout",
      against(replay({ body: transcript.subarray(0, half), ending: "hang" }), async (provider, server) => {
        const { events, error } = await collect(provider, { ...PATIENT, livenessMs: 30 });
        assert.equal(error?.code, "idle_timeout");
        assert.ok(events.length > 0);
        await server.quiet();
      }),
    );

    test(
      "no content in time is first_token_timeout",
      against(replay({ body: new Uint8Array(), ending: "hang" }), async (provider) => {
        const { error } = await collect(provider, { ...PATIENT, firstContentMs: 30 });
        assert.equal(error?.code, "first_token_timeout");
      }),
    );

    test(
      "no response headers in time is a timeout of the phase they belong to",
      against(
        () => new Promise<Replay>(() => {}),
        async (provider, server) => {
          const timers = provided.headersWithContent ? { firstContentMs: 60 } : { connectMs: 60 };
          const { error } = await collect(provider, { ...PATIENT, ...timers });
          assert.equal(error?.code, provided.headersWithContent ? "first_token_timeout" : "connect_timeout");
          await server.quiet();
        },
      ),
    );

    test(
      "a page under HTTP 200 is upstream_protocol",
      against({ body: "<html>sign in</html>", headers: { "content-type": "text/html" } }, async (provider) => {
        assert.equal((await collect(provider)).error?.code, "upstream_protocol");
      }),
    );

    const { status, headers = { "content-type": "application/json" }, body } = provided.unauthorized;
    test(
      "a refused key is provider_auth, asked once, and the key is in no text",
      against({ status, headers, body }, async (provider, server) => {
        const { error } = await collect(provider);
        assert.equal(error?.code, "provider_auth");
        assert.doesNotMatch(String(error?.message), new RegExp(KEY));
        assert.equal(server.requests.length, 1);
      }),
    );

    test(
      "too many requests is provider_rate_limited with the provider's hint",
      against(
        { status: 429, headers: { "content-type": "application/json", "retry-after": "7" }, body: "{}" },
        async (provider, server) => {
          const { error } = await collect(provider);
          assert.deepEqual([error?.code, error?.retryAfterMs], ["provider_rate_limited", 7_000]);
          assert.equal(server.requests.length, 1);
        },
      ),
    );

    test(
      "a consumer that waits pauses the socket",
      against(replay({ body: endless(transcript.subarray(0, half)) }), async (provider, server) => {
        const stop = new AbortController();
        const stream = provider.stream(REQUEST, PATIENT, stop.signal);
        await stream.next();
        let written = -1;
        // Once the kernel's buffers are full the server cannot write; until then it does in nearly every turn.
        for (let still = 0; still < 20; still = written === server.writtenBytes ? still + 1 : 0) {
          written = server.writtenBytes;
          await turns();
        }
        assert.ok(written < 64 * 1_048_576, `${written} bytes written to a reader that waits`);
        stop.abort();
        await assert.rejects(async () => {
          for await (const _ of stream);
        });
      }),
    );

    test("nobody listening is provider_error", async () => {
      const gone = await openReplayServer(replay());
      const provider = provided.create(gone.url, transport);
      await gone.close();
      assert.equal((await collect(provider)).error?.code, "provider_error");
    });

    test(
      "check() accepts a server that answers and names the failure of one that refuses",
      against(
        (request) =>
          request.url.includes("refuse")
            ? { status, headers, body }
            : { headers: { "content-type": "application/json" }, body: "{}" },
        async (provider, server) => {
          const { signal } = new AbortController();
          await provider.check(signal);
          const refused = provided.create(`${server.url}/refuse`, transport);
          await assert.rejects(refused.check(signal), failsWith("provider_auth"));
        },
      ),
    );
  });
}

const everyNth = (length: number, step: number): number[] =>
  Array.from({ length: Math.floor((length - 1) / step) }, (_, index) => (index + 1) * step);

/** The bytes, then blank lines for ever: they mean nothing in any text format, and fill buffers. */
function* endless(first: Uint8Array): Generator<Uint8Array> {
  yield first;
  const blank = new Uint8Array(65_536).fill(10);
  for (;;) yield blank;
}
