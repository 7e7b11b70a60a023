import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { StreamError } from "../../../protocol/index.ts";
import { lineFrames, sseFrames } from "../../../proxy/provider/frames.ts";
import type { Framing } from "../../../proxy/provider/frames.ts";
import { split } from "./decoding.ts";

function read<Frame>(framing: Framing<Frame>, pieces: Iterable<Uint8Array>): Frame[] {
  const frames: Frame[] = [];
  const reader = framing((frame) => frames.push(frame));
  for (const piece of pieces) reader.push(piece);
  reader.end();
  return frames;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const data = (text: string): string[] => read(sseFrames, [bytes(text)]).map((frame) => frame.data);

suite("sseFrames", () => {
  test("reads LF, CRLF and CR line ends, comments, multi-line data and a byte order mark", () => {
    assert.deepEqual(data("\uFEFF: hi\n\ndata:a\n\ndata: b\r\n\r\ndata: c\rdata: d\r\r"), ["a", "b", "c\nd"]);
  });

  test("an event without its closing blank line does not count", () => {
    assert.deepEqual(data("data: whole\n\ndata: [DONE]\n"), ["whole"]);
  });

  test("any split gives the same frames, also inside characters and line ends", () => {
    const body = bytes("event: x\r\ndata: 海🙂é\r\n\r\n: c\n\nid: 1\ndata: two\ndata: lines 𝕏\n\ndata:\n\n");
    const whole = read(sseFrames, [body]);
    assert.equal(whole.length, 3);
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: body.length })), (offsets) => {
        assert.deepEqual(
          read(
            sseFrames,
            split(
              body,
              offsets.toSorted((a, b) => a - b),
            ),
          ),
          whole,
        );
      }),
    );
  });

  test("an event that never ends is refused instead of kept", () => {
    const reader = sseFrames(() => {});
    reader.push(bytes("data: "));
    const part = bytes("x".repeat(1_048_576));
    assert.throws(
      () => {
        for (let sent = 0; sent < 20; sent++) reader.push(part);
      },
      (error) => error instanceof StreamError && error.code === "upstream_protocol",
    );
  });
});

suite("lineFrames", () => {
  test("passes over blank lines, and a last line needs no newline", () => {
    assert.deepEqual(read(lineFrames, [bytes('{"a":1}\r\n\n  \n{"b":2}')]), ['{"a":1}\r', '{"b":2}']);
  });

  test("any split gives the same lines", () => {
    const body = bytes('{"t":"海🙂"}\n\n{"t":"é"}\r\n{"t":"𝕏"}');
    const whole = read(lineFrames, [body]);
    assert.equal(whole.length, 3);
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: body.length })), (offsets) => {
        assert.deepEqual(
          read(
            lineFrames,
            split(
              body,
              offsets.toSorted((a, b) => a - b),
            ),
          ),
          whole,
        );
      }),
    );
  });

  test("a line that never ends is refused instead of kept", () => {
    const reader = lineFrames(() => {});
    const part = bytes("x".repeat(1_048_576));
    assert.throws(
      () => {
        for (let sent = 0; sent < 20; sent++) reader.push(part);
      },
      (error) => error instanceof StreamError && error.code === "upstream_protocol",
    );
  });
});
