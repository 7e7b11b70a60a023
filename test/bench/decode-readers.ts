/** The two readers of each wire that are compared: our framing and decoder, and the official SDK's own iterator. */
import { Readable } from "node:stream";
import type { RawMessageStreamEvent } from "@anthropic-ai/sdk/resources/messages";
import { Stream as AnthropicStream } from "@anthropic-ai/sdk/core/streaming";
import { BedrockRuntimeClient, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import { Stream as OpenAiStream } from "openai/core/streaming";
import type { ChatCompletionChunk } from "openai/resources/chat/completions";
import type { ResponseStreamEvent } from "openai/resources/responses/responses";
import { anthropicDecoder } from "../../proxy/provider/anthropic-decoder.ts";
import { loadAwsFrames } from "../../proxy/provider/aws-frames.ts";
import { bedrockConverseDecoder } from "../../proxy/provider/bedrock-converse-decoder.ts";
import type { Decoder } from "../../proxy/provider/decoder.ts";
import { lineFrames, sseFrames } from "../../proxy/provider/frames.ts";
import type { Framing } from "../../proxy/provider/frames.ts";
import { ollamaDecoder } from "../../proxy/provider/ollama-decoder.ts";
import { openAiChatDecoder } from "../../proxy/provider/openai-chat-decoder.ts";
import { openAiResponsesDecoder } from "../../proxy/provider/openai-responses-decoder.ts";
import { CHAT_PROFILES } from "../../proxy/provider/profiles.ts";
import type { ProviderEvent } from "../../proxy/provider/provider.ts";
import type { Wire } from "./wire-bodies.ts";

/** What one reading of a body found. */
export interface Read {
  /** Those of the wire that the SDKs hand on: `[DONE]` and pings are none. */
  readonly events: number;
  readonly text: string;
  readonly cpuUs: number;
}

/** Reads one body, which comes in these pieces. */
export type Reader = (pieces: readonly Uint8Array[]) => Promise<Read>;

export const ours: Readonly<Record<Wire, Reader>> = {
  "openai chat": ourReader(
    sseFrames,
    () => openAiChatDecoder(CHAT_PROFILES.openai, () => "minted"),
    ({ data }) => data !== "[DONE]",
  ),
  "openai responses": ourReader(sseFrames, openAiResponsesDecoder),
  anthropic: ourReader(sseFrames, anthropicDecoder, ({ event }) => event !== "ping"),
  "bedrock converse": ourReader(await loadAwsFrames(), bedrockConverseDecoder),
  ollama: ourReader(lineFrames, () => ollamaDecoder(() => "minted")),
};

export const sdks: Readonly<Record<Wire, Reader | null>> = {
  "openai chat": sdkReader(
    (pieces) => OpenAiStream.fromSSEResponse<ChatCompletionChunk>(responseOf(pieces), new AbortController()),
    ({ choices }) => choices[0]?.delta.content ?? "",
  ),
  "openai responses": sdkReader(
    (pieces) => OpenAiStream.fromSSEResponse<ResponseStreamEvent>(responseOf(pieces), new AbortController()),
    (event) => (event.type === "response.output_text.delta" ? event.delta : ""),
  ),
  anthropic: sdkReader(
    (pieces) => AnthropicStream.fromSSEResponse<RawMessageStreamEvent>(responseOf(pieces), new AbortController()),
    (event) => (event.type === "content_block_delta" && event.delta.type === "text_delta" ? event.delta.text : ""),
  ),
  "bedrock converse": sdkReader(converse, (event) => event.contentBlockDelta?.delta?.text ?? ""),
  ollama: null,
};

/** As `BodyReader` reads: a batch of events for each piece. */
function ourReader<Frame>(
  framing: Framing<Frame>,
  open: () => Decoder<Frame>,
  counts: (frame: Frame) => boolean = () => true,
): Reader {
  return async (pieces) => {
    const start = process.cpuUsage();
    const decoder = open();
    const text = new VisibleText();
    let batch: ProviderEvent[] = [];
    let events = 0;
    const frames = framing((frame) => {
      if (counts(frame)) events++;
      if (!decoder.done) decoder.decode(frame, batch);
    });
    for (const piece of pieces) {
      frames.push(piece);
      text.add(batch);
      batch = [];
    }
    frames.end();
    decoder.end(batch);
    text.add(batch);
    return { events, text: text.text, cpuUs: cpuUsSince(start) };
  };
}

class VisibleText {
  text = "";
  readonly #blocks = new Set<number>();

  add(events: readonly ProviderEvent[]): void {
    for (const event of events) {
      if (event.type === "delta" && this.#blocks.has(event.block)) this.text += event.text;
      else if (event.type === "block.start" && event.kind === "text") this.#blocks.add(event.block);
    }
  }
}

/** Only what iterating costs: the request that an SDK makes first is another matter. */
function sdkReader<Event>(
  open: (pieces: readonly Uint8Array[]) => AsyncIterable<Event> | Promise<AsyncIterable<Event>>,
  textOf: (event: Event) => string,
): Reader {
  return async (pieces) => {
    const stream = await open(pieces);
    const start = process.cpuUsage();
    let text = "";
    let events = 0;
    for await (const event of stream) {
      events++;
      text += textOf(event);
    }
    return { events, text, cpuUs: cpuUsSince(start) };
  };
}

function cpuUsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

function responseOf(pieces: readonly Uint8Array[]): Response {
  let next = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = pieces[next++];
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

async function converse(pieces: readonly Uint8Array[]) {
  const headers = { "content-type": "application/vnd.amazon.eventstream" };
  const client = new BedrockRuntimeClient({
    region: "eu-west-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    requestHandler: {
      handle: () => Promise.resolve({ response: { statusCode: 200, headers, body: Readable.from(pieces) } }),
    },
  });
  const { stream } = await client.send(new ConverseStreamCommand({ modelId: "any", messages: [] }));
  return stream!;
}
