import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";

import { Utf8Reader } from "../../../proxy/provider/utf8-reader.ts";

/** Bytes as they come: text of all lengths of characters, and bytes that are none. */
const pieces = fc.array(
  fc.oneof(
    fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 6 }),
    fc.constantFrom("é€😀", "\uFEFF").map((text) => Buffer.from(text)),
  ),
);

describe("Utf8Reader", () => {
  test("reads what a TextDecoder reads in one piece, wherever the bytes are cut", () => {
    const cut = fc.array(fc.nat({ max: 5 }));
    fc.assert(
      fc.property(pieces, cut, (parts, cuts) => {
        // The last byte settles whether a cut character was one.
        const bytes = Buffer.concat([...parts, Buffer.from("x")]);
        const reader = new Utf8Reader();
        let at = 0;
        let read = "";
        for (const length of [...cuts, bytes.length]) {
          read += reader.read(new Uint8Array(bytes.subarray(at, at + length)));
          at += length;
        }
        assert.equal(read, new TextDecoder().decode(bytes));
      }),
    );
  });

  test("each character is there with its last byte", () => {
    const reader = new Utf8Reader();
    const bytes = [...Buffer.from("aé€😀")];
    const read = bytes.map((byte) => reader.read(Uint8Array.of(byte)));
    assert.deepEqual(read, ["a", "", "é", "", "", "€", "", "", "", "😀"]);
  });

  test("a byte order mark at the start is no text; a later one is", () => {
    const reader = new Utf8Reader();
    const mark = Buffer.from("\uFEFF");
    assert.deepEqual(
      [reader.read(mark.subarray(0, 2)), reader.read(mark.subarray(2)), reader.read(mark)],
      ["", "", "\uFEFF"],
    );
  });
});
