/** How one kind of provider writes its answers, its errors and its pings: enough of each format for a short answer. */
import type { ConfigInput } from "../../../proxy/config-schema.ts";

export type ProviderInput = NonNullable<ConfigInput["providers"]>[string];
export type Bytes = string | Uint8Array;

/** What a provider can tell of itself in the middle of an answer that began with HTTP 200. */
export type InBandError = "overloaded" | "rate limit" | "server error";

export interface Refusal {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Wire {
  /** As people call it: `openai chat`. */
  readonly name: string;
  /** The provider's configuration for a server at this URL, which has no slash at the end. */
  configure(url: string): ProviderInput;
  readonly model: string;
  /** The content type of its streams. */
  readonly type: string;
  /** What comes before the text. */
  readonly opening: Bytes;
  said(text: string): Bytes;
  /** What comes after it: the terminal rule and the usage. @param text all that was said */
  closing(text: string): Bytes;
  /** Says that the connection lives, and nothing else. */
  readonly ping: Bytes;
  /** An error in the stream, in the form this vendor gives it. */
  readonly inBand: Readonly<Record<InBandError, Bytes>>;
  /** How an event begins that never ends. */
  readonly endless: Bytes;
  /** The answer to a request that is refused with this status. */
  refusal(status: number): Refusal;
}
