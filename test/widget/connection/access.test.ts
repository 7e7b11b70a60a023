import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamError } from "../../../protocol/index.ts";
import { Access } from "../../../widget/connection/access.ts";
import { alone } from "../../../widget/connection/alone.ts";
import { originMemory } from "../../../widget/connection/memory.ts";

const HOUR_MS = 3_600_000;

/** A proxy's `POST /v1/visitors`: what it was shown, and a new token each time. */
function visitors(expiresInMs = HOUR_MS) {
  const shown: (string | undefined)[] = [];
  const admit = async (known: string | undefined): Promise<unknown> => {
    shown.push(known);
    return { accessToken: `token-${shown.length}`, expiresAt: Date.now() + expiresInMs };
  };
  return { shown, admit };
}

const keep = (base: string, visitor: object): void =>
  originMemory.remember(`visitor:${base}`, JSON.stringify({ renewedAt: 0, ...visitor }));

test("nothing is shown and nobody is asked until the proxy refuses; then the visitor is kept for the next client", async () => {
  const { shown, admit } = visitors();
  const access = new Access("lazy", {}, admit);
  assert.equal(await access.current(), undefined);
  assert.deepEqual(shown, []);
  assert.equal(await access.replace(undefined), true);
  assert.equal(await access.current(), "token-1");
  assert.equal(await new Access("lazy", {}, admit).current(), "token-1");
  assert.equal(await new Access("another proxy", {}, admit).current(), undefined);
  assert.deepEqual(shown, [undefined]);
});

test("many requests refused at once ask for one token", async () => {
  const { shown, admit } = visitors();
  const [a, b] = [new Access("burst", {}, admit), new Access("burst", {}, admit)];
  await Promise.all([a.replace(undefined), b.replace(undefined), a.replace(undefined)]);
  assert.equal(shown.length, 1);
});

test("a token about to expire is renewed for the same visitor, at most once a minute even when the clocks differ", async () => {
  const { shown, admit } = visitors(-HOUR_MS);
  keep("expiring", { accessToken: "old", expiresAt: Date.now() + 1_000 });
  const access = new Access("expiring", {}, admit);
  assert.equal(await access.current(), "token-1");
  assert.equal(await access.current(), "token-1");
  assert.deepEqual(shown, ["old"]);
});

test("one that cannot be renewed for now is shown as it is", async () => {
  keep("away", { accessToken: "old", expiresAt: Date.now() + 1_000 });
  const access = new Access("away", {}, () => Promise.reject(new TypeError("fetch failed")));
  assert.equal(await access.current(), "old");
});

test("a visitor the proxy does not know any more becomes a new one; any other refusal is told", async () => {
  keep("forgotten", { accessToken: "forged", expiresAt: Date.now() + HOUR_MS });
  const { shown, admit } = visitors();
  const forgetful = async (known: string | undefined): Promise<unknown> => {
    if (known === undefined) return admit(known);
    throw new StreamError("unauthenticated", "not one of ours");
  };
  const access = new Access("forgotten", {}, forgetful);
  assert.equal(await access.replace("forged"), true);
  assert.equal(await access.current(), "token-1");
  assert.deepEqual(shown, [undefined]);

  const closed = new Access("closed", {}, () => Promise.reject(new StreamError("forbidden", "bring a token")));
  await assert.rejects(() => closed.replace(undefined), { code: "forbidden", message: "bring a token" });
});

test("what the page gave comes first: a fixed token is never replaced, a function is asked again", async () => {
  const { shown, admit } = visitors();
  const fixed = new Access("page", { accessToken: "fixed" }, admit);
  assert.equal(await fixed.replace("fixed"), false);
  assert.equal(await fixed.current(), "fixed");
  let count = 0;
  const asked = new Access("page", { accessToken: "fixed", getAccessToken: () => `asked-${++count}` }, admit);
  assert.equal(await asked.current(), "asked-1");
  assert.equal(await asked.replace("asked-1"), true);
  assert.equal(await asked.current(), "asked-2");
  assert.deepEqual(shown, []);
});

test("what is not a visitor in the browser's memory, or in the proxy's answer, counts as none", async () => {
  for (const note of ["", "{", "null", "[]", '{"accessToken":7}', '{"accessToken":"x","expiresAt":1}']) {
    originMemory.remember("visitor:strange", note);
    assert.equal(await new Access("strange", {}, visitors().admit).current(), undefined, note);
  }
  originMemory.remember("visitor:strange", null);
  const access = new Access("strange", {}, async () => ({ accessToken: 7 }));
  await assert.rejects(() => access.replace(undefined), { code: "internal" });
});

test("alone() gives each its turn, in order, after a failure too", async () => {
  const done: string[] = [];
  const first = Promise.withResolvers<void>();
  const turns = [
    alone("turns", async () => {
      await first.promise;
      done.push("first");
      throw new Error("failed");
    }),
    alone("turns", async () => done.push("second")),
    alone("others", async () => done.push("other")),
  ];
  await turns[2];
  first.resolve();
  await assert.rejects(turns[0]!, /failed/);
  await turns[1];
  assert.deepEqual(done, ["other", "first", "second"]);
});
