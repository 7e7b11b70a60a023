import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { emptyMessage, fold, visibleText } from "../../protocol/index.ts";
import type { LogEntry } from "../../protocol/index.ts";
import type { TransportChoice } from "../../widget/connection/transport.ts";
import { inClientWorld } from "../fakes/client-world.ts";
import type { Mischief } from "../fakes/fake-proxy.ts";
import { INC, randomLog, simpleLog } from "../fakes/random-log.ts";

for (const transport of ["ws", "sse", "auto"] as const) {
  test(`any schedule of cuts, losses, duplicates and stalls gives the log's message, once (${transport})`, async () => {
    const delivery = fc.record({
      length: fc.integer({ min: 1, max: 9 }),
      what: fc.oneof(
        { weight: 6, arbitrary: fc.constant<Mischief>("none") },
        { weight: 4, arbitrary: fc.constantFrom<Mischief>("duplicate", "lose", "cut") },
        { weight: 1, arbitrary: fc.constant<Mischief>("stall") },
      ),
    });
    await fc.assert(
      fc.asyncProperty(
        randomLog({ ended: true }),
        fc.array(delivery, { maxLength: 12 }),
        fc.integer({ min: 0, max: 30 }),
        (log, schedule, written) => survives(transport, log, schedule, written),
      ),
      { numRuns: 25 },
    );
  });
}

function survives(
  transport: TransportChoice,
  log: LogEntry[],
  schedule: readonly { readonly length: number; readonly what: Mischief }[],
  written: number,
): Promise<void> {
  return inClientWorld(async ({ proxy, connect }) => {
    const rest = schedule.values();
    proxy.mischief = () => rest.next().value ?? { length: 5, what: "none" };
    if (transport === "auto") proxy.upgrades = written % 2 === 0 ? "refuse" : "mute";
    proxy.onStart = () => proxy.add("s_1", log.slice(0, Math.max(1, written)), INC);
    const client = connect({ transport });
    const seen: string[] = [];
    const answer = client.stream({ input: "hi" }, { onMessage: (message) => seen.push(message.cursor) });
    await answer.started;
    for (const entry of log.slice(Math.max(1, written))) {
      await new Promise(setImmediate);
      proxy.append("s_1", [entry]);
    }
    const message = await answer.done;
    assert.deepEqual(message, fold(emptyMessage(INC), log));
    assert.equal(proxy.starts.length, 1);
    assert.equal(new Set(seen).size, seen.length, "a state was shown twice");
    if (transport === "sse") assert.equal(proxy.attempts.ws, 0);
    if (transport === "ws") assert.equal(proxy.attempts.sse, 0);
  });
}

test("stream() calls back with each piece of text, and iterating ends with the final message", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    proxy.onStart = () => proxy.add("s_1", simpleLog(["Hello", " you"]));
    const tokens: string[] = [];
    const answer = connect().stream({ input: "hi" }, { onToken: (text) => tokens.push(text) });
    let last = "";
    for await (const message of answer) last = `${message.status}: ${visibleText(message)}`;
    assert.equal(last, "complete: Hello you");
    assert.equal(tokens.join(""), "Hello you");
    assert.equal((await answer.done).end?.reason, "stop");
  });
});

test("a start that is lost on the way is repeated under the same key, a refused one is not", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    let posts = 0;
    proxy.http = ({ method }) => (method === "POST" && posts++ < 2 ? "cut" : null);
    const retries: number[] = [];
    const started = await connect().start({ input: "hi" }, { onRetry: (_error, delayMs) => retries.push(delayMs) });
    assert.equal(started.id, "s_1");
    assert.deepEqual([proxy.attempts.post, proxy.starts.length, retries], [3, 1, [1, 1]]);

    proxy.http = () => 429;
    await assert.rejects(() => connect().start({ input: "hi" }), { code: "rate_limited" });
    assert.equal(proxy.attempts.post, 3);
  });
});

test("a proxy that stays away is given up after the attempts that were asked for", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    let requests = 0;
    proxy.http = () => (requests++, "cut");
    await assert.rejects(() => connect().agents({ attempts: 3 }), { code: "connect_timeout" });
    assert.equal(requests, 3);
  });
});

test("aborting stream() rejects with the reason and leaves the answer alone", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    proxy.onStart = () => proxy.add("s_1", simpleLog(["a"], false));
    const stop = new AbortController();
    const answer = connect().stream({ input: "hi" }, { signal: stop.signal });
    const reason = new Error("enough");
    await assert.rejects(async () => {
      for await (const message of answer) if (visibleText(message) === "a") stop.abort(reason);
    }, reason);
    await assert.rejects(answer.done, reason);
    assert.deepEqual(proxy.cancelled, []);
  });
});

test("an answer of the proxy that cannot be read is refused by the name of its field", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    proxy.conversations.set("c_1", { id: "c_1", messages: [{ id: "m_1", role: "user", text: 7 }] });
    await assert.rejects(() => connect().conversation("c_1"), { code: "internal", field: "text" });
  });
});

test("an onToken that returns a promise is waited for, and so paces the reading", () =>
  inClientWorld(async ({ proxy, connect }) => {
    proxy.onStart = () => proxy.add("s_1", simpleLog(["one ", "two ", "three"]), INC);
    const first = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const tokens: string[] = [];
    const answer = connect({ transport: "ws" }).stream(
      { input: "hi" },
      {
        onToken(text) {
          tokens.push(text);
          first.resolve();
          return gate.promise;
        },
      },
    );
    await first.promise;
    await new Promise(setImmediate);
    assert.equal(tokens.length, 1);
    gate.resolve();
    assert.equal(visibleText(await answer.done), "one two three");
    assert.equal(tokens.join(""), "one two three");
  }));
