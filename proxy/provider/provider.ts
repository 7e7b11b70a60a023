/** What the rest of the proxy knows of a provider: a request goes in, batches of events come out. */
import type { BlockKind, EndReason, Usage } from "../../protocol/index.ts";
import type { KeyRing, ProviderKey } from "./key-ring.ts";

export type { ProviderKey } from "./key-ring.ts";

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
  /** The model has the tools it may see but should answer now: no further calls, where its API can say so. */
  readonly windUp?: true;
  /** What the model has said so far: it goes on from here, and only what follows is yielded. See `Provider.continues`. */
  readonly prefix?: string;
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
  /** The provider keeps this answer: a broken connection can be taken up again with `Provider.reattach`. Comes once, early. */
  | { readonly type: "resumable"; readonly resume: ResumePoint }
  /** The terminal rule holds (design: A.9 of the provider's format). Nothing but `usage` follows. */
  | { readonly type: "finish"; readonly reason: FinishReason; readonly raw: string | null };

/** What it takes to go on reading an answer that the provider keeps. */
export interface ResumePoint {
  /** The provider's own id of the answer. JSON, kept beside the events: good after a restart, too. */
  readonly id: string;
}

/**
 * Reasons to leave an answer that do not mean it is unwanted: the writer of the stream has lost its log, not its readers,
 * and whoever takes the stream over reads the answer on.
 */
export const STILL_WANTED: ReadonlySet<string> = new Set(["conflict", "storage_unavailable", "draining"]);

/**
 * Failures of calls that cost nothing: nothing was sent, or the provider refused the request. `Provider.stream` throws
 * them; what is not in it may have been worked on, and billed.
 */
export const UNBILLED = new WeakSet<Error>();

/** What the reader of an answer has of it: how many characters of each of its blocks, by the block's number in the call. */
export type Received = ReadonlyMap<number, number>;

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
    /** One of `keys`; its next one where absent. */
    key?: ProviderKey | null,
  ): AsyncGenerator<readonly ProviderEvent[], void>;
  /** The keys of this provider; absent where it needs none. */
  readonly keys?: KeyRing;
  /** True where the model goes on from `ProviderRequest.prefix` instead of answering anew. */
  continues?(model: string): boolean;
  /**
   * Goes on with an answer the provider keeps, as `stream` would have: block numbers are those of the first call, a
   * block of `received` is not started again, and of its text only what follows is yielded. The end of a block, a
   * source or a record that directly follows what was received may come again: `received` does not tell of it. A call
   * that is aborted or left also stops the answer at the provider. Absent where no answer is kept.
   * @throws {StreamError} as `stream`; `provider_not_found` when the provider does not have it any more.
   */
  reattach?(
    resume: ResumePoint,
    received: Received,
    request: ProviderRequest,
    timers: ProviderTimers,
    signal: AbortSignal,
    key?: ProviderKey | null,
  ): AsyncGenerator<readonly ProviderEvent[], void>;
  /**
   * An answer that `reattach` would go on with is not wanted any more, and no call is under way that could be aborted:
   * it is stopped at the provider. Best effort: bounded, nobody hears how it went. @param key the one it was asked with
   */
  abandon?(resume: ResumePoint, key: ProviderKey | null): void;
  /** Reaches the provider as cheaply as it allows. @throws {StreamError} as `stream`. */
  check(signal: AbortSignal): Promise<void>;
}
