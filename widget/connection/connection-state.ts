/** The states of a connection and what moves it from one to the next; effects live in `connection.ts`. */
import type { StatusNote, WireError } from "../../protocol/index.ts";

export type ConnectionState = "idle" | "connecting" | "open" | "waiting" | "offline" | "failed";

/** `fallback`: the model in `detail` takes over; `resuming`: the answer goes on from where it broke off. */
export type Phase = StatusNote["phase"] | "fallback" | "resuming";

/** What the connection line says. */
export interface ConnectionView {
  readonly state: ConnectionState;
  readonly transport: "ws" | "sse" | null;
  /** Milliseconds until the next attempt, while waiting. */
  readonly retryInMs?: number;
  /** When that is, in milliseconds since the epoch; while `retrying`, when the provider is asked again. */
  readonly retryAt?: number;
  /** What the proxy is doing for an answer besides sending it. */
  readonly phase?: Phase;
  /** Why, for people who look into it: an error code; or what the phase says. */
  readonly detail?: string;
  readonly error?: WireError;
}

export type ConnectionInput = "attempt" | "opened" | "dropped" | "refused" | "offline" | "online" | "stop";

const NEXT: Readonly<Record<ConnectionState, Partial<Record<ConnectionInput, ConnectionState>>>> = {
  idle: { attempt: "connecting" },
  connecting: { opened: "open", dropped: "waiting", refused: "failed", stop: "idle" },
  open: { dropped: "waiting", refused: "failed", stop: "idle" },
  waiting: { attempt: "connecting", offline: "offline", refused: "failed", stop: "idle" },
  // The browser's word for being offline is only a hint, so attempts go on at their slow pace.
  offline: { attempt: "connecting", online: "waiting", refused: "failed", stop: "idle" },
  failed: { attempt: "connecting", stop: "idle" },
};

/** A pair missing from the table is a late signal from an earlier attempt and changes nothing. */
export const next = (state: ConnectionState, input: ConnectionInput): ConnectionState => NEXT[state][input] ?? state;

/** What a view says of a wait that begins now. */
export const waiting = (delayMs: number): Pick<ConnectionView, "retryInMs" | "retryAt"> => ({
  retryInMs: delayMs,
  retryAt: Date.now() + delayMs,
});
