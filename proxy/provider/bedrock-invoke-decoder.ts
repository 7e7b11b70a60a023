/** Bedrock `invoke` → events: each chunk holds an object of the model's own format, which its shape tells. */
import type { Usage } from "../../protocol/index.ts";
import { AnthropicEvents } from "./anthropic-decoder.ts";
import type { AwsFrame } from "./aws-frames.ts";
import { ConverseEvents } from "./bedrock-converse-decoder.ts";
import { BlockWriter } from "./block-writer.ts";
import { FrameJson, breakOff, finish } from "./decoder.ts";
import type { Decoder } from "./decoder.ts";
import { countOf, fieldsOf, isFields, listOf, textOf } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { openAiChatDecoder } from "./openai-chat-decoder.ts";
import { CHAT_PROFILES } from "./profiles.ts";
import type { FinishReason, ProviderEvent } from "./provider.ts";
import { inBandError } from "./provider-error.ts";

/** @param mintId names a call that the model left without an id */
export function bedrockInvokeDecoder(mintId: () => string): Decoder<AwsFrame> {
  const json = new FrameJson();
  let model: ModelReader = new PlainText();
  let known = false;
  return {
    get complete() {
      return model.complete;
    },
    get done() {
      return model.done;
    },
    decode({ type, exception, body }, events) {
      if (exception) {
        if (model.complete) return;
        throw inBandError({ ...body, type });
      }
      const object = json.parse(Buffer.from(textOf(body["bytes"]), "base64").toString("utf8"));
      if (object === null) return;
      if (!known) model = readerFor(object, mintId);
      known = true;
      model.read(object, events);
    },
    end: (events) => model.end(events),
  };
}

interface ModelReader {
  readonly complete: boolean;
  readonly done: boolean;
  read(object: Fields, events: ProviderEvent[]): void;
  end(events: ProviderEvent[]): void;
}

function readerFor(object: Fields, mintId: () => string): ModelReader {
  if (typeof object["type"] === "string") return new Claude();
  if (Array.isArray(object["choices"])) return new Chat(mintId);
  return "messageStart" in object ? new Nova() : new PlainText();
}

class Claude extends AnthropicEvents implements ModelReader {
  read(object: Fields, events: ProviderEvent[]): void {
    this.event(object, events);
  }
}

class Nova extends ConverseEvents implements ModelReader {
  read(object: Fields, events: ProviderEvent[]): void {
    for (const [type, body] of Object.entries(object)) if (isFields(body)) this.event(type, body, events);
  }
}

/** OpenAI's open models, and Mistral's newer ones. */
class Chat implements ModelReader {
  readonly #chat;

  constructor(mintId: () => string) {
    this.#chat = openAiChatDecoder(CHAT_PROFILES["openai-compatible"], mintId);
  }

  get complete(): boolean {
    return this.#chat.complete;
  }

  get done(): boolean {
    return this.#chat.done;
  }

  read(object: Fields, events: ProviderEvent[]): void {
    this.#chat.decode({ data: JSON.stringify(object) }, events);
  }

  end(events: ProviderEvent[]): void {
    this.#chat.end(events);
  }
}

/** Titan (`outputText`), Llama (`generation`) and the older Mistral models (`outputs`): text, and a reason at the end. */
class PlainText implements ModelReader {
  readonly #blocks = new BlockWriter();
  #raw: string | null = null;
  #guarded = false;
  #input: number | undefined;
  #output: number | undefined;

  get complete(): boolean {
    return this.#raw !== null || this.#guarded;
  }

  get done(): boolean {
    return this.complete;
  }

  read(object: Fields, events: ProviderEvent[]): void {
    const [output = {}] = listOf(object["outputs"]);
    for (const text of [object["outputText"], object["generation"], output["text"]]) {
      this.#blocks.text("text", textOf(text), events);
    }
    const metrics = fieldsOf(object["amazon-bedrock-invocationMetrics"]);
    this.#input = countOf(
      object["inputTextTokenCount"],
      object["prompt_token_count"],
      metrics["inputTokenCount"],
      this.#input,
    );
    this.#output = countOf(
      object["totalOutputTextTokenCount"],
      object["generation_token_count"],
      metrics["outputTokenCount"],
      this.#output,
    );
    this.#raw =
      textOf(object["completionReason"]) || textOf(object["stop_reason"]) || textOf(output["stop_reason"]) || this.#raw;
    this.#guarded ||= object["amazon-bedrock-guardrailAction"] === "INTERVENED";
  }

  end(events: ProviderEvent[]): void {
    if (!this.complete) return breakOff(this.#usage(), events);
    const reason = this.#guarded ? "content_filter" : (REASONS[this.#raw?.toLowerCase() ?? ""] ?? "stop");
    finish(this.#blocks, { reason, raw: this.#raw, usage: this.#usage() }, events);
  }

  #usage(): Usage | null {
    if (this.#input === undefined && this.#output === undefined) return null;
    return { input: this.#input ?? 0, output: this.#output ?? 0, final: this.complete };
  }
}

/** Words not listed (`FINISH`, `stop`) mean `stop`. */
const REASONS: Readonly<Record<string, FinishReason>> = {
  length: "length",
  content_filtered: "content_filter",
};
