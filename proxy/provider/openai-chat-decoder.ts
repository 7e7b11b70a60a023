/** Chat Completions chunks → events; the format of OpenAI, of a dozen vendors and of most local servers. */
import { StreamError } from "../../protocol/index.ts";
import type { Usage } from "../../protocol/index.ts";
import { BlockWriter } from "./block-writer.ts";
import { FrameJson, breakOff, finish } from "./decoder.ts";
import type { Decoder } from "./decoder.ts";
import { countOf, fieldsOf, isFields, listOf, textOf } from "./fields.ts";
import type { Fields } from "./fields.ts";
import type { SseFrame } from "./frames.ts";
import type { ChatProfile } from "./profiles.ts";
import type { FinishReason, ProviderEvent } from "./provider.ts";
import { inBandError } from "./provider-error.ts";
import { ReasoningDetails } from "./reasoning-details.ts";
import { ToolFragments } from "./tool-fragments.ts";

/** @param mintId names a call that the server left without an id */
export function openAiChatDecoder(profile: ChatProfile, mintId: () => string): Decoder<SseFrame> {
  return new OpenAiChatDecoder(profile, mintId);
}

class OpenAiChatDecoder implements Decoder<SseFrame> {
  readonly #profile: ChatProfile;
  readonly #json = new FrameJson();
  readonly #blocks = new BlockWriter();
  readonly #tools: ToolFragments;
  readonly #details = new ReasoningDetails();
  /** Null until there is one. */
  #sources: Set<string> | null = null;
  /** Other choices than the first are not shown, but the answer is not complete before they are. Null without any. */
  #otherChoices: Map<number, boolean> | null = null;
  #raw: string | null = null;
  /** Some servers give a reason after each tool call: only one that no content follows counts. */
  #finished = false;
  #usage: Usage | null = null;
  #done = false;

  constructor(profile: ChatProfile, mintId: () => string) {
    this.#profile = profile;
    this.#tools = new ToolFragments(this.#blocks, mintId);
  }

  get done(): boolean {
    return this.#done;
  }

  get complete(): boolean {
    if (!this.#finished) return this.#done && (this.#raw !== null || this.#profile.doneAlone);
    for (const finished of this.#otherChoices?.values() ?? []) if (!finished) return false;
    return true;
  }

  decode({ event, data }: SseFrame, events: ProviderEvent[]): void {
    if (data.startsWith("[DONE]")) {
      this.#done = true;
      return;
    }
    const chunk = this.#json.parse(data);
    if (chunk === null) return;
    if (event === "error" || (chunk["error"] !== undefined && chunk["error"] !== null)) {
      if (this.complete) return;
      throw inBandError(chunk);
    }
    const { choices } = chunk;
    if (Array.isArray(choices)) for (const choice of choices) if (isFields(choice)) this.#choice(choice, events);
    const usage = isFields(chunk["usage"]) ? chunk["usage"] : fieldsOf(fieldsOf(chunk["x_groq"])["usage"]);
    if (typeof usage["prompt_tokens"] === "number") this.#usage = chatUsage(usage, this.#profile);
    if (Array.isArray(chunk["citations"])) this.#citations(chunk["citations"], events);
  }

  end(events: ProviderEvent[]): void {
    if (!this.complete) breakOff(this.#usage, events);
    this.#tools.open(events);
    this.#details.end(events);
    finish(this.#blocks, { reason: REASONS[this.#raw ?? ""] ?? "stop", raw: this.#raw, usage: this.#usage }, events);
  }

  #choice(choice: Fields, events: ProviderEvent[]): void {
    const reason = textOf(choice["finish_reason"]);
    const index = countOf(choice["index"]) ?? 0;
    if (index > 0) {
      this.#otherChoices ??= new Map();
      this.#otherChoices.set(index, reason !== "" || this.#otherChoices.get(index) === true);
      return;
    }
    const { delta } = choice;
    const before = events.length;
    if (isFields(delta)) this.#delta(delta, events);
    // The older completions format puts its text beside the choice.
    else if (typeof choice["text"] === "string") this.#blocks.text("text", choice["text"], events);
    if (events.length > before) this.#finished = false;
    if (reason === "") return;
    const failure = FAILURES[reason];
    if (failure !== undefined) throw new StreamError(failure, `The provider stopped with "${reason}"`);
    this.#raw = reason;
    this.#finished = true;
  }

  #delta(delta: Fields, events: ProviderEvent[]): void {
    const { content } = delta;
    const reasoning = textOf(delta["reasoning_content"]) || textOf(delta["reasoning"]);
    if (reasoning !== "") this.#blocks.text("reasoning", reasoning, events);
    if (Array.isArray(delta["reasoning_details"])) {
      const text = this.#details.add(listOf(delta["reasoning_details"]));
      if (reasoning === "") this.#blocks.text("reasoning", text, events);
    }
    if (typeof content === "string") this.#blocks.text("text", content, events);
    else if (Array.isArray(content)) for (const part of listOf(content)) this.#part(part, events);
    if (typeof delta["refusal"] === "string") this.#blocks.text("refusal", delta["refusal"], events);
    if (Array.isArray(delta["tool_calls"])) this.#tools.add(listOf(delta["tool_calls"]), events);
    else if (isFields(delta["function_call"]))
      this.#tools.add([{ index: 0, function: delta["function_call"] }], events);
    if (Array.isArray(delta["annotations"])) this.#annotations(listOf(delta["annotations"]), events);
  }

  /** Mistral's content parts: thinking holds parts of its own. */
  #part(part: Fields, events: ProviderEvent[]): void {
    if (part["type"] === "thinking") {
      for (const inner of listOf(part["thinking"])) this.#blocks.text("reasoning", textOf(inner["text"]), events);
    } else {
      this.#blocks.text("text", textOf(part["text"]), events);
    }
  }

  #annotations(annotations: readonly Fields[], events: ProviderEvent[]): void {
    for (const annotation of annotations) {
      const citation = fieldsOf(annotation["url_citation"]);
      this.#source(textOf(citation["url"]), textOf(citation["title"]), events);
    }
  }

