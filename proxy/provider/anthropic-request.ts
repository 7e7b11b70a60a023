/** A conversation and its settings in the words of Claude, wherever Claude is served. */
import type { ContentBlockParam, MessageCreateParamsStreaming } from "@anthropic-ai/sdk/resources/messages";
import { trimmedLead } from "./continuation.ts";
import type { AssistantPart, InputPart, ProviderMessage, ProviderRequest } from "./provider.ts";
import { argsObject, nativeParts, withTurn } from "./provider-message.ts";

/** Claude requires a limit; every model since 3.5 can write this much. */
const DEFAULT_MAX_TOKENS = 8_192;
/** Thinking counts into the limit, so without a limit of the request's own there is more room. */
const DEFAULT_MAX_TOKENS_THINKING = 32_000;
/** Tokens of thought for models that want a budget instead of an effort. */
const BUDGET_TOKENS = { low: 4_096, medium: 10_240, high: 20_480 } as const;
/** The smallest budget the API takes; what remains must leave room for an answer. */
const MIN_BUDGET_TOKENS = 1_024;

/** From this version Claude takes an effort and decides itself how much to think. */
const ADAPTIVE_SINCE = 4.06;
/** From this version Claude refuses a temperature. */
const NO_SAMPLING_SINCE = 4.07;

/** Claude goes on from an open turn of its own in these versions; later ones refuse it. */
const CONTINUES_SINCE = 3;
const CONTINUES_UNTIL = 4.05;

/** The SDK no longer types the temperature, which older models still take. */
type Settings = Pick<MessageCreateParamsStreaming, "max_tokens" | "thinking" | "output_config"> & {
  readonly temperature?: number;
};

/** By name: an id that does not tell the version is taken for a newer one. */
export function claudeContinues(model: string): boolean {
  const version = claudeVersion(model);
  return version >= CONTINUES_SINCE && version <= CONTINUES_UNTIL;
}

export function claudeSettings(request: ProviderRequest): Settings {
  const { model, maxOutputTokens, temperature, reasoning, prefix } = request;
  const version = claudeVersion(model);
  // Claude's scale ends at 1, at which it means what it means elsewhere.
  const sampling =
    temperature === undefined || version >= NO_SAMPLING_SINCE ? {} : { temperature: Math.min(temperature, 1) };
  // A turn that is gone on with begins with text, and thinking would have to come before that.
  if (reasoning === undefined || reasoning === "none" || prefix !== undefined) {
    return { max_tokens: maxOutputTokens ?? DEFAULT_MAX_TOKENS, ...sampling };
  }
  const maxTokens = maxOutputTokens ?? DEFAULT_MAX_TOKENS_THINKING;
  if (version >= ADAPTIVE_SINCE) {
    return {
      max_tokens: maxTokens,
      thinking: { type: "adaptive", display: "summarized" },
      output_config: { effort: reasoning },
    };
  }
  const budget = Math.min(BUDGET_TOKENS[reasoning], maxTokens - MIN_BUDGET_TOKENS);
  if (budget < MIN_BUDGET_TOKENS) return { max_tokens: maxTokens, ...sampling };
  return { max_tokens: maxTokens, thinking: { type: "enabled", budget_tokens: budget } };
}

/** `claude-sonnet-4-6` and `anthropic.claude-opus-4-6-v1` are 4.06, `claude-3-7-sonnet` is 3.07; a bare name is new. */
export function claudeVersion(model: string): number {
  const match = /claude-(?:[a-z]+-)?(\d{1,2})(?!\d)(?:[-.](\d{1,2})(?!\d))?/.exec(model);
  return match === null ? Infinity : Number(match[1]) + Number(match[2] ?? 0) / 100;
}

interface ClaudeMessage {
  readonly role: "user" | "assistant";
  readonly content: ContentBlockParam[];
}

/** Results of tools belong, all together, into the user turn right after the calls. White space may not end a turn. */
export function anthropicMessages(name: string, { messages, prefix = "" }: ProviderRequest): ClaudeMessage[] {
  const turns: ClaudeMessage[] = [];
  for (const message of withTurn(messages, trimmedLead(prefix).sent)) {
    const role = message.role === "assistant" ? "assistant" : "user";
    const content = contentOf(name, message);
    const last = turns.at(-1);
    if (content.length === 0) continue;
    if (last?.role === role) last.content.push(...content);
    else turns.push({ role, content });
  }
  return turns;
}

function contentOf(name: string, message: ProviderMessage): ContentBlockParam[] {
  switch (message.role) {
    case "user":
      return message.parts.map(inputBlock);
    case "assistant":
      return message.parts.flatMap((part) => assistantBlocks(name, part));
    case "tool": {
      const { callId, result, ok } = message;
      return [{ type: "tool_result", tool_use_id: toolId(callId), content: result, ...(ok ? {} : { is_error: true }) }];
    }
  }
}

function inputBlock(part: InputPart): ContentBlockParam {
  if (part.type === "text") return { type: "text", text: part.text };
  const mediaType = part.mediaType as "image/png";
  return { type: "image", source: { type: "base64", media_type: mediaType, data: part.data } };
}

/** Readable thinking goes back only as the signed record it came with; an empty text block is refused. */
function assistantBlocks(name: string, part: AssistantPart): ContentBlockParam[] {
  switch (part.type) {
    case "text":
      return part.text.trim() === "" ? [] : [{ type: "text", text: part.text }];
    case "reasoning":
      return [];
    case "tool-call":
      return [{ type: "tool_use", id: toolId(part.callId), name: part.name, input: argsObject(part.argsText) }];
    case "native":
      return nativeParts(name, [part]) as ContentBlockParam[];
  }
}

/** Claude takes only these characters in an id; another provider's may hold others. */
const toolId = (callId: string): string => callId.replace(/[^A-Za-z0-9_-]/g, "_");
