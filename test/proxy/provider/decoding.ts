/** Bytes → what an answer says, for tests: any pieces through a format's framing and decoder, and the result folded. */
import { isStreamError } from "../../../protocol/index.ts";
import type { ErrorCode, Usage } from "../../../protocol/index.ts";
import { agUiDecoder } from "../../../proxy/provider/ag-ui-decoder.ts";
import { anthropicDecoder } from "../../../proxy/provider/anthropic-decoder.ts";
import { loadAwsFrames } from "../../../proxy/provider/aws-frames.ts";
import { bedrockConverseDecoder } from "../../../proxy/provider/bedrock-converse-decoder.ts";
import { bedrockInvokeDecoder } from "../../../proxy/provider/bedrock-invoke-decoder.ts";
import type { Decoder } from "../../../proxy/provider/decoder.ts";
import { lineFrames, sseFrames } from "../../../proxy/provider/frames.ts";
import type { Framing } from "../../../proxy/provider/frames.ts";
import { ollamaDecoder } from "../../../proxy/provider/ollama-decoder.ts";
import { openAiChatDecoder } from "../../../proxy/provider/openai-chat-decoder.ts";
import { openAiResponsesDecoder } from "../../../proxy/provider/openai-responses-decoder.ts";
import { CHAT_PROFILES } from "../../../proxy/provider/profiles.ts";
import type { ChatProfile } from "../../../proxy/provider/profiles.ts";
import type { ProviderEvent } from "../../../proxy/provider/provider.ts";

const awsFrames = await loadAwsFrames();

/** A reading of one answer, fed piece by piece. */
export interface Reading {
  push(bytes: Uint8Array): void;
  readonly complete: boolean;
  /** The body ended, or was cut, here. */
  end(): Decoded;
}

export interface Decoded {
  readonly events: readonly ProviderEvent[];
  /** Null for a success. */
  readonly error: ErrorCode | null;
}

export type OpenReading = () => Reading;

/** As `BodyReader` does it: what breaks once the answer is complete cannot spoil it. */
export function reading<Frame>(framing: Framing<Frame>, decoder: Decoder<Frame>): Reading {
  const events: ProviderEvent[] = [];
  let failure: unknown = null;
  const attempt = (step: () => void): void => {
    try {
      if (failure === null) step();
    } catch (thrown) {
      failure = thrown;
    }
  };
  const frames = framing((frame) => {
    if (!decoder.done) decoder.decode(frame, events);
  });
  return {
    push: (bytes) => attempt(() => frames.push(bytes)),
    get complete() {
      return decoder.complete;
    },
    end() {
      attempt(() => frames.end());
      if (decoder.complete) failure = null;
      attempt(() => decoder.end(events));
      if (failure !== null && !isStreamError(failure)) throw new Error("the decoder broke", { cause: failure });
      return { events, error: failure === null ? null : failure.code };
    },
  };
}

/** How the bodies of a recorded stream are read. */
export function openerFor(api: string, folder: string): OpenReading {
  switch (api) {
    case "openai-chat":
    case "openai-completion": {
      const profile: ChatProfile =
        CHAT_PROFILES[folder as keyof typeof CHAT_PROFILES] ?? CHAT_PROFILES["openai-compatible"];
      return () => reading(sseFrames, openAiChatDecoder(profile, counter()));
    }
    case "anthropic-messages":
      return () => reading(sseFrames, anthropicDecoder());
    case "openai-responses":
      return () => reading(sseFrames, openAiResponsesDecoder());
    case "bedrock-converse-stream":
      return () => reading(awsFrames, bedrockConverseDecoder());
    case "bedrock-invoke-stream":
      return () => reading(awsFrames, bedrockInvokeDecoder(counter()));
    case "ag-ui":
      return () => reading(sseFrames, agUiDecoder());
    case "ollama-chat":
    case "ollama-generate":
      return () => reading(lineFrames, ollamaDecoder(counter()));
    default:
      throw new Error(`No decoder for the wire format "${api}"`);
  }
}

const counter = (): (() => string) => {
  let calls = 0;
  return () => `minted_${calls++}`;
};

export function decodeAll(open: OpenReading, pieces: Iterable<Uint8Array>): Decoded {
  const reader = open();
  for (const piece of pieces) reader.push(piece);
  return reader.end();
}

/** The body split at these offsets. */
export function* split(body: Uint8Array, offsets: readonly number[]): Generator<Uint8Array> {
  let start = 0;
  for (const offset of [...offsets, body.length]) {
    yield body.subarray(start, offset);
    start = offset;
  }
}

export interface Answer {
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
  readonly toolCalls: readonly { id: string; name: string; arguments: string; argumentsValid: boolean }[];
  readonly sources: readonly string[];
  readonly natives: readonly unknown[];
  readonly usage: Usage | null;
  readonly finish: (ProviderEvent & { type: "finish" }) | null;
}

/** Folds events as the stream does, and throws where they break the contract of `ProviderEvent`. */
export function answerOf(events: readonly ProviderEvent[]): Answer {
  const texts = { text: "", reasoning: "", refusal: "" };
  const blocks = new Map<number, { kind: string; open: boolean; call: number }>();
  const toolCalls: { id: string; name: string; arguments: string; argumentsValid: boolean }[] = [];
  const sources: string[] = [];
  const natives: unknown[] = [];
  let usage: Usage | null = null;
  let finish: Answer["finish"] = null;
  const openBlock = (block: number) => {
    const found = blocks.get(block);
    if (found?.open !== true) throw new Error(`Block ${block} is not open`);
    return found;
  };
  for (const event of events) {
    if (finish !== null && event.type !== "usage") throw new Error(`"${event.type}" after finish`);
    switch (event.type) {
      case "block.start":
        if (event.block !== blocks.size) throw new Error(`Block ${event.block} starts after ${blocks.size} blocks`);
        blocks.set(event.block, { kind: event.kind, open: true, call: toolCalls.length });
        if (event.kind === "tool") {
          toolCalls.push({ id: event.callId!, name: event.name!, arguments: "", argumentsValid: false });
        }
        break;
      case "delta": {
        const { kind, call } = openBlock(event.block);
        if (event.text === "") throw new Error("An empty delta");
        if (kind === "tool") toolCalls[call]!.arguments += event.text;
        else texts[kind as keyof typeof texts] += event.text;
        break;
      }
      case "block.end": {
        const block = openBlock(event.block);
        block.open = false;
        if (block.kind === "tool") toolCalls[block.call]!.argumentsValid = "args" in event;
        break;
      }
      case "tool.result":
        if (!toolCalls.some(({ id }) => id === event.callId)) throw new Error(`A result of no call: ${event.callId}`);
        break;
      case "step":
      case "resumable":
        break;
      case "source":
        sources.push(event.url);
        break;
      case "native":
        natives.push(event.value);
        break;
      case "usage":
        usage = event.usage;
        break;
      case "finish":
        finish = event;
    }
  }
  if (finish !== null && [...blocks.values()].some(({ open }) => open)) throw new Error("A block is open at finish");
  return { ...texts, toolCalls, sources, natives, usage, finish };
}
