/** The body of Bedrock's `invoke`, which each model family words its own way. */
import { StreamError } from "../../protocol/index.ts";
import { anthropicBody } from "./anthropic.ts";
import { anthropicMessages } from "./anthropic-request.ts";
import { converseInput } from "./bedrock-request.ts";
import { chatParams } from "./openai-chat.ts";
import { CHAT_PROFILES } from "./profiles.ts";
import type { ProviderMessage, ProviderRequest } from "./provider.ts";

/** Model ids name their family; inference profiles put a region before it, and ARNs a path. */
const FAMILY = /(?:^|[./])(anthropic|amazon\.nova|amazon\.titan|meta|mistral|openai)\./;
const NOVA = /(?:^|[./])amazon\.nova-/;
const TITAN = /(?:^|[./])amazon\.titan-/;

/** @param name the provider's, whose own records in the history go back to it */
export function invokeBody(name: string, request: ProviderRequest): object {
  const { model } = request;
  if (NOVA.test(model)) return novaBody(name, request);
  if (TITAN.test(model)) return titanBody(request);
  switch (FAMILY.exec(model)?.[1]) {
    case "anthropic":
      return {
        anthropic_version: "bedrock-2023-05-31",
        ...anthropicBody(request),
        messages: anthropicMessages(name, request),
      };
    case "meta":
      return llamaBody(request);
    case "mistral":
      return mistralBody(request);
    case "openai": {
      const {
        model: _model,
        stream: _stream,
        stream_options: _options,
        tool_choice: _choice,
        ...body
      } = chatParams(name, CHAT_PROFILES.openai, request);
      return body;
    }
    default:
      throw new StreamError(
        "provider_invalid_request",
        `model: found "${model}", expected an id that names its family (anthropic., amazon.nova-, …) for api "invoke"; use api "converse"`,
        { field: "model" },
      );
  }
}

/** Converse's words as JSON, in which bytes are base64. */
function novaBody(name: string, request: ProviderRequest): object {
  const { modelId: _modelId, additionalModelRequestFields: fields, ...body } = converseInput(name, request);
  return JSON.parse(
    JSON.stringify(
      { schemaVersion: "messages-v1", ...body, ...(fields as object | undefined) },
      function (key, value: unknown) {
        const raw: unknown = (this as Record<string, unknown>)[key];
        return raw instanceof Uint8Array ? Buffer.from(raw).toString("base64") : value;
      },
    ),
  ) as object;
}

function titanBody(request: ProviderRequest): object {
  const { maxOutputTokens, temperature, instructions = "" } = request;
  const turns = plainTurns(request.messages).map(({ role, text }) => `${role === "user" ? "User" : "Bot"}: ${text}`);
  return {
    inputText: [instructions, ...turns, "Bot:"].filter((part) => part !== "").join("\n"),
    textGenerationConfig: {
      ...(maxOutputTokens === undefined ? {} : { maxTokenCount: maxOutputTokens }),
      ...(temperature === undefined ? {} : { temperature: Math.min(temperature, 1) }),
    },
  };
}

/** Llama 3's template, as Meta documents it. */
function llamaBody({ messages, instructions, maxOutputTokens, temperature }: ProviderRequest): object {
  const turn = (role: string, text: string): string =>
    `<|start_header_id|>${role}<|end_header_id|>\n\n${text}<|eot_id|>`;
  return {
    prompt: [
      "<|begin_of_text|>",
      ...(instructions === undefined ? [] : [turn("system", instructions)]),
      ...plainTurns(messages).map(({ role, text }) => turn(role, text)),
      "<|start_header_id|>assistant<|end_header_id|>\n\n",
    ].join(""),
    ...(maxOutputTokens === undefined ? {} : { max_gen_len: maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature: Math.min(temperature, 1) }),
  };
}

/** Mistral's instruction template, in which instructions lead the first question. */
function mistralBody({ messages, instructions, maxOutputTokens, temperature }: ProviderRequest): object {
  const lead = instructions === undefined ? "" : `${instructions}\n\n`;
  const turns = plainTurns(messages).map(({ role, text }, index) =>
    role === "user" ? `[INST] ${index === 0 ? lead : ""}${text} [/INST]` : ` ${text}</s>`,
  );
  return {
    prompt: `<s>${turns.join("")}`,
    ...(maxOutputTokens === undefined ? {} : { max_tokens: maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature: Math.min(temperature, 1) }),
  };
}

/** Models of the prompt kind know neither tools nor images: only what was said is left. */
function plainTurns(messages: readonly ProviderMessage[]): { role: "user" | "assistant"; text: string }[] {
  return messages.flatMap((message) => {
    if (message.role === "tool") return [];
    const text = (message.parts as readonly { type: string; text?: string }[])
      .map((part) => (part.type === "text" ? (part.text ?? "") : ""))
      .join("");
    return text === "" ? [] : [{ role: message.role, text }];
  });
}
