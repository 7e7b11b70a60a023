import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { emptyMessage, fold, reveal } from "../../../protocol/index.ts";
import { showEntry, showMessage } from "../../../proxy/delivery/audience.ts";
import type { Audience } from "../../../proxy/delivery/audience.ts";
import { randomAudience } from "../../fakes/random-audience.ts";
import { INC, randomLog } from "../../fakes/random-log.ts";

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
