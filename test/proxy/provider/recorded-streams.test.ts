/** Every recorded stream of every provider decodes to what is recorded of it, however its bytes are cut. */
import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import fc from "fast-check";
import type { ErrorCode, Usage } from "../../../protocol/index.ts";
import { fixturesMissing, streamFixtures } from "../../fixtures.ts";
import type { Expected, StreamFixture } from "../../fixtures.ts";
import { answerOf, decodeAll, openerFor, split } from "./decoding.ts";
import type { Decoded } from "./decoding.ts";

const APIS = [
  "openai-chat",
  "openai-completion",
  "openai-responses",
  "anthropic-messages",
  "bedrock-converse-stream",
  "bedrock-invoke-stream",
  "ollama-chat",
  "ollama-generate",
  "ag-ui",
];

/** Errors inside a stream have no HTTP status; this is what each says. */
const IN_BAND: Readonly<Record<string, ErrorCode>> = {
  "ag-ui/synth-run-error": "provider_error",
  "bedrock/synth-converse-exception-model-stream-error": "provider_error",
  "bedrock/synth-converse-exception-throttling": "provider_rate_limited",
  "bedrock/synth-converse-exception-validation": "context_overflow",
  "anthropic/synth-messages-error-first": "provider_rate_limited",
  "anthropic/synth-messages-error-overloaded": "provider_overloaded",
  "azure/synth-chat-error-midstream": "provider_error",
  "deepseek/synth-chat-error-midstream": "provider_overloaded",
  "groq/chat-error-midstream-thinking-gpt-oss-120b": "provider_invalid_request",
  "mistral/synth-chat-error-midstream": "provider_overloaded",
  "ollama/synth-native-error-midstream": "provider_error",
  "openai/responses-error-midstream-gpt-5-nano": "provider_quota",
  "openai/synth-chat-error-midstream": "provider_error",
  "openai/synth-responses-error-event": "provider_error",
  "xai/synth-chat-error-midstream": "provider_overloaded",
};

/** Its call is a custom tool's, whose input is free text. */
const FREE_TEXT = new Set(["openai/responses-tool-gpt-5-2-codex"]);

/** Its bytes are not what was sent: a checksum says so. */
const DAMAGED = new Set(["bedrock/synth-converse-bad-message-checksum"]);

/** A random split is tried this often per stream; each is another seed, printed when it fails. */
const RANDOM_SPLITS = 5;
/** Cuts tried per stream, besides those around the byte that completes the answer. */
const RANDOM_CUTS = 25;

interface Row {
  streams: number;
  bytes: number;
  splits: number;
  cuts: number;
}

suite("recorded streams", { skip: fixturesMissing }, () => {
  const table = new Map<string, Row>();
  for (const fixture of streamFixtures(...APIS)) {
    const row = table.get(fixture.folder) ?? { streams: 0, bytes: 0, splits: 0, cuts: 0 };
    table.set(fixture.folder, row);
    test(`${fixture.name} decodes to its expectation at every split and cut`, () => check(fixture, row));
  }
  after(() => console.log(format(table)));
});

function check(fixture: StreamFixture, row: Row): void {
  const { body, cuts } = fixture;
  const open = openerFor(fixture.api, fixture.folder);
  const whole = decodeAll(open, [body]);
  assertExpected(whole, fixture);
  const splits = [cuts, Array.from({ length: body.length - 1 }, (_, index) => index + 1)];
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: body.length }), { maxLength: 40 }), (offsets) => {
      assert.deepEqual(
        decodeAll(
          open,
          split(
            body,
            offsets.toSorted((a, b) => a - b),
          ),
        ),
        whole,
      );
    }),
    { numRuns: RANDOM_SPLITS },
  );
  for (const offsets of splits) assert.deepEqual(decodeAll(open, split(body, offsets)), whole);
  row.streams += 1;
  row.bytes += body.length;
  row.splits += RANDOM_SPLITS + splits.length;
  row.cuts += checkCuts(fixture, whole);
}

/** A cut before the terminal rule holds is never a success; after it the answer stands. */
function checkCuts({ api, folder, body }: StreamFixture, whole: Decoded): number {
  const open = openerFor(api, folder);
  const reader = open();
  const complete: boolean[] = [reader.complete];
  for (let length = 1; length <= body.length; length++) {
    reader.push(body.subarray(length - 1, length));
    complete.push(reader.complete);
  }
  // The last time: a server may say after each of several calls that it has finished.
  let completeAt = complete.lastIndexOf(false) + 1;
  // A last line of JSON is whole without its newline.
  if (api.startsWith("ollama") && completeAt <= body.length) complete[--completeAt] = true;
  const random = fc.sample(fc.integer({ min: 0, max: body.length }), RANDOM_CUTS);
  const around = [completeAt - 1, completeAt, completeAt + 1].filter((length) => length <= body.length);
  for (const length of [...random, ...around]) {
    const cut = decodeAll(open, [body.subarray(0, length)]);
    const where = `cut after ${length} of ${body.length} bytes, complete at ${completeAt}`;
    const succeeded = cut.events.some(({ type }) => type === "finish");
    assert.equal(succeeded, cut.error === null, where);
    if (complete[length] !== true) assert.notEqual(cut.error, null, where);
    else if (length >= completeAt && whole.error === null) assertSameContent(cut, whole, where);
  }
  return random.length + around.length;
}

