import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { emptyMessage, fold, reveal, StreamError } from "../../../protocol/index.ts";
import type { ErrorCode, WireError } from "../../../protocol/index.ts";
import { showEntry, showMessage } from "../../../proxy/delivery/audience.ts";
import type { Audience } from "../../../proxy/delivery/audience.ts";
import { randomAudience } from "../../fakes/random-audience.ts";
import { INC, randomLog } from "../../fakes/random-log.ts";

const ALL: Audience = {
  ...{ reasoning: true, toolArguments: true, toolResults: true, usage: true, cost: true, route: true, model: true },
};

test("a message shown to an audience is the fold of the entries shown to it", () => {
  fc.assert(
    fc.property(randomLog(), randomAudience, (log, audience) => {
      const folded = fold(
        emptyMessage(INC),
        reveal(log, (entry) => showEntry(entry, audience), 0),
      );
      assert.deepEqual(showMessage(fold(emptyMessage(INC), log), audience), folded);
    }),
  );
});

test("an audience that may see nothing more still gets every seq of text, refusals and sources", () => {
  const nothing: Audience = {
    reasoning: false,
    toolArguments: false,
    toolResults: false,
    usage: false,
    cost: false,
    route: false,
    model: false,
  };
  fc.assert(
    fc.property(randomLog(), (log) => {
      for (const entry of log) {
        const shown = showEntry(entry, nothing);
        if (entry.type === "delta" && (entry.kind === "text" || entry.kind === "refusal")) assert.equal(shown, entry);
        if (entry.type === "delta" && (entry.kind === "reasoning" || entry.kind === "tool")) assert.equal(shown, null);
        assert.doesNotMatch(JSON.stringify(shown) ?? "", /"costUsd"/);
      }
    }),
  );
});

test("who may not see the model does not read in an error what the provider or the route said of it", () => {
  const place = { seq: 3, ts: 1 };
  const told = (code: ErrorCode, said: string, model: boolean) => {
    const audience = { ...ALL, model };
    const error = new StreamError(code, said).toJSON();
    const attempt = showEntry({ ...place, type: "attempt.end", attempt: 1, outcome: "error", error }, audience);
    const usage = { input: 0, output: 0, final: true };
    const timings = { totalMs: 1 };
    const end = { ...place, type: "stream.end", reason: "error", error, usage, timings, digest: 0 } as const;
    const last = showEntry(end, audience);
    const message = showMessage(fold(emptyMessage(INC), [{ ...end, seq: 1 }]), audience);
    const texts = [attempt, last, message.end].map((shown) => (shown as { error?: WireError }).error!.message);
    assert.deepEqual(texts, [texts[0], texts[0], texts[0]]);
    return texts[0];
  };
  const answered = "The provider answered 429: Rate limit reached for gpt-5 in team x";
  assert.equal(told("provider_rate_limited", answered, true), answered);
  assert.equal(told("provider_rate_limited", answered, false), "The provider answered 429");
  assert.equal(told("circuit_open", "No model can be asked: circuit open for 3 s", false), "No model can be asked");
  assert.equal(told("total_timeout", "Too long: 5 s", false), "Too long: 5 s");
});
