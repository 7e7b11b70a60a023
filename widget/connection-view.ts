/** What a conversation says of its connection: the connection's own state, or what keeps this conversation waiting. */
import type { StatusNote, StreamEvent } from "../protocol/index.ts";
import type { ConnectionView } from "./chat.ts";

/** Why a message that is being sent has to wait. */
export type Delay = Pick<ConnectionView, "retryInMs" | "retryAt" | "error">;
/** What was last heard of an answer besides its content. */
export type Note = Pick<ConnectionView, "phase" | "detail" | "retryAt">;

/** @param note what was last said of the answer; null once its content says more */
export function viewOf(view: ConnectionView, delay: Delay | null, note: Note | null): ConnectionView {
  if (delay !== null && view.state !== "failed") {
    return { ...view, ...delay, state: globalThis.navigator?.onLine === false ? "offline" : "waiting" };
  }
  // A connection that is gone is what matters first.
  return note === null || note.phase === "live" || view.retryAt !== undefined ? view : { ...view, ...note };
}

/** A note of the proxy's that was heard now. */
export const noteOf = ({ phase, detail, delayMs }: StatusNote): Note => ({
  phase,
  ...(detail === undefined ? {} : { detail }),
  ...(delayMs === undefined ? {} : { retryAt: Date.now() + delayMs }),
});

/** What an attempt says of how an answer goes on; undefined for what its `retrying` note has said already. */
export function noteOfAttempt({ cause, mode, model }: StreamEvent & { type: "attempt.start" }): Note | undefined {
  if (mode !== "fresh") return { phase: "resuming" };
  // Viewers who may not see models are not told of another one either.
  return cause === "fallback" && model !== "" ? { phase: "fallback", detail: model } : undefined;
}

/** When asking again may help, for an error that was heard now. */
export const comeBackAt = (error: { readonly retryAfterMs?: number | undefined } | undefined): { retryAt?: number } =>
  error?.retryAfterMs === undefined ? {} : { retryAt: Date.now() + error.retryAfterMs };
