/** What the element shows, as plain values: the stream controller makes them, the templates read them. */
import type { Message, WireError } from "../protocol/index.ts";

export interface AttachmentNote {
  readonly name: string;
  readonly mediaType: string;
}

/** `queued` waits for the network or for the answer before it; `failed` was refused and can be tried again. */
export interface UserMessage {
  readonly role: "user";
  /** The server's `m_…` id; before the server answered, the `sendId`. */
  readonly id: string;
  readonly parent: string | null;
  readonly text: string;
  readonly attachments: readonly AttachmentNote[];
  readonly state: "queued" | "sending" | "sent" | "failed";
  /** It waits for its turn: until then it can be changed, or taken back. */
  readonly waiting?: true;
  readonly error?: WireError;
  /** When asking again may help, in milliseconds since the epoch; absent where nobody told. */
  readonly retryAt?: number;
}

/** An answer as shown: its text may trail what has arrived by the pacer's few frames. */
export type AssistantMessage = Message & {
  readonly parent: string | null;
  /** The blocks are void and being written again; they stay until the new ones have caught up, then all change at once. */
  readonly voided?: true;
  /** As a user message's. */
  readonly retryAt?: number;
};

export type ChatMessage = UserMessage | AssistantMessage;

/** What the whole conversation is doing. */
export type ChatStatus = "idle" | "starting" | "streaming" | "stopping";

export type { ConnectionState, ConnectionView, Phase } from "./connection/connection-state.ts";

/** `GET /v1/conversations/{id}`: every message of the conversation, parents before children. */
export interface ConversationSnapshot {
  readonly id: string;
  readonly agent: string;
  /** The latest message; the branch to show runs from it up through `parent`. */
  readonly head: string | null;
  readonly messages: readonly (
    | (Omit<UserMessage, "state" | "error"> & { readonly ts: number })
    | (Message & { readonly parent: string | null; readonly ts: number })
  )[];
}

/** `GET /v1/conversations`: one of the caller's. Times are milliseconds since the epoch. */
export interface ConversationNote {
  readonly id: string;
  readonly agent: string;
  /** The first question, shortened. */
  readonly title: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What one message may hold. */
export interface InputLimits {
  readonly inputChars: number;
  /** Files, and their decoded bytes together. */
  readonly attachments: number;
  readonly attachmentsBytes: number;
}

/** `GET /v1/agents`: the public part of an agent. */
export interface AgentNote {
  readonly name: string;
  readonly greeting?: string;
  readonly starters?: readonly string[];
  /** Text to show beside the answers of a provider that must be labelled: `demo provider`. */
  readonly label?: string;
  /** Absent from an older proxy: then it is not known. */
  readonly limits?: InputLimits;
}
