/** Bedrock Converse events → ours; Nova's own format on `invoke` has the same events. */
import { StreamError } from "../../protocol/index.ts";
import type { Usage } from "../../protocol/index.ts";
import type { AwsFrame } from "./aws-frames.ts";
import { BlockWriter } from "./block-writer.ts";
import { breakOff, finish } from "./decoder.ts";
import type { Decoder } from "./decoder.ts";
import { countOf, fieldsOf, isFields, listOf, textOf } from "./fields.ts";
import type { Fields } from "./fields.ts";
import type { FinishReason, ProviderEvent } from "./provider.ts";
import { inBandError } from "./provider-error.ts";
import { argsObject } from "./provider-message.ts";

export function bedrockConverseDecoder(): Decoder<AwsFrame> {
  const events = new ConverseEvents();
  return {
    get complete() {
      return events.complete;
    },
    get done() {
      return events.done;
    },
    decode({ type, exception, body }, out) {
      if (!exception) return events.event(type, body, out);
      if (!events.complete) throw inBandError({ ...body, type });
    },
    end: (out) => events.end(out),
  };
}

/** A block that goes back to the provider as it came. */
interface NativeBlock {
  kind: "reasoning" | "toolUse" | "toolResult";
  readonly start: Fields;
  text: string;
  signature: string;
  redacted: string;
  readonly content: Fields[];
}

export class ConverseEvents {
  readonly #blocks = new BlockWriter();
  readonly #tools = new Map<number, number>();
  readonly #natives = new Map<number, NativeBlock>();
  #raw: string | null = null;
  #usage: Usage | null = null;

  get complete(): boolean {
    return this.#raw !== null;
  }

  get done(): boolean {
    return this.#raw !== null && this.#usage !== null;
  }

  event(type: string, body: Fields, events: ProviderEvent[]): void {
    const index = countOf(body["contentBlockIndex"]) ?? 0;
    switch (type) {
      case "contentBlockDelta":
        return this.#delta(index, fieldsOf(body["delta"]), events);
      case "contentBlockStart":
        return this.#start(index, fieldsOf(body["start"]), events);
      case "contentBlockStop":
        return this.#stop(index, events);
      case "messageStop": {
        const raw = textOf(body["stopReason"]);
        if (raw.startsWith("malformed")) throw new StreamError("provider_error", `The provider stopped with "${raw}"`);
        this.#raw = raw;
        return;
      }
      case "metadata":
        this.#usage = usageOf(fieldsOf(body["usage"]));
        return;
    }
  }

  end(events: ProviderEvent[]): void {
    const raw = this.#raw;
    if (raw === null) return breakOff(this.#usage, events);
    for (const index of [...this.#natives.keys()]) this.#stop(index, events);
    finish(this.#blocks, { reason: REASONS[raw] ?? "stop", raw, usage: this.#usage }, events);
  }

  #start(index: number, start: Fields, events: ProviderEvent[]): void {
    const { toolUse, toolResult } = start;
    if (isFields(toolResult)) this.#native(index, "toolResult", toolResult);
    if (!isFields(toolUse)) return;
    if (toolUse["type"] === "server_tool_use") this.#native(index, "toolUse", toolUse);
    else this.#tools.set(index, this.#blocks.startTool(textOf(toolUse["name"]), textOf(toolUse["toolUseId"]), events));
  }

  #delta(index: number, delta: Fields, events: ProviderEvent[]): void {
    const { text, toolUse, toolResult, reasoningContent, citation } = delta;
    if (typeof text === "string") return this.#blocks.text("text", text, events);
    if (isFields(reasoningContent)) return this.#reasoning(index, reasoningContent, events);
    if (isFields(toolUse)) {
      const native = this.#natives.get(index);
      if (native === undefined) this.#blocks.toolArgs(this.#tools.get(index) ?? -1, textOf(toolUse["input"]), events);
      else native.text += textOf(toolUse["input"]);
    }
    if (Array.isArray(toolResult)) this.#natives.get(index)?.content.push(...listOf(toolResult));
    if (isFields(citation)) this.#citation(citation, events);
  }

  #reasoning(index: number, reasoning: Fields, events: ProviderEvent[]): void {
    const native = this.#natives.get(index) ?? this.#native(index, "reasoning", {});
    native.text += textOf(reasoning["text"]);
    native.signature += textOf(reasoning["signature"]);
    native.redacted += textOf(reasoning["redactedContent"]);
    this.#blocks.text("reasoning", textOf(reasoning["text"]), events);
  }

  #citation(citation: Fields, events: ProviderEvent[]): void {
    const url = textOf(fieldsOf(fieldsOf(citation["location"])["web"])["url"]);
    if (url === "") return;
    const title = textOf(citation["title"]);
    const block = this.#blocks.current;
    events.push({ type: "source", url, ...(title === "" ? {} : { title }), ...(block === null ? {} : { block }) });
  }

  #stop(index: number, events: ProviderEvent[]): void {
    const tool = this.#tools.get(index);
    if (tool !== undefined) this.#blocks.endTool(tool, events);
    const native = this.#natives.get(index);
    this.#natives.delete(index);
    // Nova closes and opens a block for every piece of text: those stay one.
    if (native === undefined) return;
    if (native.kind === "reasoning") this.#blocks.endText(events);
    events.push({ type: "native", value: contentBlock(native) });
  }

  #native(index: number, kind: NativeBlock["kind"], start: Fields): NativeBlock {
    const native = { kind, start, text: "", signature: "", redacted: "", content: [] };
    this.#natives.set(index, native);
    return native;
  }
}

/** The block in the form in which a request holds it; redacted thinking stays base64 until then. */
function contentBlock({ kind, start, text, signature, redacted, content }: NativeBlock): Fields {
  switch (kind) {
    case "reasoning":
      if (redacted !== "") return { reasoningContent: { redactedContent: redacted } };
      return { reasoningContent: { reasoningText: signature === "" ? { text } : { text, signature } } };
    case "toolUse":
      return { toolUse: { ...start, input: argsObject(text) } };
    case "toolResult":
      return { toolResult: { ...start, content } };
  }
}

/** Words not listed (`end_turn`, `stop_sequence`) mean `stop`. */
const REASONS: Readonly<Record<string, FinishReason>> = {
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  content_filtered: "content_filter",
  guardrail_intervened: "content_filter",
};

/** Bedrock counts cached input beside `inputTokens`. */
function usageOf(usage: Fields): Usage | null {
  const input = countOf(usage["inputTokens"]);
  if (input === undefined) return null;
  const cacheRead = countOf(usage["cacheReadInputTokens"], usage["cacheReadInputTokenCount"]);
  const cacheWrite = countOf(usage["cacheWriteInputTokens"], usage["cacheWriteInputTokenCount"]);
  return {
    input: input + (cacheRead ?? 0) + (cacheWrite ?? 0),
    output: countOf(usage["outputTokens"]) ?? 0,
    ...(cacheRead === undefined ? {} : { cacheRead }),
    ...(cacheWrite === undefined ? {} : { cacheWrite }),
    final: true,
  };
}
