import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { StreamError } from "../../../protocol/index.ts";
import { BodyReader } from "../../../proxy/provider/body-reader.ts";
import { CallStream } from "../../../proxy/provider/call-stream.ts";
import type { Decoder } from "../../../proxy/provider/decoder.ts";
import { lineFrames } from "../../../proxy/provider/frames.ts";
import type { ProviderEvent } from "../../../proxy/provider/provider.ts";
import { RawBody } from "../../../proxy/provider/raw-body.ts";
import { ReadWatch } from "../../../proxy/provider/read-watch.ts";

const NO_TIMERS = { connectMs: 0, firstContentMs: 0, livenessMs: 0, betweenContentMs: 0 };

/** Each line is text; the line `end` completes the answer, the line `fail` is the provider's failure. */
class Lines implements Decoder<string> {
  done = false;
  get complete(): boolean {
    return this.done;
  }
  decode(line: string, events: ProviderEvent[]): void {
    if (line === "fail") throw new StreamError("provider_error", "It failed");
    if (line === "end") this.done = true;
    else events.push({ type: "delta", block: 0, text: line });
  }
  end(events: ProviderEvent[]): void {
    events.push({ type: "finish", reason: "stop", raw: null });
  }
}

/** A call whose answer a test pushes. */
function call() {
  const seen = { begun: 0, aborted: [] as Error[], over: [] as (StreamError | null)[] };
  const body = new RawBody({ pause() {}, resume() {}, abort: (reason) => seen.aborted.push(reason) });
  const watch = new ReadWatch(NO_TIMERS, 0, () => {});
  const stream = new CallStream(() => {
    seen.begun += 1;
    return {
      open: async () => ({ body, watch, reader: new BodyReader(body, lineFrames, new Lines(), watch) }),
      failed: (thrown) => StreamError.from(thrown),
      over: (failure) => seen.over.push(failure),
    };
  });
  return { seen, body, stream, push: (text: string) => body.push(Buffer.from(text)) };
}

const textOf = (events: readonly ProviderEvent[] | void): string =>
  (events ?? []).map((event) => (event.type === "delta" ? event.text : event.type)).join();

suite("CallStream", () => {
  test("what comes in one turn of the event loop is one batch, and the end follows the last", async () => {
    const { stream, push, body, seen } = call();
    const first = stream.next();
    await turn();
    push("a\nb");
    push("c\n");
    push("d\n");
    assert.equal(textOf((await first).value), "a,bc,d");
    push("e\nend\n");
    body.end();
    assert.equal(textOf((await stream.next()).value), "e,finish");
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
    assert.deepEqual([seen.over, seen.aborted], [[null], []]);
  });

  test("what was pushed while nobody asked is there at once", async () => {
    const { stream, push } = call();
    push("a\n");
    push("b\n");
    assert.equal(textOf((await stream.next()).value), "a,b");
    await stream.return();
  });

  test("nothing begins before it is asked for, and nothing is over then", async () => {
    const { stream, seen } = call();
    await stream.return();
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
    assert.deepEqual([seen.begun, seen.over], [0, []]);
  });

  test("a call that cannot begin throws why, once", async () => {
    const why = new StreamError("provider_invalid_request", "It cannot");
    const stream = new CallStream(() => {
      throw why;
    });
    await assert.rejects(stream.next(), why);
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
  });

  test("a failure comes after what came before it, once, and the socket is closed", async () => {
    const { stream, push, seen } = call();
    push("a\nfail\n");
    assert.equal(textOf((await stream.next()).value), "a");
    await assert.rejects(stream.next(), { code: "provider_error" });
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
    assert.deepEqual([seen.over.map((failure) => failure?.code), seen.aborted.length], [["provider_error"], 1]);
  });

  test("a reader who leaves closes the socket, once a batch under way has come", async () => {
    const { stream, push, seen } = call();
    const first = stream.next();
    await turn();
    const left = stream.return();
    await turn();
    assert.equal(seen.aborted.length, 0);
    push("a\n");
    assert.equal(textOf((await first).value), "a");
    await left;
    assert.deepEqual([seen.over, seen.aborted.length], [[null], 1]);
  });

  test("leaving a loop closes the socket", async () => {
    const { stream, push, seen } = call();
    push("a\n");
    for await (const batch of stream) {
      assert.equal(textOf(batch), "a");
      break;
    }
    assert.deepEqual([seen.over, seen.aborted.length], [[null], 1]);
  });
});
