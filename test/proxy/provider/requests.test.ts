/** One conversation in the words of each format. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { runInput } from "../../../proxy/provider/ag-ui.ts";
import { anthropicParams } from "../../../proxy/provider/anthropic.ts";
import { claudeSettings, claudeVersion } from "../../../proxy/provider/anthropic-request.ts";
import { ollamaBody } from "../../../proxy/provider/ollama.ts";
import { chatParams } from "../../../proxy/provider/openai-chat.ts";
import { responsesParams } from "../../../proxy/provider/openai-responses.ts";
import { CHAT_PROFILES, profileOfHost } from "../../../proxy/provider/profiles.ts";
import type { ProviderRequest } from "../../../proxy/provider/provider.ts";
import { BARE, NATIVE, PARAMETERS, REQUEST } from "./conversation.ts";

suite("chatParams()", () => {
  test("says everything in Chat Completions", () => {
    assert.deepEqual(chatParams("mine", CHAT_PROFILES.openai, { ...REQUEST, messages: REQUEST.messages.slice(0, 4) }), {
      model: "model-1",
      messages: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image_url", image_url: { url: "data:image/png;base64,aW1n" } },
          ],
        },
        {
          role: "assistant",
          content: "A port.",
          tool_calls: [
            { id: "call:1", type: "function", function: { name: "tide", arguments: '{"port":"Sète"}' } },
            { id: "call_2", type: "function", function: { name: "wind", arguments: "{}" } },
          ],
          ...NATIVE,
        },
        { role: "tool", tool_call_id: "call:1", content: "low" },
        { role: "tool", tool_call_id: "call_2", content: "broken" },
      ],
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
      tools: [{ type: "function", function: { name: "tide", description: "Tides", parameters: PARAMETERS } }],
      max_completion_tokens: 100,
      temperature: 1.5,
    });
  });

  test("an absent setting stays absent", () => {
    assert.deepEqual(chatParams("mine", CHAT_PROFILES.mistral, BARE), { model: "m", messages: [], stream: true });
  });

  test("DeepSeek wants the reasoning of every assistant turn, empty or not", () => {
    const messages: ProviderRequest["messages"] = [{ role: "assistant", parts: [{ type: "text", text: "a" }] }];
    const { messages: said } = chatParams("mine", CHAT_PROFILES.deepseek, { ...BARE, messages });
    assert.deepEqual(said, [{ role: "assistant", content: "a", reasoning_content: "" }]);
  });

  test("Mistral is sent a partial answer marked as one, without the white space at its end", () => {
    const { messages: said } = chatParams("mine", CHAT_PROFILES.mistral, {
      ...BARE,
      prefix: "Low tide ",
      reasoning: "low",
    });
    assert.deepEqual(said, [{ role: "assistant", content: "Low tide", prefix: true }]);
  });

  test("a model that thinks gets no temperature from OpenAI", () => {
    const params = chatParams("mine", CHAT_PROFILES.openai, { ...BARE, model: "gpt-5-mini", temperature: 0.3 });
    assert.equal("temperature" in params, false);
  });

  for (const [kind, reasoning, expected] of [
    ["openai", "low", { reasoning_effort: "low" }],
    ["deepseek", "none", { thinking: { type: "disabled" } }],
    ["openrouter", "high", { reasoning: { effort: "high" } }],
    ["mistral", "medium", { reasoning_effort: "high" }],
  ] as const) {
    test(`${kind} is asked for ${reasoning} reasoning in its own words`, () => {
      const params = chatParams("mine", CHAT_PROFILES[kind], { ...BARE, reasoning });
      assert.deepEqual({ ...params, ...expected }, params);
    });
  }
});

test("profileOfHost() knows servers by their host and takes any other as compatible", () => {
  assert.equal(profileOfHost("https://api.mistral.ai/v1"), CHAT_PROFILES.mistral);
  assert.equal(profileOfHost("https://mine.openai.azure.com/openai/v1"), CHAT_PROFILES.azure);
  assert.equal(profileOfHost("http://127.0.0.1:8000/v1"), CHAT_PROFILES["openai-compatible"]);
  assert.equal(profileOfHost("https://evil-api.mistral.ai.example/v1"), CHAT_PROFILES["openai-compatible"]);
});

suite("responsesParams()", () => {
  test("gives calls, results and its own records as items", () => {
    const { input } = responsesParams("mine", REQUEST);
    assert.deepEqual(input, [
      {
        role: "user",
        content: [
          { type: "input_text", text: "What is this?" },
          { type: "input_image", detail: "auto", image_url: "data:image/png;base64,aW1n" },
        ],
      },
      NATIVE,
      { role: "assistant", content: "A port." },
      { type: "function_call", call_id: "call:1", name: "tide", arguments: '{"port":"Sète"}' },
      { type: "function_call", call_id: "call_2", name: "wind", arguments: "{}" },
      { type: "function_call_output", call_id: "call:1", output: "low" },
      { type: "function_call_output", call_id: "call_2", output: "broken" },
      { role: "user", content: [{ type: "input_text", text: "And now?" }] },
    ]);
  });

  test("asks models that think, and only those, for the record of it", () => {
    const asked = (model: string, reasoning?: "none"): unknown =>
      responsesParams("mine", { ...BARE, model, ...(reasoning === undefined ? {} : { reasoning }) }).include;
    assert.deepEqual(asked("gpt-5.2"), ["reasoning.encrypted_content"]);
    assert.deepEqual(asked("openai/o4-mini"), ["reasoning.encrypted_content"]);
    assert.equal(asked("gpt-4o"), undefined);
    assert.equal(asked("gpt-5-chat-latest"), undefined);
    assert.equal(asked("gpt-5.2", "none"), undefined);
  });

  test("keeps nothing at the provider", () => assert.equal(responsesParams("mine", BARE).store, false));
});

suite("anthropicParams()", () => {
  const { messages, system, tools } = anthropicParams("mine", REQUEST);

  test("gives results and the next question in one user turn, and signed thoughts as they came", () => {
    assert.equal(system, "Be brief.");
    assert.deepEqual(tools, [{ name: "tide", description: "Tides", input_schema: PARAMETERS }]);
    assert.deepEqual(messages, [
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "image", source: { type: "base64", media_type: "image/png", data: "aW1n" } },
        ],
      },
      {
        role: "assistant",
        content: [
          NATIVE,
          { type: "text", text: "A port." },
          { type: "tool_use", id: "call_1", name: "tide", input: { port: "Sète" } },
          { type: "tool_use", id: "call_2", name: "wind", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "call_1", content: "low" },
          { type: "tool_result", tool_use_id: "call_2", content: "broken", is_error: true },
          { type: "text", text: "And now?" },
        ],
      },
    ]);
  });

  test("an empty assistant turn is left out instead of refused", () => {
    const empty: ProviderRequest["messages"] = [{ role: "assistant", parts: [{ type: "text", text: " " }] }];
    assert.deepEqual(anthropicParams("mine", { ...BARE, messages: empty }).messages, []);
  });
});

suite("claudeSettings()", () => {
  for (const [model, version] of [
    ["claude-3-7-sonnet-20250219", 3.07],
    ["claude-sonnet-4-20250514", 4],
    ["claude-sonnet-4-5-20250929", 4.05],
    ["us.anthropic.claude-opus-4-6-v1", 4.06],
    ["claude-sonnet-5", 5],
    ["claude-mythos-preview", Infinity],
  ] as const) {
    test(`${model} is version ${version}`, () => assert.equal(claudeVersion(model), version));
  }

  test("older models think within a budget, newer ones with an effort, and the newest take no temperature", () => {
    const settings = (model: string): unknown => claudeSettings({ ...BARE, model, reasoning: "low", temperature: 0.5 });
    assert.deepEqual(settings("claude-sonnet-4-5"), {
      max_tokens: 32_000,
      thinking: { type: "enabled", budget_tokens: 4_096 },
    });
    assert.deepEqual(settings("claude-sonnet-5"), {
      max_tokens: 32_000,
      thinking: { type: "adaptive", display: "summarized" },
      output_config: { effort: "low" },
    });
    assert.deepEqual(claudeSettings({ ...BARE, model: "claude-opus-4-8", temperature: 0.5 }), { max_tokens: 8_192 });
  });

  test("a limit too small for any thought means none", () => {
    assert.deepEqual(
      claudeSettings({ ...BARE, model: "claude-sonnet-4-5", reasoning: "low", maxOutputTokens: 1_500 }),
      {
        max_tokens: 1_500,
      },
    );
  });

  test("the temperature ends at 1", () => {
    assert.equal(claudeSettings({ ...BARE, model: "claude-haiku-4-5", temperature: 1.5 }).temperature, 1);
  });
});

test("ollamaBody() gives images beside the text and arguments as objects", () => {
  const { messages, options } = ollamaBody({ ...REQUEST, messages: REQUEST.messages.slice(0, 3) });
  assert.deepEqual(messages, [
    { role: "system", content: "Be brief." },
    { role: "user", content: "What is this?", images: ["aW1n"] },
    {
      role: "assistant",
      content: "A port.",
      thinking: "hm",
      tool_calls: [
        { id: "call:1", function: { name: "tide", arguments: { port: "Sète" } } },
        { id: "call_2", function: { name: "wind", arguments: {} } },
      ],
    },
    { role: "tool", tool_name: "tide", tool_call_id: "call:1", content: "low" },
  ]);
  assert.deepEqual(options, { num_predict: 100, temperature: 1.5 });
});

test("runInput() gives the same ids to the same messages, and its own reasoning back", () => {
  const first = runInput("mine", { ...REQUEST, conversation: "c_1" });
  const second = runInput("mine", { ...REQUEST, conversation: "c_1" });
  const messages = first["messages"] as { id?: string; role?: string }[];
  assert.equal(first["threadId"], "c_1");
  assert.notEqual(first["runId"], second["runId"]);
  assert.deepEqual(messages, second["messages"]);
  assert.equal(new Set(messages.map(({ id }) => id)).size, messages.length);
  assert.deepEqual(
    messages.map(({ role }) => role),
    ["system", "user", undefined, "assistant", "tool", "tool", "user"],
  );
});
