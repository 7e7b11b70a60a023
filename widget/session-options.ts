/** What a session is told by the element it works for, and what it tells it. */
import type { ClientOptions } from "./proxy-client.ts";
import type { Conversation } from "./conversation.ts";
import type { PageTools } from "./page-tools.ts";
import type { Events } from "./stream-controller.ts";

export interface SessionOptions extends Omit<ClientOptions, "transport"> {
  /** `ws`, `sse`; anything else is `auto`. */
  readonly transport?: string | undefined;
  /** The conversation to show; otherwise the one this tab had. */
  readonly conversation?: string | undefined;
  /** What the page offers to run. Asked anew at each start and each call. */
  readonly tools?: PageTools | undefined;
  /** `instant`; anything else is `smooth`. Asked anew at each frame. */
  readonly pace?: string | undefined;
}

export interface SessionOwner {
  /** What is shown; replaced when a snapshot was loaded. */
  conversation: Conversation;
  /** Who waits for a message to be taken, by its sendId; they outlive a session. */
  readonly senders: Map<string, PromiseWithResolvers<void>>;
  readonly options: () => SessionOptions;
  readonly events: Events;
  changed(): void;
  dispatch(event: Event): void;
}

/** The element's attributes are empty where they are not set. */
export const toClientOptions = (options: SessionOptions): ClientOptions => ({
  endpoint: options.endpoint,
  agent: options.agent || undefined,
  transport: options.transport === "ws" || options.transport === "sse" ? options.transport : "auto",
  accessToken: options.accessToken || undefined,
  getAccessToken: options.getAccessToken,
  fetch: options.fetch,
  WebSocket: options.WebSocket,
  timing: options.timing,
});
