import assert from "node:assert/strict";
import { test } from "node:test";
import * as zlib from "node:zlib";
import fc from "fast-check";
import { crc32 } from "../../protocol/index.ts";

test("crc32() is the CRC-32 of zlib for any text, lone surrogates and the empty text included", () => {
  assert.equal(crc32(""), 0);
  assert.equal(crc32("123456789"), 0xcbf43926);
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme", maxLength: 200 }));
  fc.assert(
    fc.property(text, (value) => {
      assert.equal(crc32(value), zlib.crc32(Buffer.from(value, "utf8")));
    }),
  );
  assert.equal(crc32("a\ud800b"), zlib.crc32(new TextEncoder().encode("a\ud800b")));
});