/** Only figures and sources can follow the completion, and where the figures make the difference, an empty answer. */
function assertSameContent(cut: Decoded, whole: Decoded, where: string): void {
  const { usage: _u, sources: _s, finish: _f, natives: _n, ...shown } = answerOf(whole.events);
  if (cut.error !== null) {
    assert.deepEqual([cut.error, shown.text, shown.toolCalls.length], ["upstream_truncated", "", 0], where);
    return;
  }
  const { usage: _cu, sources: _cs, finish: _cf, natives: _cn, ...cutShown } = answerOf(cut.events);
  assert.deepEqual(cutShown, shown, where);
}

function assertExpected({ events, error }: Decoded, { name, folder, api, expected }: StreamFixture): void {
  const answer = answerOf(events);
  assert.equal(error, outcome(name, expected));
  assert.equal(answer.text, expected.text);
  assert.equal(answer.reasoning, expected.reasoning);
  if (expected.refusal !== undefined) assert.equal(answer.refusal, expected.refusal);
  assert.deepEqual(
    answer.toolCalls.map(({ name: tool, arguments: args, argumentsValid }) => [tool, args, argumentsValid]),
    expected.toolCalls.map(({ name: tool, arguments: args, argumentsValid }) => [tool, args, argumentsValid]),
  );
  for (const [index, { id }] of expected.toolCalls.entries()) {
    if (id !== null) assert.equal(answer.toolCalls[index]!.id, id);
  }
  if (error === null) assert.equal(answer.finish!.raw, expected.stopReason);
  // The usage of AG-UI runs was not recorded.
  if (api === "ag-ui") return;
  assertUsage(answer.usage, expected, {
    beside: api === "anthropic-messages" || api.startsWith("bedrock-"),
    xai: folder === "xai" && api === "openai-chat",
  });
}

/** The rule of the design: a stop inside tool arguments, or with nothing at all, is a cut that looks like a success. */
function outcome(name: string, expected: Expected): ErrorCode | null {
  const { complete, error, toolCalls, stopReason, usage, text, reasoning, refusal = "" } = expected;
  if (error !== null && !complete) return IN_BAND[name] ?? assert.fail(`"${name}" has an error that IN_BAND lacks`);
  if (!complete) return DAMAGED.has(name) ? "upstream_protocol" : "upstream_truncated";
  if (!STOPS.has(stopReason)) return null;
  const cutTool = !FREE_TEXT.has(name) && toolCalls.some(({ argumentsValid }) => !argumentsValid);
  const said = text !== "" || reasoning !== "" || refusal !== "" || toolCalls.length > 0;
  const nothing = !said && !(usage !== null && (usage.output ?? 0) > 0);
  return cutTool || nothing ? "upstream_truncated" : null;
}

/** Reasons that claim that everything was said. */
const STOPS = new Set([
  null,
  "stop",
  "tool_calls",
  "end_turn",
  "tool_use",
  "stop_sequence",
  "completed",
  "success",
  "eos",
]);

/**
 * The recorded figures are the provider's own. Ours count all input (Anthropic counts the cached beside it) and all
 * output (xAI counts the reasoning beside it). `null` there may be a zero here.
 */
function assertUsage(
  usage: Usage | null,
  { usage: given, complete }: Expected,
  habit: { beside: boolean; xai: boolean },
): void {
  if (given === null || (given.input === null && given.output === null)) {
    assert.equal(usage?.final ?? false, false);
    return;
  }
  assert.ok(usage !== null);
  // Titan says its input in the first chunk and its output in the last, of which the record has only the latter.
  const input =
    given.input === null
      ? usage.input
      : given.input + (habit.beside ? (given.cached ?? 0) + (given.cacheWrite ?? 0) : 0);
  const output = (given.output ?? 0) + (habit.xai ? (given.reasoning ?? 0) : 0);
  assert.deepEqual(
    [usage.input, usage.output, usage.cacheRead ?? 0, usage.cacheWrite ?? 0, usage.reasoning ?? 0, usage.final],
    [input, output, given.cached ?? 0, given.cacheWrite ?? 0, given.reasoning ?? 0, complete],
  );
}

function format(table: ReadonlyMap<string, Row>): string {
  const line = (cells: readonly (string | number)[]): string =>
    cells.map((cell, index) => (index === 0 ? String(cell).padEnd(12) : String(cell).padStart(9))).join("");
  const rows = [...table].map(([folder, { streams, bytes, splits, cuts }]) =>
    line([folder, streams, bytes, splits, cuts]),
  );
  return [line(["provider", "streams", "bytes", "splits", "cuts"]), ...rows].join("\n");
}
