/** A conversation in the words of Bedrock's Converse, for every model behind it. */
import type { ContentBlock, ConverseStreamCommandInput, Message, Tool } from "@aws-sdk/client-bedrock-runtime";
import { claudeSettings } from "./anthropic-request.ts";
import { trimmedLead } from "./continuation.ts";
import { fieldsOf } from "./fields.ts";
import type { AssistantPart, InputPart, ProviderMessage, ProviderRequest, ToolDeclaration } from "./provider.ts";
import { argsObject, nativeParts, withTurn } from "./provider-message.ts";

/** @param name the provider's, whose own records in the history go back to it */
export function converseInput(name: string, request: ProviderRequest): ConverseStreamCommandInput {
  const { model, instructions, messages, prefix = "" } = request;
  const { maxTokens, temperature, fields } = settings(request);
  const tools = declaredTools(request);
  return {
    modelId: model,
    messages: converseMessages(name, withTurn(messages, trimmedLead(prefix).sent)),
    ...(instructions === undefined ? {} : { system: [{ text: instructions }] }),
    inferenceConfig: {
      ...(maxTokens === undefined ? {} : { maxTokens }),
      ...(temperature === undefined ? {} : { temperature }),
    },
    ...(tools.length === 0 ? {} : { toolConfig: { tools } }),
    ...(Object.keys(fields).length === 0 ? {} : { additionalModelRequestFields: fields as never }),
  };
}

interface Settings {
  readonly maxTokens: number | undefined;
  readonly temperature: number | undefined;
  /** What only this model family understands. */
  readonly fields: Readonly<Record<string, unknown>>;
}

function settings(request: ProviderRequest): Settings {
  const { model, maxOutputTokens, temperature, reasoning } = request;
  const plain = { maxTokens: maxOutputTokens, temperature, fields: {} };
  if (model.includes("claude")) {
    const { max_tokens: limit, temperature: allowed, thinking, output_config: output } = claudeSettings(request);
    const maxTokens = thinking === undefined ? maxOutputTokens : limit;
    const fields = {
      ...(thinking === undefined ? {} : { thinking }),
      ...(output === undefined ? {} : { output_config: output }),
    };
    return { maxTokens, temperature: allowed, fields };
  }
  if (reasoning === undefined) return plain;
  if (model.includes("nova-2")) {
    const config = reasoning === "none" ? { type: "disabled" } : { type: "enabled", maxReasoningEffort: reasoning };
    return { ...plain, fields: { reasoningConfig: config } };
  }
  if (model.includes("openai.") && reasoning !== "none") return { ...plain, fields: { reasoning_effort: reasoning } };
  return plain;
}

/** Converse refuses a history with calls in it when no tool is declared; those that are gone are declared by name. */
function declaredTools({ tools, messages }: ProviderRequest): Tool[] {
  if (tools.length > 0) return tools.map(toolSpec);
  const names = messages.flatMap((message) =>
    message.role === "assistant" ? message.parts.flatMap((part) => (part.type === "tool-call" ? [part.name] : [])) : [],
  );
  const gone = { description: "No longer available", parameters: { type: "object" } };
  return [...new Set(names)].map((name) => toolSpec({ name, ...gone }));
}

const toolSpec = ({ name, description, parameters }: ToolDeclaration): Tool => ({
  toolSpec: { name, description, inputSchema: { json: parameters as never } },
});

/** Results of tools belong, all together, into the user turn right after the calls. */
export function converseMessages(name: string, messages: readonly ProviderMessage[]): Message[] {
  const turns: { role: "user" | "assistant"; content: ContentBlock[] }[] = [];
  for (const message of messages) {
    const role = message.role === "assistant" ? "assistant" : "user";
    const content = contentOf(name, message);
    const last = turns.at(-1);
    if (content.length === 0) continue;
    if (last?.role === role) last.content.push(...content);
    else turns.push({ role, content });
  }
  return turns;
}

function contentOf(name: string, message: ProviderMessage): ContentBlock[] {
  switch (message.role) {
    case "user":
      return message.parts.map(inputBlock);
    case "assistant":
      return message.parts.flatMap((part) => assistantBlocks(name, part));
    case "tool": {
      const { callId, result, ok } = message;
      return [
        { toolResult: { toolUseId: toolId(callId), content: [{ text: result }], status: ok ? "success" : "error" } },
      ];
    }
  }
}

function inputBlock(part: InputPart): ContentBlock {
  if (part.type === "text") return { text: part.text };
  const format = part.mediaType.replace(/^image\//, "") as "png";
  return { image: { format, source: { bytes: Buffer.from(part.data, "base64") } } };
}

/** Readable thinking goes back only as the signed record it came with; an empty text block is refused. */
function assistantBlocks(name: string, part: AssistantPart): ContentBlock[] {
  switch (part.type) {
    case "text":
      return part.text.trim() === "" ? [] : [{ text: part.text }];
    case "reasoning":
      return [];
    case "tool-call":
      return [
        { toolUse: { toolUseId: toolId(part.callId), name: part.name, input: argsObject(part.argsText) as never } },
      ];
    case "native":
      return nativeParts(name, [part]).map(nativeBlock);
  }
}

/** Redacted thinking is kept as base64 and sent as bytes. */
function nativeBlock(value: object): ContentBlock {
  const redacted = fieldsOf(fieldsOf(value)["reasoningContent"])["redactedContent"];
  if (typeof redacted !== "string") return value as ContentBlock;
  return { reasoningContent: { redactedContent: Buffer.from(redacted, "base64") } };
}

/** Bedrock takes only these characters in an id, and 64 of them; another provider's may differ. */
const toolId = (callId: string): string => callId.replace(/[^A-Za-z0-9_.:-]/g, "_").slice(-64);
