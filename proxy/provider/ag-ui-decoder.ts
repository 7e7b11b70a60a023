/** AG-UI events → ours: an agent's run, its messages, thoughts and calls, of which it may have run some itself. */
import type { Usage } from "../../protocol/index.ts";
import { BlockWriter } from "./block-writer.ts";
import { FrameJson, breakOff, finish } from "./decoder.ts";
import type { Decoder } from "./decoder.ts";
import { countOf, fieldsOf, listOf, textOf } from "./fields.ts";
import type { Fields } from "./fields.ts";
import type { SseFrame } from "./frames.ts";
import type { ProviderEvent } from "./provider.ts";
import { inBandError } from "./provider-error.ts";

/** A name to show on a line. */
const STEP_CHARS = 120;

export function agUiDecoder(): Decoder<SseFrame> {
  return new AgUiDecoder();
}

class AgUiDecoder implements Decoder<SseFrame> {
  readonly #json = new FrameJson();
  readonly #blocks = new BlockWriter();
  /** Our block of each call. */
  readonly #calls = new Map<string, number>();
  /** Messages of other roles than the assistant's, which are not part of the answer. */
  readonly #others = new Set<string>();
  /** Shortened events name their message or call only once. */
  #lastCall = "";
  #lastMessage = "";
  #thought = "";
  #snapshot: readonly Fields[] = [];
  #finished: Fields | null = null;

  get complete(): boolean {
    return this.#finished !== null;
  }

  get done(): boolean {
    return this.#finished !== null;
  }

  decode({ data }: SseFrame, events: ProviderEvent[]): void {
    const event = this.#json.parse(data);
    if (event === null) return;
    const delta = textOf(event["delta"]);
    switch (event["type"]) {
      case "TEXT_MESSAGE_CONTENT":
      case "TEXT_MESSAGE_CHUNK":
        return this.#text(event, delta, events);
      case "REASONING_MESSAGE_CONTENT":
      case "REASONING_MESSAGE_CHUNK":
      case "THINKING_TEXT_MESSAGE_CONTENT":
        return this.#think(event, delta, events);
      case "TOOL_CALL_ARGS":
      case "TOOL_CALL_CHUNK":
      case "TOOL_CALL_START":
        return this.#call(event, delta, events);
      case "TOOL_CALL_END":
        return this.#blocks.endTool(this.#calls.get(textOf(event["toolCallId"])) ?? -1, events);
      case "TOOL_CALL_RESULT":
        return this.#result(event, events);
      case "TEXT_MESSAGE_START":
        this.#blocks.endText(events);
        return this.#text(event, "", events);
      case "REASONING_MESSAGE_START":
        this.#blocks.endText(events);
        this.#thought = "";
        return this.#think(event, "", events);
      case "TEXT_MESSAGE_END":
      case "REASONING_MESSAGE_END":
      case "THINKING_TEXT_MESSAGE_END":
        return this.#blocks.endText(events);
      case "REASONING_ENCRYPTED_VALUE":
        return this.#encrypted(event, events);
      case "MESSAGES_SNAPSHOT":
        this.#snapshot = listOf(event["messages"]);
        return;
      case "STEP_STARTED":
        if (typeof event["stepName"] === "string")
          events.push({ type: "step", name: event["stepName"].slice(0, STEP_CHARS) });
        return;
      case "RUN_FINISHED":
        this.#finished = event;
        return;
      case "RUN_ERROR":
        throw inBandError(event);
    }
  }

  end(events: ProviderEvent[]): void {
    if (this.#finished === null) return breakOff(null, events);
    if (this.#blocks.empty) this.#fromSnapshot(events);
    const raw = textOf(fieldsOf(this.#finished["outcome"])["type"]) || null;
    finish(
      this.#blocks,
      { reason: raw === "interrupt" ? "paused" : "stop", raw, usage: usageOf(this.#finished["usage"]) },
      events,
    );
  }

  /** Chunks have no start: naming another message begins it. */
  #begin(event: Fields, events: ProviderEvent[]): void {
    const id = textOf(event["messageId"]);
    if (id === "" || id === this.#lastMessage) return;
    this.#lastMessage = id;
    this.#thought = "";
    this.#blocks.endText(events);
  }

  #text(event: Fields, delta: string, events: ProviderEvent[]): void {
    this.#begin(event, events);
    const role = textOf(event["role"]);
    if (role !== "" && role !== "assistant") this.#others.add(this.#lastMessage);
    if (!this.#others.has(this.#lastMessage)) this.#blocks.text("text", delta, events);
  }

  #think(event: Fields, delta: string, events: ProviderEvent[]): void {
    this.#begin(event, events);
    this.#thought += delta;
    this.#blocks.text("reasoning", delta, events);
  }

  #call(event: Fields, delta: string, events: ProviderEvent[]): void {
    this.#lastCall = textOf(event["toolCallId"]) || this.#lastCall;
    let block = this.#calls.get(this.#lastCall);
    if (block === undefined) {
      block = this.#blocks.startTool(textOf(event["toolCallName"]), this.#lastCall, events);
      this.#calls.set(this.#lastCall, block);
    }
    this.#blocks.toolArgs(block, delta, events);
  }

  /** A result of a call of an earlier run has no block here; the stream knows it already. */
  #result(event: Fields, events: ProviderEvent[]): void {
    const callId = textOf(event["toolCallId"]);
    const block = this.#calls.get(callId);
    if (block === undefined) return;
    this.#blocks.endTool(block, events);
    this.#blocks.answered();
    events.push({ type: "tool.result", callId, ok: true, result: event["content"] });
  }

  #encrypted(event: Fields, events: ProviderEvent[]): void {
    if (event["subtype"] === "tool-call") return;
    const { entityId: id, encryptedValue } = event;
    events.push({ type: "native", value: { id, role: "reasoning", content: this.#thought, encryptedValue } });
  }

  /** Some agents only show where the conversation stands now: what follows the last question is the answer. */
  #fromSnapshot(events: ProviderEvent[]): void {
    const asked = this.#snapshot.findLastIndex((message) => message["role"] === "user");
    for (const message of this.#snapshot.slice(asked + 1)) {
      if (message["role"] === "assistant") this.#blocks.text("text", textOf(message["content"]), events);
    }
  }
}

/** One entry per model the agent used. */
function usageOf(given: unknown): Usage | null {
  const entries = listOf(given);
  if (entries.length === 0) return null;
  const sum = (field: string): number => entries.reduce((total, entry) => total + (countOf(entry[field]) ?? 0), 0);
  return {
    input: sum("inputTokens"),
    output: sum("outputTokens"),
    reasoning: sum("reasoningTokens"),
    cacheRead: sum("cachedInputTokens"),
    final: true,
  };
}
