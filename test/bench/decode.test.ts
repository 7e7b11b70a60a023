import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { fixturesMissing } from "../fixtures.ts";
import { decodeRound, piecesOf } from "./decode.ts";
import { ours, sdks } from "./decode-readers.ts";
import { WIRES, wireBody } from "./wire-bodies.ts";

for (const recorded of [false, true]) {
  const skip = recorded && fixturesMissing;
  suite(`the decode benchmark on ${recorded ? "recorded" : "made"} answers`, { skip }, () => {
    for (const wire of WIRES) {
      test(`${wire}: our reader and the SDK's find the same events, and the text that is there`, async () => {
        const { body, text } = wireBody(wire, recorded);
        const found = await ours[wire](piecesOf(body));
        assert.equal(found.text, text);
        assert(found.events > 100, `only ${found.events} events`);
        const theirs = await sdks[wire]?.(piecesOf(body));
        if (theirs !== undefined) assert.deepEqual([theirs.events, theirs.text], [found.events, text]);
      });
    }

    test("a round has a figure for each wire, beside an SDK wherever there is one", async () => {
      const results = await decodeRound(1, 1, recorded);
      assert.deepEqual(
        results.map(({ wire }) => wire),
        WIRES,
      );
      for (const { wire, oursUs, sdkUs } of results) {
        assert(Number.isFinite(oursUs));
        assert.equal(Number.isFinite(sdkUs), wire !== "ollama", wire);
      }
    });
  });
}
