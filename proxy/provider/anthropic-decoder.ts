/** Anthropic Messages events → our events; Bedrock's Claude sends the same objects in frames of its own. */
import type { Usage } from "../../protocol/index.ts";
import { BlockWriter } from "./block-writer.ts";
import { FrameJson, breakOff, finish } from "./decoder.ts";
import type { Decoder } from "./decoder.ts";
import { countOf, fieldsOf, textOf } from "./fields.ts";
import type { Fields } from "./fields.ts";
import type { SseFrame } from "./frames.ts";
import type { FinishReason, ProviderEvent } from "./provider.ts";
import { inBandError } from "./provider-error.ts";
import { argsObject } from "./provider-message.ts";

export function anthropicDecoder(): Decoder<SseFrame> {
  return new SseDecoder();
}

/** A block the provider has open. */
interface OpenBlock {
  /** As it started; its deltas are added to it, so that it can go back whole. */
  readonly native: Record<string, unknown>;
  /** Our number of a tool block; null for the other kinds. */
  readonly tool: number | null;
  /** Joined input of a tool, as streamed; a tool whose input came whole with its start has none. */
  inputText: string;
}

/** Understands the events, whatever frames they came in. */
export class AnthropicEvents {
  readonly #blocks = new BlockWriter();
  readonly #open = new Map<number, OpenBlock>();
  /** The figures of `message_start`, overlaid by each `message_delta`: they are cumulative. */
  #figures: Fields = {};
  #hasFigures = false;
  #closing = false;
  #raw: string | null = null;
  #done = false;

  get complete(): boolean {
    return this.#raw !== null;
  }

  get done(): boolean {
    return this.#done;
  }

  event(event: Fields, events: ProviderEvent[]): void {
    switch (event["type"]) {
      case "content_block_delta":
        return this.#delta(this.#at(event), fieldsOf(event["delta"]), events);
      case "content_block_start":
        return this.#start(countOf(event["index"]) ?? 0, fieldsOf(event["content_block"]), events);
      case "content_block_stop":
        return this.#stop(countOf(event["index"]) ?? 0, events);
      case "message_start":
        this.#overlay(fieldsOf(event["message"])["usage"]);
        if (this.#hasFigures) events.push({ type: "usage", usage: this.#usage() });
        return;
      case "message_delta":
        this.#closing = true;
        this.#overlay(event["usage"]);
        this.#raw = textOf(fieldsOf(event["delta"])["stop_reason"]) || this.#raw;
        return;
      case "message_stop":
        this.#done = true;
        return;
      case "error":
        if (!this.complete) throw inBandError(event);
        return;
    }
  }

  end(events: ProviderEvent[]): void {
    const usage = this.#hasFigures ? this.#usage() : null;
    if (this.#raw === null) return breakOff(usage, events);
    for (const index of [...this.#open.keys()]) this.#stop(index, events);
    finish(this.#blocks, { reason: REASONS[this.#raw] ?? "stop", raw: this.#raw, usage }, events);
  }

  #start(index: number, block: Fields, events: ProviderEvent[]): void {
    const type = textOf(block["type"]);
    const tool =
      type === "tool_use" ? this.#blocks.startTool(textOf(block["name"]), textOf(block["id"]), events) : null;
    this.#open.set(index, { native: { ...block }, tool, inputText: "" });
    if (type === "text") this.#blocks.text("text", textOf(block["text"]), events);
    if (type === "thinking") this.#blocks.text("reasoning", textOf(block["thinking"]), events);
  }

  #delta(block: OpenBlock | undefined, delta: Fields, events: ProviderEvent[]): void {
    switch (delta["type"]) {
      case "text_delta":
        return this.#blocks.text("text", textOf(delta["text"]), events);
      case "thinking_delta":
        append(block, "thinking", delta["thinking"]);
        return this.#blocks.text("reasoning", textOf(delta["thinking"]), events);
      case "signature_delta":
        return append(block, "signature", delta["signature"]);
      case "input_json_delta":
        if (block === undefined) return;
        block.inputText += textOf(delta["partial_json"]);
        if (block.tool !== null) this.#blocks.toolArgs(block.tool, textOf(delta["partial_json"]), events);
        return;
      case "citations_delta":
        return this.#citation(fieldsOf(delta["citation"]), events);
    }
  }

  #citation(citation: Fields, events: ProviderEvent[]): void {
    const url = textOf(citation["url"]);
    if (url === "") return;
    const title = textOf(citation["title"]);
    const block = this.#blocks.current;
    events.push({ type: "source", url, ...(title === "" ? {} : { title }), ...(block === null ? {} : { block }) });
  }

  #stop(index: number, events: ProviderEvent[]): void {
    const block = this.#open.get(index);
    if (block === undefined) return;
    this.#open.delete(index);
    const { native, tool, inputText } = block;
    if (tool !== null) {
      const whole = fieldsOf(native["input"]);
      if (inputText === "" && Object.keys(whole).length > 0) {
        this.#blocks.toolArgs(tool, JSON.stringify(whole), events);
      }
      return this.#blocks.endTool(tool, events);
    }
    this.#blocks.endText(events);
    if (native["type"] === "text") return;
    // Thinking with its signature, and what the provider's own tools did: goes back as it came.
    events.push({ type: "native", value: inputText === "" ? native : { ...native, input: argsObject(inputText) } });
  }

  #at(event: Fields): OpenBlock | undefined {
    return this.#open.get(countOf(event["index"]) ?? 0);
  }

  #overlay(usage: unknown): void {
    const given = Object.entries(fieldsOf(usage)).filter(([, value]) => value !== null);
    if (given.length === 0) return;
    this.#hasFigures = true;
    this.#figures = { ...this.#figures, ...Object.fromEntries(given) };
  }

  /** Anthropic counts cached input beside `input_tokens`. */
  #usage(): Usage {
    const figures = this.#figures;
    const cacheRead = countOf(figures["cache_read_input_tokens"]);
    const cacheWrite = countOf(figures["cache_creation_input_tokens"]);
    const reasoning = countOf(fieldsOf(figures["output_tokens_details"])["thinking_tokens"]);
    return {
      input: (countOf(figures["input_tokens"]) ?? 0) + (cacheRead ?? 0) + (cacheWrite ?? 0),
      output: countOf(figures["output_tokens"]) ?? 0,
      ...(reasoning === undefined ? {} : { reasoning }),
      ...(cacheRead === undefined ? {} : { cacheRead }),
      ...(cacheWrite === undefined ? {} : { cacheWrite }),
      final: this.#closing,
    };
  }
}

class SseDecoder implements Decoder<SseFrame> {
  readonly #json = new FrameJson();
  readonly #events = new AnthropicEvents();

  get complete(): boolean {
    return this.#events.complete;
  }

  get done(): boolean {
    return this.#events.done;
  }

  decode({ data }: SseFrame, events: ProviderEvent[]): void {
    const event = this.#json.parse(data);
    if (event !== null) this.#events.event(event, events);
  }

  end(events: ProviderEvent[]): void {
    this.#events.end(events);
  }
}

/** Words not listed (`end_turn`, `stop_sequence`) mean `stop`. */
const REASONS: Readonly<Record<string, FinishReason>> = {
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  pause_turn: "paused",
  refusal: "refusal",
};

function append(block: OpenBlock | undefined, field: string, text: unknown): void {
  if (block !== undefined) block.native[field] = textOf(block.native[field]) + textOf(text);
}
