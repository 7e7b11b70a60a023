import assert from "node:assert/strict";
import { test } from "node:test";
import { firstAnswer } from "../../../widget/connection/first-answer.ts";

/** What became of each request, and how to answer it. */
function requests() {
  const all: (PromiseWithResolvers<string> & { readonly signal: AbortSignal })[] = [];
  const ask = (signal: AbortSignal): Promise<string> => {
    const request = Promise.withResolvers<string>();
    all.push({ ...request, signal });
    signal.addEventListener("abort", () => request.reject(signal.reason));
    return request.promise;
  };
  return { all, ask };
}

const never = new AbortController().signal;

test("an answer within a second is the only request", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { all, ask } = requests();
  const answer = firstAnswer(ask, never);
  t.mock.timers.tick(999);
  all[0]!.resolve("one");
  assert.equal(await answer, "one");
  t.mock.timers.tick(60_000);
  assert.equal(all.length, 1);
});

test("requests that died without a word are passed by, one a second, five at most; the answered one lives on", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { all, ask } = requests();
  const stop = new AbortController();
  const answer = firstAnswer(ask, stop.signal);
  for (const count of [2, 3, 4, 5, 5, 5]) {
    t.mock.timers.tick(1_000);
    assert.equal(all.length, count);
  }
  all[3]!.resolve("four");
  assert.equal(await answer, "four");
  assert.deepEqual(
    all.map(({ signal }) => signal.aborted),
    [true, true, true, false, true],
  );
  stop.abort();
  assert.equal(all[3]!.signal.aborted, true);
});

test("a failure is told at once and ends the others, and so does aborting", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const end of ["fail", "abort"]) {
    const { all, ask } = requests();
    const stop = new AbortController();
    const answer = firstAnswer(ask, stop.signal);
    t.mock.timers.tick(1_000);
    if (end === "fail") all[1]!.reject(new Error("refused"));
    else stop.abort(new Error("refused"));
    await assert.rejects(answer, /refused/);
    t.mock.timers.tick(60_000);
    assert.deepEqual(
      all.map(({ signal }) => signal.aborted),
      end === "fail" ? [true, false] : [true, true],
    );
  }
});
