import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { StreamError } from "../../../protocol/index.ts";
import { abandon } from "../../../proxy/agent/abandon.ts";
import type { Call } from "../../../proxy/agent/attempt.ts";
import { Speech } from "../../../proxy/agent/speech.ts";
import type { ProviderEvent, ResumePoint } from "../../../proxy/provider/provider.ts";
import { attemptsOf, openAgentRun } from "../../fakes/agent-run.ts";
import { fakeProvider, finish, targetOf, text } from "../../fakes/fake-provider.ts";
import type { FakeProvider } from "../../fakes/fake-provider.ts";

const cut = new StreamError("upstream_truncated", "cut");
const begun: readonly ProviderEvent[] = [{ type: "resumable", resume: { id: "resp_1" } }, ...text("one ")];

/** Keeps an answer that breaks off whenever it is read. */
function keeping(abandoned: string[]): FakeProvider {
  return Object.assign(fakeProvider("p", [begun, cut]), {
    // eslint-disable-next-line require-yield -- a provider that breaks again is the case
    async *reattach(): AsyncGenerator<readonly ProviderEvent[], void> {
      throw cut;
    },
    abandon: ({ id }: ResumePoint) => void abandoned.push(id),
  });
}

suite("abandon", () => {
  test("an answer that is read on no more is given up at its provider, once", async () => {
    const abandoned: string[] = [];
    await using run = await openAgentRun({ onPartial: "end" });
    assert.equal((await run.run([keeping(abandoned)])).status, "interrupted");
    assert.deepEqual(abandoned, ["resp_1"]);
  });

  test("not before every attempt to read it on has failed", async () => {
    const abandoned: string[] = [];
    await using run = await openAgentRun();
    await run.run([keeping(abandoned)]);
    assert.ok((await attemptsOf(run)).slice(1).every((attempt) => attempt.endsWith("reattach")));
    assert.deepEqual(abandoned, ["resp_1"]);
  });

  test("a whole answer is left alone", async () => {
    await using run = await openAgentRun();
    const whole = Object.assign(fakeProvider("p", [begun, finish]), { abandon: () => assert.fail("it is whole") });
    assert.equal((await run.run([whole])).status, "complete");
  });

  const error = (code: ConstructorParameters<typeof StreamError>[0]) => new StreamError(code, code);
  const CASES = [
    ["a break", error("upstream_truncated"), null, true],
    ["a break, then a stop while it was waited", error("idle_timeout"), error("cancelled"), true],
    ["a break, then another writer", error("upstream_truncated"), error("conflict"), false],
    ["a break, then a hand-over", error("upstream_truncated"), error("draining"), false],
    ["a stop of the call itself", error("total_timeout"), error("total_timeout"), false],
    ["a call that said nothing in time", error("first_token_timeout"), null, false],
    ["money that is spent", error("budget_exhausted"), null, false],
  ] as const;
  for (const [what, failure, stopped, isTold] of CASES) {
    test(`${what}: the provider is ${isTold ? "told" : "not told"}`, () => {
      const abandoned: string[] = [];
      const signal = stopped === null ? new AbortController().signal : AbortSignal.abort(stopped);
      const speech = new Speech({ firstBlock: 0, callIds: new Set(), reset: null, note: () => {} });
      const call = { target: targetOf(keeping(abandoned)), key: null } as Partial<Call> as Call;
      abandon(call, speech, failure, signal);
      assert.deepEqual(abandoned, [], "nothing is kept");
      speech.resume = { id: "resp_1" };
      abandon(call, speech, failure, signal);
      assert.deepEqual(abandoned, isTold ? ["resp_1"] : []);
    });
  }
});
