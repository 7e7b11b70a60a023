import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeClientFrame, decodeServerFrame, encodeFrame, isStreamError } from "../../protocol/index.ts";
import type { ClientFrame, ServerFrame } from "../../protocol/index.ts";
import { randomLog } from "../fakes/random-log.ts";

const LIMITS = { inputChars: 100, attachmentsBytes: 64 };

const CLIENT: readonly ClientFrame[] = [
  { type: "hello", v: 1 },
  { type: "hello", v: 1, accessToken: "t" },
  { type: "sub", s: 0, id: "s_1", after: "0" },
  { type: "sub", s: 3, id: "s_1", after: "i1.9", window: 4_096 },
  { type: "sub", s: 3, id: "s_1", after: "0", hold: true },
  { type: "ack", s: 3, seq: 12 },
  { type: "unsub", s: 3 },
  { type: "start", rid: "1", input: "hi", agent: "support", sendId: "x" },
  { type: "cancel", rid: "2", id: "s_1" },
  { type: "tool", rid: "3", id: "s_1", callId: "c", outcome: { result: { a: 1 } } },
  { type: "auth", accessToken: "t" },
  { type: "ping", n: 4 },
  { type: "pong", n: 4 },
];

const SERVER: readonly ServerFrame[] = [
  { type: "welcome", session: "x", heartbeatMs: 15_000, window: 262_144 },
  { type: "subbed", s: 1, id: "s_1", cursor: "i1.0", tail: 4, status: "running" },
  { type: "started", rid: "1", id: "s_1", conversation: "c_1", message: "m_1", cursor: "i1.0" },
  { type: "cancelled", rid: "1", id: "s_1" },
  { type: "tooled", rid: "1", id: "s_1", callId: "c" },
  { type: "end", s: 1, seq: 9 },
  { type: "status", s: 1, phase: "retrying", detail: "x", delayMs: 100 },
  { type: "err", s: 1, error: { code: "not_found", message: "m", retryable: false } },
  { type: "ping", n: 1, heads: [{ s: 1, seq: 9, digest: 0 }] },
  { type: "pong", n: 1 },
  { type: "bye", code: 4001, reason: "draining", retryAfterMs: 500 },
];

/** A tool frame carries its outcome's one field beside its ids. */
const wire = (frame: ClientFrame): string =>
  frame.type === "tool" ? JSON.stringify({ ...frame, outcome: undefined, ...frame.outcome }) : encodeFrame(frame);

const refuses = (decode: () => unknown, field: string, what: string): void =>
  assert.throws(
    decode,
    (error) => isStreamError(error) && error.code === "invalid_request" && error.field === field,
    what,
  );

test("every client frame decodes to what was encoded", () => {
  for (const frame of CLIENT) assert.deepEqual(decodeClientFrame(wire(frame), LIMITS), frame);
});

test("every server frame decodes to what was encoded", () => {
  for (const frame of SERVER) assert.deepEqual(decodeServerFrame(encodeFrame(frame)), frame);
});

test("entries travel in ev frames unchanged", () => {
  fc.assert(
    fc.property(randomLog(), (log) => {
      const frame: ServerFrame = { type: "ev", s: 2, e: log };
      assert.deepEqual(decodeServerFrame(encodeFrame(frame)), frame);
    }),
  );
});

test("a sub without a cursor reads from the start", () => {
  const frame = decodeClientFrame('{"type":"sub","s":1,"id":"s_1"}', LIMITS);
  assert.deepEqual(frame, { type: "sub", s: 1, id: "s_1", after: "0" });
});

test("a client may number its requests", () => {
  const frame = decodeClientFrame('{"type":"cancel","rid":7,"id":"s_1"}', LIMITS);
  assert.deepEqual(frame, { type: "cancel", rid: "7", id: "s_1" });
});

