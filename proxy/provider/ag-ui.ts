/** Any AG-UI agent: one POST of the run's input, answered by an event stream. */
import { createHash, randomUUID } from "node:crypto";
import { agUiDecoder } from "./ag-ui-decoder.ts";
import { sseFrames } from "./frames.ts";
import type { SseFrame } from "./frames.ts";
import type { InputPart, ProviderMessage, ProviderRequest } from "./provider.ts";
import { nativeParts } from "./provider-message.ts";
import type { WireFormat } from "./provider-call.ts";

export interface AgUiServer {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function agUi(name: string, server: AgUiServer): WireFormat<SseFrame> {
  return {
    framing: () => sseFrames,
    foreignTypes: /html|json/,
    // A run begins with an event of its own.
    headersWithContent: false,
    acts: true,
    async send(call, request) {
      const headers = { accept: "text/event-stream", "content-type": "application/json", ...server.headers };
      await call.send({ method: "POST", url: server.url, headers, body: JSON.stringify(runInput(name, request)) });
    },
    // A run could cost money or change something. Servers answer OPTIONS, or say that only POST is allowed.
    async ping(call) {
      await call.send({ method: "OPTIONS", url: server.url, headers: server.headers });
    },
    reachedBy: [400, 405],
    decoder: () => agUiDecoder(),
  };
}

/** AG-UI 1.0's `RunAgentInput`. @param name the provider's, whose own records in the history go back to it */
export function runInput(name: string, request: ProviderRequest): Record<string, unknown> {
  const { instructions, messages, tools, conversation } = request;
  return {
    threadId: conversation ?? randomUUID(),
    runId: randomUUID(),
    protocolVersion: "1.0",
    state: {},
    messages: [
      ...(instructions === undefined ? [] : [{ id: "instructions", role: "system", content: instructions }]),
      ...messages.flatMap((message, index) => agUiMessages(name, message, index)),
    ],
    tools: tools.map(({ name: tool, description, parameters }) => ({ name: tool, description, parameters })),
    context: [],
    forwardedProps: {},
  };
}

function agUiMessages(name: string, message: ProviderMessage, index: number): Record<string, unknown>[] {
  const id = messageId(message, index);
  switch (message.role) {
    case "user":
      return [{ id, role: "user", content: userContent(message.parts) }];
    case "tool":
      return [{ id, role: "tool", toolCallId: message.callId, content: message.result }];
    case "assistant": {
      const text = message.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
      const calls = message.parts.filter((part) => part.type === "tool-call");
      const toolCalls = calls.map(({ callId, name: tool, argsText }) => ({
        id: callId,
        type: "function",
        function: { name: tool, arguments: argsText === "" ? "{}" : argsText },
      }));
      return [
        ...(nativeParts(name, message.parts) as Record<string, unknown>[]),
        { id, role: "assistant", content: text, ...(toolCalls.length === 0 ? {} : { toolCalls }) },
      ];
    }
  }
}

function userContent(parts: readonly InputPart[]): unknown {
  if (parts.every((part) => part.type === "text")) return parts.map((part) => part.text).join("\n\n");
  return parts.map((part) =>
    part.type === "text"
      ? { type: "text", text: part.text }
      : { type: "image", source: { type: "data", value: part.data, mimeType: part.mediaType } },
  );
}

/** The same message has the same id in every run, by which agents with a memory of their own know it again. */
const messageId = (message: ProviderMessage, index: number): string =>
  createHash("sha256")
    .update(`${index}:${JSON.stringify(message)}`)
    .digest("base64url")
    .slice(0, 22);
