/** Anthropic Messages: our request in its words, opened by the official SDK. */
import type Anthropic from "@anthropic-ai/sdk";
import type { MessageCreateParamsStreaming, MessageParam } from "@anthropic-ai/sdk/resources/messages";
import { anthropicDecoder } from "./anthropic-decoder.ts";
import { anthropicMessages, claudeContinues, claudeSettings } from "./anthropic-request.ts";
import { continuation, trimmedLead } from "./continuation.ts";
import { sseFrames } from "./frames.ts";
import type { SseFrame } from "./frames.ts";
import { SDK_TIMEOUT_MS } from "./openai-client.ts";
import type { ProviderCall, WireFormat } from "./provider-call.ts";
import type { ProviderRequest } from "./provider.ts";

export interface AnthropicServer {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function anthropic(name: string, server: AnthropicServer): WireFormat<SseFrame> {
  return {
    framing: () => sseFrames,
    foreignTypes: /html|json/,
    headersWithContent: false,
    async send(call, request) {
      const client = await anthropicClient(server, call);
      // What `messages.create` does besides: it writes to the console, at every call of a model that is being retired.
      await client.post("/v1/messages", { body: anthropicParams(name, request), stream: true }).asResponse();
    },
    async ping(call) {
      const client = await anthropicClient(server, call);
      await client.models.list({ limit: 1 }).asResponse();
    },
    continues: claudeContinues,
    decoder: ({ prefix = "" }) => continuation(anthropicDecoder(), trimmedLead(prefix)),
  };
}

/** @param name the provider's, whose own records in the history go back to it */
export function anthropicParams(name: string, request: ProviderRequest): MessageCreateParamsStreaming {
  return {
    ...anthropicBody(request),
    model: request.model,
    messages: anthropicMessages(name, request) as MessageParam[],
    ...(request.windUp === true && request.tools.length > 0 ? { tool_choice: { type: "none" } } : {}),
    stream: true,
  };
}

/** What Bedrock's `invoke` takes as well: everything but the model and the messages. */
export function anthropicBody(
  request: ProviderRequest,
): Omit<MessageCreateParamsStreaming, "model" | "messages" | "stream"> {
  const { instructions, tools } = request;
  return {
    ...(instructions === undefined ? {} : { system: instructions }),
    ...claudeSettings(request),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, parameters }) => ({
            name,
            description,
            input_schema: { ...parameters, type: "object" as const },
          })),
        }),
  };
}

async function anthropicClient(server: AnthropicServer, call: ProviderCall): Promise<Anthropic> {
  const { default: Client } = await import("@anthropic-ai/sdk");
  return new Client({
    baseURL: server.baseUrl,
    apiKey: call.key ?? "none",
    authToken: null,
    defaultHeaders: server.headers,
    maxRetries: 0,
    timeout: SDK_TIMEOUT_MS,
    logLevel: "off",
    fetch: call.fetch,
  });
}