test("a bad client frame is refused with the name of the field", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["", "frame"],
    ["{", "frame"],
    ["[]", "frame"],
    ["null", "frame"],
    ['"hello"', "frame"],
    ["{}", "type"],
    ['{"type":"__proto__"}', "type"],
    ['{"type":"welcome"}', "type"],
    ['{"type":"hello"}', "v"],
    ['{"type":"hello","v":-1}', "v"],
    ['{"type":"hello","v":1,"accessToken":""}', "accessToken"],
    [`{"type":"hello","v":1,"accessToken":"${"x".repeat(8_193)}"}`, "accessToken"],
    ['{"type":"sub","id":"s","after":"0"}', "s"],
    ['{"type":"sub","s":1,"after":"0"}', "id"],
    ['{"type":"sub","s":1,"id":"s","after":"x"}', "after"],
    ['{"type":"sub","s":1,"id":"s","after":"0","window":"big"}', "window"],
    ['{"type":"sub","s":1,"id":"s","after":"0","hold":"true"}', "hold"],
    [`{"type":"sub","s":1,"id":"${"s".repeat(129)}","after":"0"}`, "id"],
    ['{"type":"ack","s":1}', "seq"],
    ['{"type":"ack","s":1.5,"seq":1}', "s"],
    ['{"type":"unsub"}', "s"],
    ['{"type":"start","input":"x"}', "rid"],
    ['{"type":"start","rid":"1"}', "input"],
    ['{"type":"cancel","rid":"1"}', "id"],
    ['{"type":"tool","rid":"1","id":"s"}', "callId"],
    ['{"type":"tool","rid":"1","id":"s","callId":"c"}', "result"],
    ['{"type":"tool","rid":"1","id":"s","callId":"c","result":1,"approve":true}', "result"],
    ['{"type":"tool","rid":"1","id":"s","callId":"c","approve":"yes"}', "approve"],
    ['{"type":"tool","rid":"1","id":"s","callId":"c","error":""}', "error"],
    ['{"type":"auth"}', "accessToken"],
    ['{"type":"ping"}', "n"],
  ];
  for (const [text, field] of cases) refuses(() => decodeClientFrame(text, LIMITS), field, text);
});

test("a bad server frame is refused with the name of the field", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["<html>", "frame"],
    ['{"type":"ev","s":1}', "e"],
    ['{"type":"ev","e":[]}', "s"],
    ['{"type":"ev","s":1,"e":[{"type":"delta","seq":1,"block":0,"kind":"text"}]}', "delta.text"],
    ['{"type":"subbed","s":1,"id":"s","cursor":"?","tail":1}', "cursor"],
    ['{"type":"subbed","s":1,"id":"s","cursor":"i.0"}', "tail"],
    ['{"type":"welcome","session":"x","window":1}', "heartbeatMs"],
    ['{"type":"started","rid":"1","id":"s","conversation":"c","cursor":"i.0"}', "message"],
    ['{"type":"end","s":1}', "seq"],
    ['{"type":"status","s":1}', "phase"],
    ['{"type":"err"}', "error"],
    ['{"type":"err","error":{"message":"m"}}', "error.code"],
    ['{"type":"bye","reason":"x"}', "code"],
    ['{"type":"pong"}', "n"],
  ];
  for (const [text, field] of cases) refuses(() => decodeServerFrame(text), field, text);
});

test("a server frame of a newer version is null", () => {
  assert.equal(decodeServerFrame('{"type":"hologram","s":1}'), null);
});

test("any text decodes or is refused with a StreamError", () => {
  const type = fc.constantFrom(...CLIENT.map((frame) => frame.type), ...SERVER.map((frame) => frame.type), "ev");
  const fields = fc.dictionary(
    fc.constantFrom("s", "e", "id", "rid", "seq", "n", "v", "error", "after"),
    fc.jsonValue(),
  );
  const frame = fc.tuple(fields, type).map(([rest, name]) => JSON.stringify({ ...rest, type: name }));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), frame), (text) => {
      for (const decode of [() => decodeClientFrame(text, LIMITS), () => decodeServerFrame(text)]) {
        try {
          decode();
        } catch (error) {
          assert.ok(isStreamError(error), String(error));
        }
      }
    }),
    { numRuns: 500 },
  );
});
