/** Ollama's lines → events: whole tool calls, and figures in the line that says `done`. */
import type { Usage } from "../../protocol/index.ts";
import { BlockWriter } from "./block-writer.ts";
import { FrameJson, breakOff, finish } from "./decoder.ts";
import type { Decoder } from "./decoder.ts";
import { countOf, fieldsOf, listOf, textOf } from "./fields.ts";
import type { Fields } from "./fields.ts";
import type { ProviderEvent } from "./provider.ts";
import { inBandError } from "./provider-error.ts";

/** @param mintId names a call that the server left without an id */
export function ollamaDecoder(mintId: () => string): Decoder<string> {
  return new OllamaDecoder(mintId);
}

class OllamaDecoder implements Decoder<string> {
  readonly #mintId: () => string;
  readonly #json = new FrameJson();
  readonly #blocks = new BlockWriter();
  #last: Fields | null = null;

  constructor(mintId: () => string) {
    this.#mintId = mintId;
  }

  get complete(): boolean {
    return this.#last !== null;
  }

  get done(): boolean {
    return this.#last !== null;
  }

  decode(line: string, events: ProviderEvent[]): void {
    const reply = this.#json.parse(line);
    if (reply === null) return;
    if (reply["error"] !== undefined) throw inBandError(reply);
    const message = fieldsOf(reply["message"]);
    // `/api/generate`, which some servers answer with, has its text in `response`.
    this.#blocks.text("reasoning", textOf(message["thinking"]) || textOf(reply["thinking"]), events);
    this.#blocks.text("text", textOf(message["content"]) || textOf(reply["response"]), events);
    for (const call of listOf(message["tool_calls"])) this.#call(call, events);
    if (reply["done"] === true) this.#last = reply;
  }

  end(events: ProviderEvent[]): void {
    if (this.#last === null) return breakOff(null, events);
    const raw = textOf(this.#last["done_reason"]) || null;
    finish(this.#blocks, { reason: raw === "length" ? "length" : "stop", raw, usage: usageOf(this.#last) }, events);
  }

  #call(call: Fields, events: ProviderEvent[]): void {
    const called = fieldsOf(call["function"]);
    const { arguments: args } = called;
    const block = this.#blocks.startTool(textOf(called["name"]), textOf(call["id"]) || this.#mintId(), events);
    this.#blocks.toolArgs(block, typeof args === "string" ? args : JSON.stringify(args ?? {}), events);
    this.#blocks.endTool(block, events);
  }
}

/** A prompt served from Ollama's cache may have no count. */
function usageOf(last: Fields): Usage | null {
  const input = countOf(last["prompt_eval_count"]);
  const output = countOf(last["eval_count"]);
  if (input === undefined && output === undefined) return null;
  return { input: input ?? 0, output: output ?? 0, final: true };
}
