/** Ollama's own API: one POST to `/api/chat`, answered by a JSON object a line. */
import { lineFrames } from "./frames.ts";
import { ollamaDecoder } from "./ollama-decoder.ts";
import type { AssistantPart, ProviderMessage, ProviderRequest } from "./provider.ts";
import { argsObject, mintCallId, withTurn } from "./provider-message.ts";
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
    // An open turn of the assistant is gone on with. What Ollama's cloud does with one is not documented.
    continues: (model) => !model.endsWith("cloud"),
    decoder: () => ollamaDecoder(mintCallId),
  };
}

/** A local server needs no key; Ollama's cloud, or a proxy before the server, does. */
const headersOf = (server: OllamaServer, call: ProviderCall): Readonly<Record<string, string>> => ({
  ...(call.key === null ? {} : { authorization: `Bearer ${call.key}` }),
  ...server.headers,
});

export function ollamaBody(request: ProviderRequest): Record<string, unknown> {
  const { model, instructions, messages, maxOutputTokens, temperature, reasoning, prefix } = request;
  // Ollama has no word for "no more calls": a model that does not see the tools calls none.
  const tools = request.windUp === true ? [] : request.tools;
  // A turn that is gone on with begins with text, so the thinking is over.
  const think = prefix === undefined ? reasoning : "none";
  return {
    model,
    messages: [
      ...(instructions === undefined ? [] : [{ role: "system", content: instructions }]),
      ...withTurn(messages, prefix ?? "").map(ollamaMessage),
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
    ...(think === undefined ? {} : { think: think === "none" ? false : think }),
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
