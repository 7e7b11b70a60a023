/** What servers do with Chat Completions that the format does not say. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { openAiChatDecoder } from "../../../proxy/provider/openai-chat-decoder.ts";
import { sseFrames } from "../../../proxy/provider/frames.ts";
import { CHAT_PROFILES } from "../../../proxy/provider/profiles.ts";
import type { ChatProfile } from "../../../proxy/provider/profiles.ts";
import { answerOf, reading } from "./decoding.ts";
import type { Decoded } from "./decoding.ts";

function decode(
  chunks: readonly (object | string)[],
  profile: ChatProfile = CHAT_PROFILES["openai-compatible"],
): Decoded {
  let calls = 0;
  const reader = reading(
    sseFrames,
    openAiChatDecoder(profile, () => `minted_${calls++}`),
  );
  for (const chunk of chunks) {
    reader.push(Buffer.from(`data: ${typeof chunk === "string" ? chunk : JSON.stringify(chunk)}\n\n`));
  }
  return reader.end();
}

const choice = (delta: object, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason }],
});
const calls = (...tool_calls: object[]) => choice({ tool_calls });
const stop = choice({}, "stop");

suite("tool calls in fragments", () => {
  const cases: readonly (readonly [
    what: string,
    chunks: readonly object[],
    expected: readonly (readonly [id: string, name: string, args: string])[],
  ])[] = [
    [
      "without an index belong to the call begun last",
      [calls({ id: "a", function: { name: "tide", arguments: "{" } }), calls({ function: { arguments: "}" } })],
      [["a", "tide", "{}"]],
    ],
    [
      "without an index are told apart by their ids",
      [
        calls(
          { id: "a", function: { name: "tide", arguments: "{}" } },
          { id: "b", function: { name: "wind", arguments: "{}" } },
        ),
      ],
      [
        ["a", "tide", "{}"],
        ["b", "wind", "{}"],
      ],
    ],
    [
      "with another id and name at the same index are another call",
      [
        calls({ index: 0, id: "a", function: { name: "tide", arguments: "{}" } }),
        calls({ index: 0, id: "b", function: { name: "wind", arguments: "{}" } }),
      ],
      [
        ["a", "tide", "{}"],
        ["b", "wind", "{}"],
      ],
    ],
    [
      "wait for a name that comes late",
      [
        calls({ index: 0, id: "a", function: { arguments: '{"a"' } }),
        calls({ index: 0, function: { name: "tide", arguments: ":1}" } }),
      ],
      [["a", "tide", '{"a":1}']],
    ],
    [
      "without an id get one",
      [calls({ index: 0, function: { name: "tide", arguments: "{}" } })],
      [["minted_0", "tide", "{}"]],
    ],
    [
      "whose arguments are an object are written as text",
      [calls({ index: 0, id: "a", function: { name: "tide", arguments: { port: "Sète" } } })],
      [["a", "tide", '{"port":"Sète"}']],
    ],
  ];
  for (const [what, chunks, expected] of cases) {
    test(what, () => {
      const { events, error } = decode([...chunks, stop, "[DONE]"]);
      const answer = answerOf(events);
      assert.equal(error, null);
      assert.deepEqual(
        answer.toolCalls.map(({ id, name, arguments: args }) => [id, name, args]),
        expected,
      );
      assert.equal(answer.finish?.reason, "tool_calls");
    });
  }
});

suite("the end", () => {
  const hello = choice({ content: "Hello" });

  test("a stop inside tool arguments is upstream_truncated", () => {
    const cut = calls({ index: 0, id: "a", function: { name: "tide", arguments: '{"port":"S' } });
    assert.equal(decode([cut, choice({}, "tool_calls"), "[DONE]"]).error, "upstream_truncated");
  });

  test("a limit inside tool arguments is length, with a call that has no arguments", () => {
    const cut = calls({ index: 0, id: "a", function: { name: "tide", arguments: '{"port":"S' } });
    const { events, error } = decode([cut, choice({}, "length"), "[DONE]"]);
    assert.equal(error, null);
    assert.deepEqual(
      [answerOf(events).finish?.reason, answerOf(events).toolCalls[0]?.argumentsValid],
      ["length", false],
    );
  });

  test("an empty stop is upstream_truncated, unless tokens were counted", () => {
    const counted = { choices: [], usage: { prompt_tokens: 4, completion_tokens: 2 } };
    assert.equal(decode([stop, "[DONE]"]).error, "upstream_truncated");
    assert.equal(decode([stop, counted, "[DONE]"]).error, null);
  });

  test("[DONE] alone completes only where the profile says so", () => {
    assert.equal(decode([hello, "[DONE]"]).error, null);
    assert.equal(decode([hello, "[DONE]"], CHAT_PROFILES.openai).error, "upstream_truncated");
  });

  test("a reason that content follows does not count", () => {
    assert.equal(decode([hello, stop, choice({ content: "more" })]).error, "upstream_truncated");
  });

  test("an answer is complete when every choice is", () => {
    const other = { choices: [{ index: 1, delta: { content: "x" }, finish_reason: null }] };
    assert.equal(decode([hello, other, stop]).error, "upstream_truncated");
    assert.equal(
      decode([hello, other, stop, { choices: [{ index: 1, delta: {}, finish_reason: "stop" }] }]).error,
      null,
    );
  });

  test("a reason that means failure is one", () => {
    assert.equal(decode([hello, choice({}, "insufficient_system_resource")]).error, "provider_overloaded");
    assert.equal(decode([hello, choice({}, "error")]).error, "provider_error");
  });

  test("an error after the reason spoils nothing", () => {
    const { events, error } = decode([hello, stop, { error: { message: "late" } }, "[DONE]"]);
    assert.equal(error, null);
    assert.equal(answerOf(events).finish?.reason, "stop");
  });

  test("a refusal alone is refusal", () => {
    assert.equal(answerOf(decode([choice({ refusal: "No." }), stop]).events).finish?.reason, "refusal");
  });

  test("figures of a cut answer are not final", () => {
    const { events, error } = decode([{ ...hello, usage: { prompt_tokens: 4, completion_tokens: 1 } }]);
    assert.equal(error, "upstream_truncated");
    assert.deepEqual(answerOf(events).usage, { input: 4, output: 1, final: false });
  });
});

suite("content", () => {
  test("events that are not JSON pass, but not many of them", () => {
    const broken = '{"choices":[{"delta":{"conte';
    assert.equal(decode([choice({ content: "a" }), broken, stop]).error, null);
    assert.equal(decode(Array.from({ length: 9 }, () => broken)).error, "upstream_protocol");
  });

  test("unknown fields and event types pass without harm", () => {
    const { events } = decode([
      { object: "ping" },
      { choices: null },
      { choices: [null, 7] },
      choice({ content: 5, x: 1 }),
      choice({ content: "a" }),
      stop,
    ]);
    assert.equal(answerOf(events).text, "a");
  });

  test("reasoning comes from whichever field has it, once, and its record goes back joined", () => {
    const detail = (text: string, rest: object = {}) => ({ type: "reasoning.text", text, index: 0, ...rest });
    const { events } = decode([
      choice({ reasoning: "Let ", reasoning_details: [detail("Let ")] }),
      choice({ reasoning: "me.", reasoning_details: [detail("me.")] }),
      choice({ reasoning: null, reasoning_details: [detail("", { signature: "c2ln" })] }),
      choice({ content: "4" }),
      stop,
    ]);
    const answer = answerOf(events);
    assert.equal(answer.reasoning, "Let me.");
    assert.deepEqual(answer.natives, [{ reasoning_details: [detail("Let me.", { signature: "c2ln" })] }]);
  });

  test("citations are sources, each once", () => {
    const cited = { citations: ["https://a.example", "https://b.example"], ...choice({ content: "x" }) };
    const annotated = choice({
      annotations: [{ type: "url_citation", url_citation: { url: "https://c.example", title: "C" } }],
    });
    assert.deepEqual(answerOf(decode([cited, cited, annotated, stop]).events).sources, [
      "https://a.example",
      "https://b.example",
      "https://c.example",
    ]);
  });

  test("xAI's output includes the reasoning it counts beside", () => {
    const usage = { prompt_tokens: 4, completion_tokens: 1, completion_tokens_details: { reasoning_tokens: 9 } };
    const { events } = decode([choice({ content: "a" }), stop, { choices: [], usage }, "[DONE]"], CHAT_PROFILES.xai);
    assert.deepEqual(answerOf(events).usage, { input: 4, output: 10, reasoning: 9, final: true });
  });
});
