/** Ollama's own API: one POST to `/api/chat`, answered by a JSON object a line. */
import { lineFrames } from "./frames.ts";
import { ollamaDecoder } from "./ollama-decoder.ts";
import type { AssistantPart, ProviderMessage, ProviderRequest } from "./provider.ts";
import { argsObject, mintCallId } from "./provider-message.ts";
import type { ProviderCall, WireFormat } from "./provider-call.ts";

export interface OllamaServer {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function ollama(server: OllamaServer): WireFormat<string> {
  const url = (path: string): string => server.baseUrl.replace(/\/+$/, "") + path;
  return {
    framing: () => lineFrames,
    foreignTypes: /html/,
    // Loading a model comes before the headers.
    headersWithContent: true,
    async send(call, request) {
      const body = JSON.stringify(ollamaBody(request));
      const headers = { ...headersOf(server, call), "content-type": "application/json" };
      await call.send({ method: "POST", url: url("/api/chat"), headers, body });
    },
    async ping(call) {
      await call.send({ method: "GET", url: url("/api/tags"), headers: headersOf(server, call) });
    },
    decoder: () => ollamaDecoder(mintCallId),
  };
}

/** A local server needs no key; Ollama's cloud, or a proxy before the server, does. */
const headersOf = (server: OllamaServer, call: ProviderCall): Readonly<Record<string, string>> => ({
  ...(call.key === null ? {} : { authorization: `Bearer ${call.key}` }),
  ...server.headers,
});

export function ollamaBody(request: ProviderRequest): Record<string, unknown> {
  const { model, instructions, messages, tools, maxOutputTokens, temperature, reasoning } = request;
  return {
    model,
    messages: [
      ...(instructions === undefined ? [] : [{ role: "system", content: instructions }]),
      ...messages.map(ollamaMessage),
    ],
    stream: true,
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, parameters }) => ({
            type: "function",
            function: { name, description, parameters },
          })),
        }),
    ...(reasoning === undefined ? {} : { think: reasoning === "none" ? false : reasoning }),
    options: {
      ...(maxOutputTokens === undefined ? {} : { num_predict: maxOutputTokens }),
      ...(temperature === undefined ? {} : { temperature }),
    },
  };
}

function ollamaMessage(message: ProviderMessage): Record<string, unknown> {
  switch (message.role) {
    case "user": {
      const images = message.parts.flatMap((part) => (part.type === "image" ? [part.data] : []));
      const text = message.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");
      return { role: "user", content: text, ...(images.length === 0 ? {} : { images }) };
    }
    case "tool":
      return { role: "tool", tool_name: message.name, tool_call_id: message.callId, content: message.result };
    case "assistant":
      return assistantMessage(message.parts);
  }
}

function assistantMessage(parts: readonly AssistantPart[]): Record<string, unknown> {
  const joined = (type: "text" | "reasoning"): string =>
    parts.map((part) => (part.type === type ? part.text : "")).join("");
  const calls = parts.filter((part) => part.type === "tool-call");
  const thinking = joined("reasoning");
  return {
    role: "assistant",
    content: joined("text"),
    ...(thinking === "" ? {} : { thinking }),
    ...(calls.length === 0
      ? {}
      : {
          tool_calls: calls.map(({ callId, name, argsText }) => ({
            id: callId,
            function: { name, arguments: argsObject(argsText) },
          })),
        }),
  };
}
