/** OpenAI Responses events → ours: named events about numbered output items, closed by the whole response. */
import type { Usage } from "../../protocol/index.ts";
import { BlockWriter } from "./block-writer.ts";
import { FrameJson, breakOff, finish } from "./decoder.ts";
import { countOf, fieldsOf, textOf } from "./fields.ts";
import type { Fields } from "./fields.ts";
import type { SseFrame } from "./frames.ts";
import type { NumberedDecoder } from "./kept-answer.ts";
import type { FinishReason, ProviderEvent } from "./provider.ts";
import { inBandError } from "./provider-error.ts";

export function openAiResponsesDecoder(): NumberedDecoder<SseFrame> {
  return new OpenAiResponsesDecoder();
}

interface OpenCall {
  readonly block: number;
  /** False until arguments were streamed; some servers send them only with the finished item. */
  streamed: boolean;
}

class OpenAiResponsesDecoder implements NumberedDecoder<SseFrame> {
  readonly #json = new FrameJson();
  readonly #blocks = new BlockWriter();
  readonly #calls = new Map<unknown, OpenCall>();
  readonly #sources = new Set<string>();
  /** The response of the terminal event. */
  #response: Fields | null = null;
  #id: string | null = null;
  #position: number | null = null;
  #passOverTo = -Infinity;

  get id(): string | null {
    return this.#id;
  }

  get position(): number | null {
    return this.#position;
  }

  get complete(): boolean {
    return this.#response !== null;
  }

  get done(): boolean {
    return this.#response !== null;
  }

  decode({ data }: SseFrame, events: ProviderEvent[]): void {
    if (data.startsWith("[DONE]")) return;
    const event = this.#json.parse(data);
    if (event === null) return;
    // Events that came later to the API may have no number.
    const { sequence_number: number } = event;
    if (typeof number === "number") {
      if (number <= this.#passOverTo) return;
      if (this.#position === null || number > this.#position) this.#position = number;
    }
    this.#id ??= textOf(fieldsOf(event["response"])["id"]) || null;
    switch (event["type"]) {
      case "response.output_text.delta":
        return this.#blocks.text("text", textOf(event["delta"]), events);
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
        return this.#blocks.text("reasoning", textOf(event["delta"]), events);
      case "response.refusal.delta":
        return this.#blocks.text("refusal", textOf(event["delta"]), events);
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta":
        return this.#args(this.#calls.get(keyOf(event)), textOf(event["delta"]), events);
      case "response.output_item.added":
        this.#start(keyOf(event), fieldsOf(event["item"]), events);
        return;
      case "response.output_item.done":
        return this.#end(keyOf(event), fieldsOf(event["item"]), events);
      case "response.reasoning_summary_part.added":
        return this.#blocks.endText(events);
      case "response.output_text.annotation.added":
        return this.#source(fieldsOf(event["annotation"]), events);
      case "response.completed":
      case "response.incomplete":
        this.#response = fieldsOf(event["response"]);
        return;
      case "response.failed":
        throw inBandError(fieldsOf(event["response"]));
      case "error":
        throw inBandError(event);
    }
  }

  goOn(): void {
    this.#passOverTo = this.#position ?? -Infinity;
  }

  end(events: ProviderEvent[]): void {
    const response = this.#response;
    if (response === null) return breakOff(null, events);
    const incomplete = textOf(fieldsOf(response["incomplete_details"])["reason"]);
    const reason = REASONS[incomplete] ?? "stop";
    finish(this.#blocks, { reason, raw: incomplete || "completed", usage: usageOf(response["usage"]) }, events);
  }

  #start(key: unknown, item: Fields, events: ProviderEvent[]): OpenCall | undefined {
    const { type } = item;
    if (type !== "function_call" && type !== "custom_tool_call") {
      this.#blocks.endText(events);
      return undefined;
    }
    const id = textOf(item["call_id"]) || textOf(item["id"]);
    const block = this.#blocks.startTool(textOf(item["name"]), id, events, type === "custom_tool_call");
    const call = { block, streamed: false };
    this.#calls.set(key, call);
    return call;
  }

  /** Reasoning and what the provider's own tools did goes back as it came, so that the next turn stands on it. */
  #end(key: unknown, item: Fields, events: ProviderEvent[]): void {
    this.#blocks.endText(events);
    const { type } = item;
    if (type === "message") return;
    if (type !== "function_call" && type !== "custom_tool_call") {
      events.push({ type: "native", value: item });
      return;
    }
    const call = this.#calls.get(key) ?? this.#start(key, item, events);
    if (call === undefined) return;
    if (!call.streamed) this.#args(call, textOf(item["arguments"]) || textOf(item["input"]), events);
    this.#blocks.endTool(call.block, events);
  }

  #args(call: OpenCall | undefined, text: string, events: ProviderEvent[]): void {
    if (call === undefined) return;
    call.streamed = true;
    this.#blocks.toolArgs(call.block, text, events);
  }

  #source(annotation: Fields, events: ProviderEvent[]): void {
    const url = textOf(annotation["url"]);
    if (url === "" || this.#sources.has(url)) return;
    this.#sources.add(url);
    const title = textOf(annotation["title"]);
    const block = this.#blocks.current;
    events.push({ type: "source", url, ...(title === "" ? {} : { title }), ...(block === null ? {} : { block }) });
  }
}

/** The place in the output; ids may change from event to event behind some gateways. */
const keyOf = (event: Fields): unknown => event["output_index"] ?? event["item_id"] ?? fieldsOf(event["item"])["id"];

/** By the reason of an incomplete response; one that is complete has none. */
const REASONS: Readonly<Record<string, FinishReason>> = {
  max_output_tokens: "length",
  content_filter: "content_filter",
  max_messages: "paused",
  steered: "paused",
};

function usageOf(given: unknown): Usage | null {
  const usage = fieldsOf(given);
  const input = countOf(usage["input_tokens"]);
  if (input === undefined) return null;
  const inputs = fieldsOf(usage["input_tokens_details"]);
  const reasoning = countOf(fieldsOf(usage["output_tokens_details"])["reasoning_tokens"]);
  const cacheRead = countOf(inputs["cached_tokens"]);
  const cacheWrite = countOf(inputs["cache_write_tokens"]);
  return {
    input,
    output: countOf(usage["output_tokens"]) ?? 0,
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(cacheRead === undefined ? {} : { cacheRead }),
    ...(cacheWrite === undefined ? {} : { cacheWrite }),
    final: true,
  };
}
