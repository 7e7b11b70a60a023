import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageBlock } from "../../../protocol/index.ts";
import { transcriptOf } from "../../../proxy/agent/transcript.ts";
import { runInput } from "../../../proxy/provider/ag-ui.ts";
import { anthropicParams } from "../../../proxy/provider/anthropic.ts";
import { converseMessages } from "../../../proxy/provider/bedrock-request.ts";
import { chatParams } from "../../../proxy/provider/openai-chat.ts";
import { responsesParams } from "../../../proxy/provider/openai-responses.ts";
import { CHAT_PROFILES } from "../../../proxy/provider/profiles.ts";
import type { ProviderRequest } from "../../../proxy/provider/provider.ts";

const SIGNED = { type: "thinking", thinking: "hm", signature: "SIGNATURE" };
const blocks: readonly MessageBlock[] = [
  { kind: "reasoning", seq: 1, block: 0, text: "hm", open: false },
  {
    ...{ kind: "tool", seq: 2, block: 1, callId: "c1", name: "look", state: "done", runsOn: "proxy", result: "seen" },
    ...{ args: { a: 1 }, argsText: '{"a":1}' },
  } as MessageBlock,
  { kind: "text", seq: 3, block: 2, text: "so", open: false },
];
const record = { provider: "claude", firstBlock: 0, nextBlock: 2, natives: [{ at: 1, value: SIGNED }] };

const request: ProviderRequest = {
  model: "m",
  tools: [],
  messages: [
    { role: "user", parts: [{ type: "text", text: "q" }] },
    ...transcriptOf(blocks, [record]),
    { role: "user", parts: [{ type: "text", text: "go on" }] },
  ],
};

test("thinking goes back to its maker as it came, before the call it led to", () => {
  const { messages } = anthropicParams("claude", request);
  assert.deepEqual(messages[1], {
    role: "assistant",
    content: [SIGNED, { type: "tool_use", id: "c1", name: "look", input: { a: 1 } }],
  });
  assert.deepEqual(
    messages.map(({ role }) => role),
    ["user", "assistant", "user", "assistant", "user"],
  );
});

test("every other provider gets the text, the call and its result, and nothing it could not read", () => {
  const asked = {
    anthropic: anthropicParams("another", request),
    chat: chatParams("another", CHAT_PROFILES.openai, request),
    responses: responsesParams("another", request),
    converse: converseMessages("another", request.messages),
    agUi: runInput("another", request),
  };
  for (const [format, body] of Object.entries(asked)) {
    const text = JSON.stringify(body);
    assert.doesNotMatch(text, /SIGNATURE/, format);
    for (const part of ["c1", "look", "seen", "so", "go on"])
      assert.match(text, new RegExp(part), `${format}: ${part}`);
  }
});
