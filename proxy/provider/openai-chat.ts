/** Chat Completions: our request in its words, opened by the official SDK. */
import type OpenAI from "openai";
import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import { continuation, trimmedLead, wholeLead } from "./continuation.ts";
import type { Lead } from "./continuation.ts";
import { sseFrames } from "./frames.ts";
import type { SseFrame } from "./frames.ts";
import { openAiChatDecoder } from "./openai-chat-decoder.ts";
import { openAiCall } from "./openai-client.ts";
import type { OpenAiServer } from "./openai-client.ts";
import type { ChatProfile } from "./profiles.ts";
import type { AssistantPart, InputPart, ProviderMessage, ProviderRequest } from "./provider.ts";
import { mintCallId, nativeParts, withTurn } from "./provider-message.ts";
import type { WireFormat } from "./provider-call.ts";

export function openAiChat(name: string, server: OpenAiServer, profile: ChatProfile): WireFormat<SseFrame> {
  return {
    framing: () => sseFrames,
    foreignTypes: /html|json/,
    headersWithContent: profile.headersWithContent,
    async send(call, request) {
      const { baseUrl } = server;
      const at = request.prefix === undefined ? baseUrl : prefixUrl(baseUrl, profile);
      const { client, through } = await openAiCall(server, call, at);
      await client.chat.completions.create(chatParams(name, profile, request), through).asResponse();
    },
    async ping(call) {
      const { client, through } = await openAiCall(server, call);
      await client.models.list(through).asResponse();
    },
    continues: (model) => profile.prefix?.models.test(model) === true,
    decoder: ({ prefix = "" }) => continuation(openAiChatDecoder(profile, mintCallId), leadOf(prefix, profile)),
  };
}

const leadOf = (prefix: string, profile: ChatProfile): Lead =>
  profile.prefix?.echoes === true ? trimmedLead(prefix, true) : wholeLead(prefix);

function prefixUrl(baseUrl: string, { prefix }: ChatProfile): string {
  const path = prefix?.path ?? null;
  return path === null ? baseUrl : baseUrl.replace(/(?:\/(?:v1|beta))?\/*$/, path);
}

/** @param name the provider's, whose own records in the history go back to it */
export function chatParams(
  name: string,
  profile: ChatProfile,
  request: ProviderRequest,
): ChatCompletionCreateParamsStreaming {
  const { model, instructions, messages, tools, maxOutputTokens, temperature, reasoning, prefix, windUp } = request;
  const { sent } = leadOf(prefix ?? "", profile);
  const fixed = reasoning !== "none" && profile.fixedSampling?.test(model) === true;
  return {
    model,
    messages: [
      ...(instructions === undefined ? [] : [{ role: "system" as const, content: instructions }]),
      ...messages.map((message) => chatMessage(name, profile, message)),
      ...withTurn([], sent).map((message) => ({ ...chatMessage(name, profile, message), prefix: true })),
    ],
    stream: true,
    ...(profile.streamOptions === null ? {} : { stream_options: profile.streamOptions }),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name: tool, description, parameters }) => ({
            type: "function" as const,
            function: { name: tool, description, parameters },
          })),
          ...(windUp === true ? { tool_choice: "none" as const } : {}),
        }),
    ...(maxOutputTokens === undefined ? {} : { [profile.maxTokensField]: maxOutputTokens }),
    ...(temperature === undefined || fixed ? {} : { temperature }),
    ...(prefix === undefined ? (reasoning === undefined ? {} : profile.effort[reasoning]) : profile.prefix?.fields),
  };
}

function chatMessage(name: string, profile: ChatProfile, message: ProviderMessage): ChatCompletionMessageParam {
  switch (message.role) {
    case "user":
      return { role: "user", content: userContent(message.parts) };
    case "tool":
      return { role: "tool", tool_call_id: message.callId, content: message.result };
    case "assistant":
      return assistantMessage(name, profile, message.parts);
  }
}

function userContent(parts: readonly InputPart[]): OpenAI.ChatCompletionUserMessageParam["content"] {
  if (parts.every((part) => part.type === "text")) return parts.map((part) => part.text).join("\n\n");
  return parts.map((part) =>
    part.type === "text"
      ? { type: "text", text: part.text }
      : { type: "image_url", image_url: { url: `data:${part.mediaType};base64,${part.data}` } },
  );
}

function assistantMessage(
  name: string,
  profile: ChatProfile,
  parts: readonly AssistantPart[],
): ChatCompletionMessageParam {
  const text = joined(parts, "text");
  const reasoning = joined(parts, "reasoning");
  const calls = parts.filter((part) => part.type === "tool-call");
  const native: object = Object.assign({}, ...nativeParts(name, parts));
  const field = profile.reasoningField;
  return {
    role: "assistant",
    content: text === "" && calls.length > 0 ? null : text,
    ...(calls.length === 0
      ? {}
      : {
          tool_calls: calls.map(({ callId, name: tool, argsText }) => ({
            id: callId,
            type: "function" as const,
            function: { name: tool, arguments: argsText === "" ? "{}" : argsText },
          })),
        }),
    ...(field !== null && (reasoning !== "" || profile.reasoningAlways) ? { [field]: reasoning } : {}),
    ...native,
  };
}

const joined = (parts: readonly AssistantPart[], type: "text" | "reasoning"): string =>
  parts.map((part) => (part.type === type ? part.text : "")).join("");
