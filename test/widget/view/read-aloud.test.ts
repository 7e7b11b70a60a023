import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { piecesOf } from "../../../widget/view/read-aloud.ts";

test("an answer is read in sentences; long ones are cut at a space", () => {
  assert.deepEqual(piecesOf("One. Two!\nThree?  «Four.» Five"), ["One.", "Two!", "Three?", "«Four.» Five"]);
  const long = "word ".repeat(100).trim();
  assert.ok(piecesOf(long).every((piece) => piece.length <= 220));
  assert.equal(piecesOf(long).join(" "), long);
});

test("no word is lost, however the text looks", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "b", " ", ".", "\n", "é", "!"), maxLength: 900 }), (text) => {
      assert.equal(piecesOf(text).join("").replaceAll(/\s/g, ""), text.replaceAll(/\s/g, ""));
    }),
  );
});
