import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WebSocket } from "ws";
import { emptyMessage, fold } from "../../protocol/index.ts";
import type { LogEntry } from "../../protocol/index.ts";
import type { TransportChoice } from "../../widget/connection/connection.ts";
import { createClient } from "../../widget/client.ts";
import type { Client, ClientOptions } from "../../widget/client.ts";
import { FakeProxy } from "../fakes/fake-proxy.ts";
import type { Mischief } from "../fakes/fake-proxy.ts";
import { INC, randomLog } from "../fakes/random-log.ts";

/** Milliseconds small enough for a test, in the same order as the real ones. */
const TIMING = { welcomeMs: 60, silenceMs: 80, probeMs: 20, ackMs: 5, idleMs: 1_000, backoff: () => 1 };

const connect = (proxy: FakeProxy, options: Partial<ClientOptions> = {}): Client =>
  createClient({
    endpoint: proxy.url,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    timing: TIMING,
    ...options,
  });

async function withProxy(run: (proxy: FakeProxy) => Promise<void>): Promise<void> {
  const proxy = await FakeProxy.open();
  try {
    await run(proxy);
  } finally {
    await proxy.close();
  }
}

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
  return withProxy(async (proxy) => {
    const rest = schedule.values();
    proxy.mischief = () => rest.next().value ?? { length: 5, what: "none" };
    if (transport === "auto") proxy.upgrades = written % 2 === 0 ? "refuse" : "mute";
    proxy.onStart = () => proxy.add("s_1", log.slice(0, Math.max(1, written)), INC);
    const client = connect(proxy, { transport });
    const seen: string[] = [];
    const answer = client.stream({ input: "hi" }, { onMessage: (message) => seen.push(message.cursor) });
    await answer.started;
    for (const entry of log.slice(Math.max(1, written))) {
      await new Promise(setImmediate);
      proxy.append("s_1", [entry]);
    }
    const message = await answer.done;
    client.close();
    assert.deepEqual(message, fold(emptyMessage(INC), log));
    assert.equal(proxy.starts.length, 1);
    assert.equal(new Set(seen).size, seen.length, "a state was shown twice");
    if (transport === "sse") assert.equal(proxy.attempts.ws, 0);
    if (transport === "ws") assert.equal(proxy.attempts.sse, 0);
  });
}
