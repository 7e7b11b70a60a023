/** OpenAI Responses: our request in its words, opened by the official SDK. */
import type {
  ResponseCreateParamsStreaming,
  ResponseInputItem,
  ResponseInputMessageContentList,
} from "openai/resources/responses/responses";
import { sseFrames } from "./frames.ts";
import type { SseFrame } from "./frames.ts";
import { openAiCall } from "./openai-client.ts";
import type { OpenAiServer } from "./openai-client.ts";
import { openAiResponsesDecoder } from "./openai-responses-decoder.ts";
import type { AssistantPart, InputPart, ProviderMessage, ProviderRequest } from "./provider.ts";
import { nativeParts } from "./provider-message.ts";
import { isReasoningModel } from "./profiles.ts";
import type { KeepingFormat } from "./keeping-provider.ts";

/** @param background true where the provider writes and keeps the answer by itself; else it keeps nothing */
export function openAiResponses(name: string, server: OpenAiServer, background: boolean): KeepingFormat<SseFrame> {
  return {
    framing: () => sseFrames,
    foreignTypes: /html|json/,
    headersWithContent: false,
    async send(call, request) {
      const { client, through } = await openAiCall(server, call);
      await client.responses.create(responsesParams(name, request, background), through).asResponse();
    },
    async ping(call) {
      const { client, through } = await openAiCall(server, call);
      await client.models.list(through).asResponse();
    },
    decoder: () => openAiResponsesDecoder(),
    async reopen(call, { id }, after) {
      const { client, through } = await openAiCall(server, call);
      const from = after === null ? {} : { starting_after: after };
      await client.responses.retrieve(id, { stream: true, ...from }, through).asResponse();
    },
    async cancel(call, { id }) {
      const { client, through } = await openAiCall(server, call);
      await client.responses.cancel(id, through).asResponse();
    },
  };
}

/** @param name the provider's, whose own records in the history go back to it */
export function responsesParams(
  name: string,
  request: ProviderRequest,
  background = false,
): ResponseCreateParamsStreaming {
  const { model, instructions, messages, tools, maxOutputTokens, temperature, reasoning, windUp } = request;
  const thinks = isReasoningModel(model) && reasoning !== "none";
  return {
    model,
    ...(instructions === undefined ? {} : { instructions }),
    input: messages.flatMap((message) => inputItems(name, message)),
    stream: true,
    ...(background ? { background, store: true } : { store: false }),
    // What is not stored there for good has to come back with the next turn; models that do not think refuse the request for it.
    ...(thinks ? { include: ["reasoning.encrypted_content" as const] } : {}),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name: tool, description, parameters }) => ({
            type: "function" as const,
            name: tool,
            description,
            parameters,
            strict: false,
          })),
          ...(windUp === true ? { tool_choice: "none" as const } : {}),
        }),
    ...(maxOutputTokens === undefined ? {} : { max_output_tokens: maxOutputTokens }),
    ...(temperature === undefined || thinks ? {} : { temperature }),
    ...(reasoning === undefined
      ? {}
      : { reasoning: reasoning === "none" ? { effort: "none" } : { effort: reasoning, summary: "auto" } }),
  };
}

function inputItems(name: string, message: ProviderMessage): ResponseInputItem[] {
  switch (message.role) {
    case "user":
      return [{ role: "user", content: userContent(message.parts) }];
    case "tool":
      return [{ type: "function_call_output", call_id: message.callId, output: message.result }];
    case "assistant":
      return message.parts.flatMap((part) => assistantItems(name, part));
  }
}

const userContent = (parts: readonly InputPart[]): ResponseInputMessageContentList =>
  parts.map((part) =>
    part.type === "text"
      ? { type: "input_text", text: part.text }
      : { type: "input_image", detail: "auto", image_url: `data:${part.mediaType};base64,${part.data}` },
  );

/** Readable thinking goes back only as the encrypted record it came with. */
function assistantItems(name: string, part: AssistantPart): ResponseInputItem[] {
  switch (part.type) {
    case "text":
      return part.text === "" ? [] : [{ role: "assistant", content: part.text }];
    case "reasoning":
      return [];
    case "tool-call": {
      const { callId, name: tool, argsText } = part;
      return [{ type: "function_call", call_id: callId, name: tool, arguments: argsText === "" ? "{}" : argsText }];
    }
    case "native":
      return nativeParts(name, [part]) as ResponseInputItem[];
  }
}
