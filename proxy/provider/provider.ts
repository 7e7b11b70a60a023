/** What the rest of the proxy knows of a provider: a request goes in, batches of events come out. */
import type { BlockKind, EndReason, Usage } from "../../protocol/index.ts";

export type InputPart =
  | { readonly type: "text"; readonly text: string }
  /** `data` is base64. */
  | { readonly type: "image"; readonly mediaType: string; readonly data: string };

export type AssistantPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reasoning"; readonly text: string }
  | { readonly type: "tool-call"; readonly callId: string; readonly name: string; readonly argsText: string }
  /** A provider's own record (signature, encrypted reasoning), sent back untouched to the provider that made it. */
  | { readonly type: "native"; readonly provider: string; readonly value: unknown };

export type ProviderMessage =
  | { readonly role: "user"; readonly parts: readonly InputPart[] }
  | { readonly role: "assistant"; readonly parts: readonly AssistantPart[] }
  | {
      readonly role: "tool";
      readonly callId: string;
      readonly name: string;
      readonly ok: boolean;
      readonly result: string;
    };

export interface ToolDeclaration {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface ProviderRequest {
  readonly model: string;
  readonly instructions?: string;
  readonly messages: readonly ProviderMessage[];
  readonly tools: readonly ToolDeclaration[];
  readonly maxOutputTokens?: number;
  /** 0 to 2, as OpenAI counts; a provider with another scale maps it. */
  readonly temperature?: number;
  readonly reasoning?: "none" | "low" | "medium" | "high";
  /** For agents that keep a memory of their own; the same in every turn of a conversation. */
  readonly conversation?: string;
}

/** Why the model stopped, in our words; `raw` in `finish` keeps the provider's. */
export type FinishReason = Extract<
  EndReason,
  "stop" | "length" | "tool_calls" | "content_filter" | "refusal" | "paused"
>;

/** `block` counts from 0 within one call; the pump gives blocks their number in the stream. */
export type ProviderEvent =
  | {
      readonly type: "block.start";
      readonly block: number;
      readonly kind: BlockKind;
      readonly name?: string;
      readonly callId?: string;
    }
  | { readonly type: "delta"; readonly block: number; readonly text: string }
  /** Every started block ends, also those a provider leaves open when it finishes. `args` only for valid JSON. */
  | { readonly type: "block.end"; readonly block: number; readonly args?: unknown }
  /** The provider ran the call itself, as agents do: nothing is left to run. */
  | { readonly type: "tool.result"; readonly callId: string; readonly ok: boolean; readonly result: unknown }
  /** An agent began a step of its own: told to viewers while it lasts, not kept. */
  | { readonly type: "step"; readonly name: string }
  | { readonly type: "source"; readonly url: string; readonly title?: string; readonly block?: number }
  /** Cumulative within the call; the latest counts. */
  | { readonly type: "usage"; readonly usage: Usage }
  /** Kept beside the events, never delivered. */
  | { readonly type: "native"; readonly value: unknown }
  /** The terminal rule holds (design: A.9 of the provider's format). Nothing but `usage` follows. */
  | { readonly type: "finish"; readonly reason: FinishReason; readonly raw: string | null };

/** Milliseconds; 0 switches a timer off. */
export interface ProviderTimers {
  readonly connectMs: number;
  /** Until the first content; keep-alive comments do not count. */
  readonly firstContentMs: number;
  /** Between any two bytes. */
  readonly livenessMs: number;
  /** Between two pieces of content. */
  readonly betweenContentMs: number;
}

export interface Provider {
  /** The name it has in the configuration, as in `provider/model`. */
  readonly name: string;
  /** Shown to people next to the answer where it must be: the demo provider says that it is one. */
  readonly label?: string;
  /** A call may have changed something in the world before it failed, so that a second one is no repetition. */
  readonly acts?: boolean;
  /**
   * Yields one batch per upstream read, in provider order, and ends after `finish`. Returning early or aborting
   * `signal` closes the provider's socket. The consumer pulls, so a consumer that waits pauses the socket.
   * @throws {StreamError} one of the `provider_*`, `context_overflow`, `*_timeout` and `upstream_*` codes; an end
   * without the terminal rule is `upstream_truncated`. When `signal` is the reason, `cancelled`.
   */
  stream(
    request: ProviderRequest,
    timers: ProviderTimers,
    signal: AbortSignal,
  ): AsyncGenerator<readonly ProviderEvent[], void>;
  /** Reaches the provider as cheaply as it allows. @throws {StreamError} as `stream`. */
  check(signal: AbortSignal): Promise<void>;
}
