import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { ConnectionView } from "../../widget/chat.ts";
import { Loading } from "../../widget/loading.ts";
import { turns } from "../fakes/turns.ts";

/** Loads the part at the attempt of this number; all before fail. */
function loadingAt(success: number): {
  readonly loading: Loading<string>;
  readonly parts: string[];
  readonly views: ConnectionView[];
  readonly attempts: () => number;
} {
  const parts: string[] = [];
  const views: ConnectionView[] = [];
  let attempts = 0;
  const load = async (): Promise<string> => {
    attempts += 1;
    if (attempts < success) throw new TypeError("Failed to fetch dynamically imported module");
    return `part ${attempts}`;
  };
  const loading = new Loading(load, { loaded: (part) => parts.push(part), changed: (view) => views.push(view) });
  return { loading, parts, views, attempts: () => attempts };
}

function fakeTimers(t: TestContext): void {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000 });
}

/** Lets what failed be noticed, and the wait after it end. */
async function waitOut(t: TestContext, views: readonly ConnectionView[]): Promise<void> {
  await turns(3);
  t.mock.timers.tick(Math.ceil(views.at(-1)?.retryInMs ?? 0));
  await turns(3);
}

test("what can be loaded is loaded once and nothing is said", async () => {
  const { loading, parts, views } = loadingAt(1);
  loading.begin();
  await turns(3);
  assert.deepEqual(parts, ["part 1"]);
  assert.deepEqual(views, []);
  assert.equal(loading.view.state, "idle");
});

test("what cannot be loaded is a connection that waits, longer each time, until it can", async (t) => {
  fakeTimers(t);
  const { loading, parts, views } = loadingAt(4);
  loading.begin();
  for (let failure = 1; failure <= 3; failure++) await waitOut(t, views);
  assert.deepEqual(parts, ["part 4"]);
  assert.deepEqual(
    views.map(({ state }) => state),
    ["waiting", "waiting", "waiting"],
  );
  for (const [index, { retryInMs = 0, retryAt = 0 }] of views.entries()) {
    assert.ok(retryInMs >= 500 * 2 ** index && retryInMs <= 1_000 * 2 ** index, `${retryInMs} ms`);
    assert.ok(retryAt > 1_000);
  }
});

test("after eight attempts it has failed, and says what helps; a person's wish begins anew", async (t) => {
  fakeTimers(t);
  const { loading, parts, views, attempts } = loadingAt(10);
  loading.begin();
  for (let failure = 1; failure <= 8; failure++) await waitOut(t, views);
  assert.equal(attempts(), 8);
  assert.equal(loading.view.state, "failed");
  assert.match(loading.view.error!.message, /load the page again/);
  t.mock.timers.tick(1_000_000);
  await turns(3);
  assert.equal(attempts(), 8);
  loading.begin();
  for (let failure = 1; failure <= 2; failure++) await waitOut(t, views);
  assert.deepEqual(parts, ["part 10"]);
});

test("a person's wish ends the wait", async () => {
  const { loading, parts, views } = loadingAt(2);
  loading.begin();
  await turns(3);
  assert.equal(views.length, 1);
  loading.begin();
  await turns(3);
  assert.deepEqual(parts, ["part 2"]);
});

test("an element that was taken from the page loads nothing more, and one that comes back begins again", async (t) => {
  fakeTimers(t);
  const { loading, parts, views, attempts } = loadingAt(2);
  loading.begin();
  await turns(3);
  loading.pause();
  t.mock.timers.tick(1_000_000);
  await turns(3);
  assert.equal(attempts(), 1);
  loading.begin();
  loading.pause();
  await turns(3);
  assert.deepEqual(parts, []);
  loading.begin();
  await turns(3);
  assert.deepEqual(parts, ["part 3"]);
  assert.equal(views.length, 1);
});

test("what takes ten seconds is told as a connection that waits, and taken when it comes after all", async (t) => {
  fakeTimers(t);
  const slow = Promise.withResolvers<string>();
  const parts: string[] = [];
  const views: ConnectionView[] = [];
  const loading = new Loading(() => slow.promise, {
    loaded: (part) => parts.push(part),
    changed: (view) => views.push(view),
  });
  loading.begin();
  t.mock.timers.tick(9_999);
  assert.deepEqual(views, []);
  t.mock.timers.tick(1);
  assert.deepEqual(
    views.map(({ state }) => state),
    ["waiting"],
  );
  slow.resolve("part");
  await turns(3);
  assert.deepEqual(parts, ["part"]);
  t.mock.timers.tick(1_000_000);
  await turns(3);
  assert.deepEqual(parts, ["part"]);
  assert.equal(views.length, 1);
});