  /** Perplexity and xAI repeat the whole list in every chunk. */
  #citations(citations: readonly unknown[], events: ProviderEvent[]): void {
    if (citations.length === (this.#sources?.size ?? 0)) return;
    for (const url of citations) this.#source(textOf(url), "", events);
  }

  #source(url: string, title: string, events: ProviderEvent[]): void {
    this.#sources ??= new Set();
    if (url === "" || this.#sources.has(url)) return;
    this.#sources.add(url);
    const block = this.#blocks.current;
    events.push({
      type: "source",
      url,
      ...(title === "" ? {} : { title }),
      ...(block === null ? {} : { block }),
    });
  }
}

/** Words not listed here are some server's own word for `stop`. */
const REASONS: Readonly<Record<string, FinishReason>> = {
  length: "length",
  max_tokens: "length",
  model_length: "length",
  tool_calls: "tool_calls",
  function_call: "tool_calls",
  content_filter: "content_filter",
  sensitive: "content_filter",
};

/** Finish reasons that tell of the provider's failure, not of an answer. */
const FAILURES: Readonly<Record<string, "provider_error" | "provider_overloaded">> = {
  error: "provider_error",
  network_error: "provider_error",
  insufficient_system_resource: "provider_overloaded",
};

function chatUsage(usage: Fields, profile: ChatProfile): Usage {
  const inputs = fieldsOf(usage["prompt_tokens_details"]);
  const outputs = fieldsOf(usage["completion_tokens_details"]);
  const reasoning = countOf(outputs["reasoning_tokens"]);
  const cacheRead = countOf(inputs["cached_tokens"], usage["prompt_cache_hit_tokens"], usage["cached_tokens"]);
  const cacheWrite = countOf(inputs["cache_write_tokens"], usage["cache_creation_input_tokens"]);
  const output = countOf(usage["completion_tokens"]) ?? 0;
  return {
    input: countOf(usage["prompt_tokens"]) ?? 0,
    output: profile.reasoningBesideOutput ? output + (reasoning ?? 0) : output,
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(cacheRead === undefined ? {} : { cacheRead }),
    ...(cacheWrite === undefined ? {} : { cacheWrite }),
    final: true,
  };
}
