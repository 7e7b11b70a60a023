/** One conversation in the words of Bedrock, for Converse and for each model family of `invoke`. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { invokeBody } from "../../../proxy/provider/bedrock-invoke-request.ts";
import { converseInput } from "../../../proxy/provider/bedrock-request.ts";
import type { ProviderRequest } from "../../../proxy/provider/provider.ts";
import { BARE, REQUEST } from "./conversation.ts";

suite("converseInput()", () => {
  test("gives bytes, results with their status, and declared tools", () => {
    const { messages, toolConfig, inferenceConfig } = converseInput("mine", REQUEST);
    assert.deepEqual(messages![0]!.content![1], { image: { format: "png", source: { bytes: Buffer.from("img") } } });
    assert.deepEqual(messages![2]!.content, [
      { toolResult: { toolUseId: "call:1", content: [{ text: "low" }], status: "success" } },
      { toolResult: { toolUseId: "call_2", content: [{ text: "broken" }], status: "error" } },
      { text: "And now?" },
    ]);
    assert.equal(toolConfig?.tools?.length, 1);
    assert.deepEqual(inferenceConfig, { maxTokens: 100, temperature: 1.5 });
  });

  test("a history with calls declares them even when no tool is left", () => {
    const { toolConfig } = converseInput("mine", { ...REQUEST, tools: [] });
    assert.deepEqual(
      toolConfig?.tools?.map((tool) => tool.toolSpec?.name),
      ["tide", "wind"],
    );
  });

  test("redacted thinking goes back as bytes", () => {
    const value = { reasoningContent: { redactedContent: "c2VjcmV0" } };
    const messages: ProviderRequest["messages"] = [
      { role: "assistant", parts: [{ type: "native", provider: "mine", value }] },
    ];
    const [turn] = converseInput("mine", { ...BARE, messages }).messages!;
    assert.deepEqual(turn!.content, [{ reasoningContent: { redactedContent: Buffer.from("secret") } }]);
  });
});

suite("invokeBody()", () => {
  const said = (model: string): Record<string, unknown> =>
    invokeBody("mine", { ...REQUEST, model }) as Record<string, unknown>;

  test("words the request as the model's family does, also behind an inference profile", () => {
    assert.equal(said("us.anthropic.claude-sonnet-4-5")["anthropic_version"], "bedrock-2023-05-31");
    assert.equal(said("eu.amazon.nova-lite-v1:0")["schemaVersion"], "messages-v1");
    assert.match(
      String(said("amazon.titan-text-express-v1")["inputText"]),
      /^Be brief\.\nUser: What is this\?\nBot: A port\.\nUser: And now\?\nBot:$/,
    );
    assert.match(
      String(said("meta.llama3-8b-instruct-v1:0")["prompt"]),
      /<\|start_header_id\|>assistant<\|end_header_id\|>\n\n$/,
    );
    assert.equal(
      said("mistral.mistral-7b-instruct-v0:2")["prompt"],
      "<s>[INST] Be brief.\n\nWhat is this? [/INST] A port.</s>[INST] And now? [/INST]",
    );
    assert.ok(Array.isArray(said("openai.gpt-oss-20b-1:0")["messages"]));
  });

  test("bytes are base64 in Nova's JSON", () => {
    const messages = said("amazon.nova-lite-v1:0")["messages"] as { content: object[] }[];
    assert.deepEqual(messages[0]!.content[1], { image: { format: "png", source: { bytes: "aW1n" } } });
  });

  test("a model of no known family is refused by name", () => {
    assert.throws(() => said("custom-model"), /model: found "custom-model", expected an id that names its family/);
  });
});
