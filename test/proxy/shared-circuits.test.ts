import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, suite, test } from "node:test";
import { SharedCircuits } from "../../proxy/shared-circuits.ts";
import { Router } from "../../proxy/route/router.ts";
import { openSqliteLog } from "../../proxy/stream-log/sqlite-log.ts";
import type { StreamLog } from "../../proxy/stream-log/stream-log.ts";
import { counted, failure, open, succeed, taken, target } from "./route/routing.ts";

const NOW = Date.UTC(2026, 0, 1);
const TARGETS = [target("a/m", { keys: ["k"] }), target("b/m")];

suite("SharedCircuits", () => {
  let store: StreamLog;
  const replicas: SharedCircuits[] = [];

  beforeEach(() => {
    mock.timers.enable({ apis: ["Date", "setTimeout"], now: NOW });
    store = openSqliteLog(":memory:");
  });
  afterEach(async () => {
    for (const hints of replicas.splice(0)) hints.close();
    await store.close();
    mock.timers.reset();
  });

  /** The store as replicas see it that share it. */
  const shared = (isShared = true) => ({
    isShared,
    publishHint: mock.fn(store.publishHint.bind(store)),
    hints: mock.fn(store.hints.bind(store)),
  });
  const replica = (log = shared()) => {
    const hints = new SharedCircuits(log);
    replicas.push(hints);
    return { log, hints, router: new Router({ hints }) };
  };
  const trip = async (router: Router) => {
    const passages = Array.from({ length: 5 }, () => taken(open(router, TARGETS.slice(0, 1))));
    for (const passage of passages) passage.end({ error: failure("provider_error"), outputTokens: 0 });
    await counted();
  };
  const firstOf = (router: Router) => taken(open(router, TARGETS)).target.id;

  test("a circuit that opened in one replica is asked last in another, from its next look until its time is over", async () => {
    const [here, there] = [replica(), replica()];
    there.hints.start(there.router);
    await trip(here.router);
    assert.equal(firstOf(there.router), "a/m");
    mock.timers.tick(2_000);
    await counted();
    assert.equal(firstOf(there.router), "b/m");
    mock.timers.tick(13_000);
    assert.equal(firstOf(there.router), "a/m");
  });

  test("a hint is withdrawn by whoever finds the provider in order before its time", async () => {
    const [here, there] = [replica(), replica()];
    await trip(here.router);
    await there.hints.poll(there.router);
    assert.equal(firstOf(there.router), "b/m");
    mock.timers.tick(2_000);
    // Out of turn: nobody else could be asked.
    succeed(taken(open(here.router, TARGETS.slice(0, 1))));
    await counted();
    await there.hints.poll(there.router);
    assert.equal(firstOf(there.router), "a/m");
  });

  test("what a replica told is no news to itself", async () => {
    const here = replica();
    await trip(here.router);
    const hinted = mock.fn();
    await here.hints.poll({ hinted });
    assert.equal(hinted.mock.callCount(), 0);
    const there = replica();
    await there.hints.poll({ hinted });
    assert.deepEqual(hinted.mock.calls[0]?.arguments, ["a/m#1", NOW + 15_000]);
  });

  test("a store of one process is neither told nor asked", async () => {
    const alone = replica(shared(false));
    alone.hints.start(alone.router);
    await trip(alone.router);
    mock.timers.tick(10_000);
    assert.equal(alone.log.publishHint.mock.callCount() + alone.log.hints.mock.callCount(), 0);
  });

  test("a store that fails changes nothing and is asked again; after close it is not", async () => {
    const log = shared();
    const { hints, router } = replica(log);
    log.hints.mock.mockImplementation(() => Promise.reject(new Error("no store")));
    log.publishHint.mock.mockImplementation(() => Promise.reject(new Error("no store")));
    hints.start(router);
    await trip(router);
    await counted();
    mock.timers.tick(2_000);
    await counted();
    assert.equal(log.hints.mock.callCount(), 2);
    hints.close();
    mock.timers.tick(10_000);
    await counted();
    assert.equal(log.hints.mock.callCount(), 2);
  });
});
